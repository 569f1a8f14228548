"""A rate card that pays less is told to the agents concerned, and taken back with the card."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from gig.dispatch.notices import cuts
from gig.dispatch.notices.queries import for_agent
from gig.payouts.rates.coming import coming
from gig.payouts.rates.operations.drafts import create_draft
from gig.payouts.rates.operations.publication import publish, withdraw
from gig.payouts.rates.rules.seed import seed_card
from tests import builders as a
from tests.builders import NOON
from tests.features.dispatch.conftest import seen

DAY = dt.timedelta(days=1)
STARTS = NOON + 9 * DAY


def card(*, refund: int, at: dt.datetime) -> str:
    """The seed card with a price of its own for refunds at each tier's own row, published by one person."""
    document = seed_card("Asia/Shanghai").to_json() | {"name": f"退款 {refund}", "valid_from": at.isoformat()}
    document["base"] = [
        {"queue": "*", "issue_type": "*", "tier": "*", "fen": 120},
        {"queue": "refund", "issue_type": "*", "tier": "*", "fen": refund},
    ]
    id = create_draft(document=document, now=NOON, actor_id=None)
    publish(id=id, now=NOON, actor_id=a.person(roles="ops"))
    return id


def told(session: Session, agent: str, at: dt.datetime = NOON) -> list[str]:
    return [str(each.text) for each in for_agent(seen(session), agent, at) if each.text.message == cuts.TOLD]


def lowered(session: Session) -> str:
    """Refunds pay 2.00 from tomorrow on and 1.50 after eight days more."""
    card(refund=200, at=NOON + DAY)
    return card(refund=150, at=STARTS)


def test_who_serves_the_queue_reads_from_when_and_how_much(session: Session) -> None:
    serves, other = a.agent(skills=("refund",)), a.agent(skills=("delivery",))
    lowered(session)
    (words,) = told(session, serves)
    assert "费率卡 退款 150 从 " in words and "有 1 处会比之前少付" in words
    assert told(session, other) == []
    assert told(session, serves, STARTS) == [], "once the card holds it is no news"


def test_a_card_that_lowers_nothing_is_told_to_nobody(session: Session) -> None:
    agent = a.agent(skills=("refund",))
    card(refund=200, at=NOON + DAY)
    assert told(session, agent) == []


def test_a_withdrawn_card_is_not_told_any_more(session: Session) -> None:
    agent = a.agent(skills=("refund",))
    id = lowered(session)
    withdraw(id=id, reason="算错了", now=NOON, actor_id=a.person(roles="ops"))
    assert told(session, agent) == []
    assert coming(seen(session), agent, now=NOON + 2 * DAY) == []


def test_the_coming_card_says_what_changes_for_whom(session: Session) -> None:
    serves, other = a.agent(skills=("refund",)), a.agent(skills=("delivery",))
    lowered(session)
    (found,) = coming(seen(session), serves, now=NOON + 2 * DAY)
    assert found.at == STARTS
    assert [(each.before, each.after) for each in found.lower] == [("2.00", "1.50")]
    assert len(found.changes) == 1
    assert coming(seen(session), other, now=NOON + 2 * DAY) == []


def test_each_coming_card_is_compared_with_the_one_before_it(session: Session) -> None:
    serves = a.agent(skills=("refund",))
    lowered(session)
    raised, cut = coming(seen(session), serves, now=NOON)
    assert (raised.lower, [each.after for each in cut.lower]) == ([], ["1.50"])
