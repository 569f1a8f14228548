"""回复: what answers a turn, what it pays, and what is refused."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import NotFound, Refused
from gig.dispatch.models import Draft, Message
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.inquiries import add_customer_message
from gig.dispatch.operations.releases import release
from gig.dispatch.operations.replies import reply
from gig.dispatch.queries.threads import thread
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from gig.scoring.models import ScoreEvent
from tests import builders as a
from tests.builders import DINNER, NOON, seconds

ANSWER = "退款已原路退回，一般 1 到 3 个工作日到账。"
START = NOON + seconds(10)


def claimed(agent: str, at: dt.datetime = START, **details: object) -> str:
    inquiry = a.inquiry(at=at - seconds(10), **details)  # type: ignore[arg-type]
    claim(inquiry_id=inquiry, agent_id=agent, now=at)
    return inquiry


def ask(inquiry: str, text: str, at: dt.datetime, id: str) -> str:
    return add_customer_message(channel_id=a.channel(), inquiry_id=inquiry, external_id=id, text=text, now=at)


def only_earning(session: Session) -> Earning:
    return session.execute(sa.select(Earning)).scalar_one()


def test_an_answer_on_time_earns_its_quote_and_posts_it(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent, DINNER)
    replied = reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=DINNER + seconds(60))
    earning = only_earning(session)
    assert (replied.earning.id, replied.unpaid_reason) == (earning.id, None)
    assert (earning.base_fen, earning.multiplier_percent, earning.gross_fen) == (180, 200, 360)
    assert (earning.penalty_fen, earning.pay_fen, earning.latency_us) == (0, 360, 60_000_000)
    assert earning.why == "1.80 × 2.0 晚高峰 = 3.60"
    entry = session.execute(sa.select(LedgerEntry)).scalar_one()
    assert (entry.source_key, entry.amount_fen) == (f"earning:{earning.id}", 360)
    assert entry.period_id == earning.period_id


def test_a_microsecond_late_costs_a_fifth_and_says_so(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent, DINNER)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=DINNER + seconds(60.000001))
    earning = only_earning(session)
    assert (earning.gross_fen, earning.late_percent, earning.penalty_fen) == (360, 20, 72)
    assert earning.pay_fen == 288
    entries = session.execute(sa.select(LedgerEntry).order_by(LedgerEntry.source_key)).scalars().all()
    assert [entry.kind for entry in entries] == ["earning", "penalty"]
    assert sum(entry.payable_fen for entry in entries) == 288


def test_the_price_claimed_at_is_the_price_paid_after_the_peak(session: Session) -> None:
    agent = a.agent()
    end = dt.datetime(2026, 11, 18, 12, 0, tzinfo=dt.UTC)
    inquiry = claimed(agent, end - seconds(1))
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=end + seconds(20))
    assert only_earning(session).gross_fen == 360


def test_a_later_reply_is_refused_and_stays_in_the_draft(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent)
    with pytest.raises(Refused) as caught:
        reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(300.000001))
    assert caught.value.slug == "expired"
    assert session.execute(sa.select(Draft.text)).scalar_one() == ANSWER
    assert session.execute(sa.select(sa.func.count()).select_from(Earning)).scalar_one() == 0


def test_a_reply_at_the_last_instant_is_accepted_unless_the_sweep_came_first(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(300))
    assert only_earning(session).penalty_fen == 90


def test_a_former_owner_is_told_that_it_is_not_theirs(session: Session) -> None:
    agent, other = a.agent(), a.agent()
    inquiry = claimed(agent)
    release(inquiry_id=inquiry, agent_id=agent, reason="", zone="Asia/Shanghai", now=START + seconds(5))
    claim(inquiry_id=inquiry, agent_id=other, now=START + seconds(20))
    with pytest.raises(Refused) as caught:
        reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(30))
    assert caught.value.slug == "not-yours"
    assert thread(session, inquiry, agent).draft == ANSWER


def test_a_stranger_finds_nothing(session: Session) -> None:
    inquiry = claimed(a.agent())
    with pytest.raises(NotFound):
        reply(inquiry_id=inquiry, agent_id=a.agent(), text=ANSWER, now=START + seconds(5))
    with pytest.raises(NotFound):
        thread(session, inquiry, a.agent())


@pytest.mark.parametrize(
    ("text", "reason"), [("您好，请稍等～", "holding-phrase"), ("😀。。。", "empty"), ("   ", "empty")]
)
def test_what_says_nothing_is_sent_pays_nothing_and_the_clock_runs_on(
    session: Session, text: str, reason: str
) -> None:
    agent = a.agent()
    inquiry = claimed(agent)
    replied = reply(inquiry_id=inquiry, agent_id=agent, text=text, now=START + seconds(5))
    assert (replied.earning, replied.unpaid_reason) == (None, reason)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(70))
    assert only_earning(session).late_percent == 20


def test_the_same_words_twice_in_one_inquiry_are_paid_once(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(5))
    ask(inquiry, "还没到", START + seconds(20), "m2")
    again = reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER + "！", now=START + seconds(30))
    assert again.unpaid_reason == "repeated"


def test_a_reply_without_an_open_turn_is_sent_and_unpaid(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(5))
    more = reply(inquiry_id=inquiry, agent_id=agent, text="祝您用餐愉快", now=START + seconds(9))
    assert more.unpaid_reason == "no-open-turn"
    assert session.execute(sa.select(sa.func.count()).select_from(Message)).scalar_one() == 3


def test_a_further_question_starts_the_owners_clock_at_its_arrival(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent)
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=START + seconds(5))
    asked = START + seconds(100)
    ask(inquiry, "那优惠券呢？", asked, "m2")
    ask(inquiry, "在吗", asked + seconds(30), "m3")
    replied = reply(inquiry_id=inquiry, agent_id=agent, text="优惠券会同步退回。", now=asked + seconds(59))
    assert replied.earning.latency_us == 59_000_000


def test_replies_beyond_the_paid_ones_earn_nothing_and_still_score(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent)
    at = START
    for turn in range(11):
        at += seconds(10)
        reply(inquiry_id=inquiry, agent_id=agent, text=f"{ANSWER}{turn}", now=at)
        if turn < 10:
            ask(inquiry, "还有呢？", at + seconds(1), f"m{turn}")
    fen = session.execute(sa.select(Earning.gross_fen).order_by(Earning.received_at)).scalars().all()
    assert fen == [180] * 10 + [0]
    assert session.execute(sa.select(sa.func.count()).select_from(LedgerEntry)).scalar_one() == 10
    assert session.execute(sa.select(sa.func.count()).select_from(ScoreEvent)).scalar_one() == 11


def test_a_former_owner_sees_only_their_own_words(session: Session) -> None:
    agent, other = a.agent(), a.agent()
    inquiry = claimed(agent)
    reply(inquiry_id=inquiry, agent_id=agent, text="您好", now=START + seconds(5))
    release(inquiry_id=inquiry, agent_id=agent, reason="", zone="Asia/Shanghai", now=START + seconds(6))
    claim(inquiry_id=inquiry, agent_id=other, now=START + seconds(20))
    seen = thread(session, inquiry, agent)
    assert not seen.owned
    assert [message.text for message in seen.messages] == ["您好"]


def test_a_late_reply_beyond_the_paid_ones_is_still_late(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent)
    at = START
    for turn in range(11):
        late = seconds(10) if turn < 10 else seconds(90)
        reply(inquiry_id=inquiry, agent_id=agent, text=f"{ANSWER}{turn}", now=at + late)
        at += seconds(20)
        if turn < 10:
            ask(inquiry, "还有呢？", at, f"m{turn}")
    last = session.execute(sa.select(Earning).order_by(Earning.received_at.desc()).limit(1)).scalar_one()
    assert (last.gross_fen, last.on_time) == (0, False)


def test_a_refused_empty_reply_leaves_the_draft_alone(session: Session) -> None:
    agent = a.agent()
    inquiry = claimed(agent)
    late = START + seconds(301)
    for text in (ANSWER, "  "):
        with pytest.raises(Refused):
            reply(inquiry_id=inquiry, agent_id=agent, text=text, now=late)
    assert session.execute(sa.select(Draft.text)).scalar_one() == ANSWER
