"""Where a turn may be handed on to, and what must be said with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gig.dispatch.rules.escalation import (
    FEE_MEMOS,
    KINDS,
    REASON_WORDS,
    REASONS,
    Route,
    refusal,
    summary_faults,
    targets,
)

QUEUES = st.sampled_from("abcde")
ROUTES = st.lists(st.builds(Route, QUEUES, st.sampled_from(KINDS)), max_size=8)


def to(reason: str, *routes: Route, been: tuple[str, ...] = ()) -> list[str]:
    return [route.to_queue for route in targets(routes, here="refund", been=been, reason=reason)]


def test_the_reason_decides_which_kind_is_asked_first() -> None:
    both = (Route("expert", "specialist"), Route("chief", "senior"))
    assert to("authority", *both) == ["chief", "expert"]
    assert to("expertise", *both) == ["expert", "chief"]


def test_a_queue_that_had_it_is_no_target() -> None:
    routes = (Route("chief", "senior"), Route("expert", "specialist"))
    assert to("authority", *routes, been=("chief",)) == ["expert"]
    assert to("authority", Route("refund", "senior")) == []


@given(ROUTES, st.sets(QUEUES), QUEUES, st.sampled_from(sorted(REASONS)))
def test_no_chain_of_hand_overs_meets_a_queue_twice(
    routes: list[Route], been: set[str], here: str, reason: str
) -> None:
    path = [here]
    while way := targets(routes, here=path[-1], been=been | set(path), reason=reason):
        path.append(way[0].to_queue)
    assert len(path) == len(set(path))
    assert not been & set(path[1:])


@pytest.mark.parametrize(("done", "possible", "slug"), [(2, 1, "handover-limit"), (0, 0, "no-target")])
def test_it_says_why_it_goes_no_further(done: int, possible: int, slug: str) -> None:
    refused = refusal([Route("chief", "senior")] * possible, handed_over=done, most=2)
    assert refused is not None
    assert refused.slug == slug


def test_below_the_limit_with_a_taker_it_may_go_on() -> None:
    assert refusal([Route("chief", "senior")], handed_over=1, most=2) is None


@pytest.mark.parametrize(
    "summary", ["", "！！！🙂🙂🙂🙂", "您好您好您好请稍等", "退款", "字" * 2001, "已核对订单\u0007，要全额"]
)
def test_a_summary_that_helps_nobody_is_refused(summary: str) -> None:
    assert summary_faults(summary, least=6, holding_phrases=("您好", "请稍等"))


def test_a_summary_that_says_what_was_tried_is_enough() -> None:
    assert summary_faults("已退一半，客户要全额", least=6, holding_phrases=("您好",)) == []


def test_every_reason_has_its_words_and_the_words_of_its_fee() -> None:
    assert set(REASONS) == set(REASON_WORDS) == set(FEE_MEMOS)
    assert set(REASONS.values()) == set(KINDS)
