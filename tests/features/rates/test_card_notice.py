"""What lowers anybody's pay is published in time, whatever is scheduled beside it."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.errors import Invalid
from gig.dispatch.operations.settings import change_number
from gig.payouts.rates import news, queries
from gig.payouts.rates.operations.drafts import create_draft, edit_draft
from gig.payouts.rates.operations.publication import publish, withdraw
from gig.payouts.rates.operations.review import submit
from tests.features.rates.at_once import at_once
from tests.features.rates.test_card_review import DAY, HIGHER, LOWER, NOW, document, drafted, state
from tests.features.rates.test_what_if import a_turn, keep


def raised(by: str, checker: str) -> str:
    """A first card of this platform's own, in force for the tests below."""
    id = drafted(by, name="first", valid_from=(NOW + dt.timedelta(minutes=5)).isoformat())
    publish(id=id, now=NOW, actor_id=checker)
    return id


def test_a_cut_holds_a_week_after_its_publication_at_the_earliest(maker: str, checker: str) -> None:
    raised(maker, checker)
    soon = drafted(maker, base=LOWER, valid_from=(NOW + 7 * DAY - dt.timedelta(minutes=1)).isoformat())
    with pytest.raises(Invalid) as refused:
        publish(id=soon, now=NOW, actor_id=checker)
    told = " ".join(map(str, refused.value.errors["/valid_from"]))
    assert "7 天" in told
    assert "*,*,*：1.20 → 1.19" in told
    assert "quality,*,*：2.40 → 1.19" in told
    publish(id=soon, valid_from=NOW + 7 * DAY, now=NOW, actor_id=checker)


def test_the_maker_is_told_of_the_cuts_when_handing_in(maker: str, checker: str) -> None:
    raised(maker, checker)
    with pytest.raises(Invalid) as refused:
        submit(id=drafted(maker, base=LOWER), why="省钱", now=NOW, actor_id=maker)
    assert list(refused.value.errors) == ["/valid_from"]


def test_a_raise_may_hold_in_a_minute(maker: str, checker: str) -> None:
    raised(maker, checker)
    at = NOW + dt.timedelta(minutes=6)
    publish(id=drafted(maker, max_paid_replies=11, valid_from=at.isoformat()), now=NOW, actor_id=checker)


def test_taking_a_raise_back_is_a_cut_like_any_other(maker: str, checker: str) -> None:
    raised(maker, checker)
    first = drafted(maker, max_paid_replies=20, valid_from=(NOW + DAY).isoformat())
    publish(id=first, now=NOW, actor_id=checker)
    back = drafted(maker, valid_from=(NOW + 2 * DAY).isoformat())
    with pytest.raises(Invalid):
        publish(id=back, now=NOW, actor_id=checker)


def scheduled(maker: str, checker: str, day: int, *, now: dt.datetime = NOW, **changes: Any) -> str:
    id = create_draft(
        document=document(**changes) | {"valid_from": (NOW + day * DAY).isoformat()}, now=now, actor_id=maker
    )
    publish(id=id, now=now, actor_id=checker)
    return id


def test_a_raise_may_not_make_a_cut_of_the_card_that_is_scheduled_after_it(maker: str, checker: str) -> None:
    """Nobody was told of Friday's card, for it lowered nothing; a raise on Wednesday would make it a cut."""
    raised(maker, checker)
    scheduled(maker, checker, 4, name="friday", max_paid_replies=11)
    with pytest.raises(Invalid) as refused:
        scheduled(maker, checker, 2, **HIGHER)
    told = " ".join(map(str, refused.value.errors["/valid_from"]))
    assert "已排定的 friday 从" in told and "先撤回 friday" in told and "*,*,*：3.00 → 1.20" in told
    with pytest.raises(Invalid):
        submit(id=drafted(maker, **HIGHER), why="旺季", now=NOW, actor_id=maker)


def test_the_way_out_that_the_refusal_names_is_one(maker: str, checker: str) -> None:
    raised(maker, checker)
    friday = scheduled(maker, checker, 4, name="friday", max_paid_replies=11)
    withdraw(id=friday, reason="重排", now=NOW, actor_id=maker)
    scheduled(maker, checker, 2, **HIGHER)
    scheduled(maker, checker, 7, name="friday", max_paid_replies=11)


def test_a_raise_after_the_scheduled_card_makes_nothing_a_cut(maker: str, checker: str) -> None:
    raised(maker, checker)
    scheduled(maker, checker, 4, name="friday", max_paid_replies=11)
    scheduled(maker, checker, 5, **HIGHER, max_paid_replies=11)


def test_a_raise_is_free_when_what_follows_it_is_far_enough_to_be_told(maker: str, checker: str) -> None:
    raised(maker, checker)
    scheduled(maker, checker, 7, name="next week", max_paid_replies=11)
    scheduled(maker, checker, 2, **HIGHER)


def test_what_was_told_in_time_stays_told_whatever_is_paid_until_then(maker: str, checker: str) -> None:
    """Ten fen less for everything from the eighth day was told; four days before it the same pay may rise for
    a while, but nothing else that the eighth day's card would then lower."""
    raised(maker, checker)
    low, dear = ([{**row, "fen": row["fen"] + by} for row in document()["base"]] for by in (-10, 100))
    scheduled(maker, checker, 8, name="told", base=low)
    scheduled(maker, checker, 5, now=NOW + 4 * DAY, base=dear)
    with pytest.raises(Invalid):
        scheduled(maker, checker, 6, now=NOW + 4 * DAY, base=dear, max_paid_replies=20)


def test_a_scheduled_card_may_be_withdrawn_until_it_starts_even_if_it_had_promised_more(
    session: Session, maker: str, checker: str
) -> None:
    raised(maker, checker)
    id = scheduled(maker, checker, 2, **HIGHER)
    withdraw(id=id, reason="写错了", now=NOW + 2 * DAY - dt.timedelta(seconds=1), actor_id=maker)
    assert state(session, id) == "withdrawn"


def test_of_a_raise_and_a_card_after_it_published_at_once_only_one_is_there(
    app: Flask, session: Session, maker: str, checker: str
) -> None:
    """Either alone is no cut; both together are one that nobody was told of."""
    raised(maker, checker)
    drafts = [
        drafted(maker, **HIGHER),
        drafted(maker, valid_from=(NOW + 2 * DAY).isoformat(), max_paid_replies=11),
    ]
    acts = [partial(publish, id=id, now=NOW, actor_id=checker) for id in drafts]
    assert sorted(error.slug if error else "published" for error in at_once(app, acts)) == [
        "invalid",
        "published",
    ]


def test_before_anybody_was_paid_the_card_that_came_with_the_platform_binds_nobody(
    session: Session, maker: str
) -> None:
    publish(id=drafted(maker, base=LOWER), now=NOW, actor_id=maker)


def test_once_a_reply_was_paid_by_it_it_does(session: Session, maker: str) -> None:
    keep(session, [a_turn()])
    with pytest.raises(Invalid):
        publish(id=drafted(maker, base=LOWER), now=NOW, actor_id=maker)


def test_a_publication_that_came_to_nothing_leaves_no_price_behind(
    session: Session, maker: str, checker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised(maker, checker)
    later = {"valid_from": (NOW + 8 * DAY).isoformat()}
    id = drafted(maker, base=LOWER, **later)

    def fail(*_given: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(news, "when_the_schedule_changes", [*news.when_the_schedule_changes, fail])
    with pytest.raises(RuntimeError):
        publish(id=id, now=NOW, actor_id=checker)
    monkeypatch.undo()
    again = document(base=[{**LOWER[0], "fen": 110}], **later)
    edit_draft(id=id, document=again, revision=1, now=NOW, actor_id=maker)
    publish(id=id, now=NOW, actor_id=checker)
    session.rollback()
    assert queries.card(session, id).base_fen("general", "", "bronze") == 110


def test_the_notice_is_finances_number(session: Session, maker: str, checker: str) -> None:
    from gig.core import tunables

    raised(maker, checker)
    with transaction() as writing:
        tunables.change(writing, "rate_notice_days", 1, actor_id=None, reason="试点", now=NOW)
    publish(id=drafted(maker, base=LOWER), now=NOW, actor_id=checker)


def test_a_shorter_notice_holds_once_two_of_finance_have_said_so(
    session: Session, maker: str, checker: str
) -> None:
    raised(maker, checker)
    cut = drafted(maker, base=LOWER)
    for who in ("xu", "xu"):
        change_number(name="rate_notice_days", value=0, reason="急", roles=["finance"], actor_id=who, now=NOW)
        with pytest.raises(Invalid):
            publish(id=cut, now=NOW, actor_id=checker)
    change_number(name="rate_notice_days", value=0, reason="急", roles=["finance"], actor_id="li", now=NOW)
    publish(id=cut, now=NOW, actor_id=checker)
