"""A rate card that pays less is told to the agents concerned, and taken back with the card."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.ids import new_id
from gig.dispatch.notices import pay
from gig.dispatch.notices.models import Notice
from gig.dispatch.notices.operations import put_away
from gig.dispatch.notices.queries import Told, for_agent
from gig.identity.models import AgentSkill
from gig.payouts.rates.coming import coming
from gig.payouts.rates.operations.drafts import create_draft
from gig.payouts.rates.operations.publication import publish, withdraw
from gig.payouts.rates.rules.seed import seed_card
from tests import builders as a
from tests.builders import NOON
from tests.features.dispatch.conftest import seen
from tests.statements import counted

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


REFUND_AT_200 = [
    {"queue": "*", "issue_type": "*", "tier": "*", "fen": 120},
    {"queue": "refund", "issue_type": "*", "tier": "*", "fen": 200},
]
REFUND_AT_150 = [REFUND_AT_200[0], {**REFUND_AT_200[1], "fen": 150}]


def published(at: dt.datetime, **changes: Any) -> str:
    """The seed card with these changes."""
    document = seed_card("Asia/Shanghai").to_json() | {"valid_from": at.isoformat()} | changes
    id = create_draft(document=document, now=NOON, actor_id=None)
    publish(id=id, now=NOON, actor_id=a.person(roles="ops"))
    return id


def heard(session: Session, agent: str, at: dt.datetime = NOON) -> list[Told]:
    return for_agent(seen(session), agent, at).told


def told(session: Session, agent: str, at: dt.datetime = NOON) -> list[str]:
    return [str(each.text) for each in heard(session, agent, at) if each.text.message == pay.LOWER]


def lowered(session: Session) -> str:
    """Refunds pay 2.00 from tomorrow on and 1.50 after eight days more."""
    card(refund=200, at=NOON + DAY)
    return card(refund=150, at=STARTS)


def test_who_serves_the_queue_reads_from_when_and_how_much(session: Session) -> None:
    serves, other = a.agent(skills=("refund",)), a.agent(skills=("delivery",))
    lowered(session)
    (words,) = told(session, serves)
    assert "费率卡 退款 150 从 " in words and "起接替 退款 200，有 1 处会少付" in words
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


def test_the_notice_names_the_card_that_is_replaced_not_the_one_in_force_today(session: Session) -> None:
    agent = a.agent(skills=("refund",))
    lowered(session)
    (words,) = told(session, agent)
    assert "接替 退款 200" in words, "today's card is the one that came with the platform"


def test_who_takes_up_the_queue_later_reads_it_too(session: Session) -> None:
    agent = a.agent(skills=("delivery",))
    lowered(session)
    with transaction() as writing:
        writing.add(AgentSkill(agent_id=agent, queue="refund", granted_at=NOON))
    assert len(told(session, agent)) == 1


def test_places_are_counted_for_each_agent(session: Session) -> None:
    """Two cases of one queue, and one of another."""
    skills = (("refund", "delivery"), ("delivery",), ("rider",))
    agents = [a.agent(skills=each) for each in skills]
    base = [{"queue": "*", "issue_type": "*", "tier": "*", "fen": 120}]
    cases = [("refund", "*"), ("refund", "late"), ("delivery", "*")]
    rows = [{"queue": queue, "issue_type": issue, "tier": "*", "fen": 200} for queue, issue in cases]
    published(NOON + DAY, base=[*base, *rows])
    published(STARTS, base=[*base, *({**row, "fen": 190 - n} for n, row in enumerate(rows))])
    counts = [sum(int(each.text.params["n"]) for each in heard(session, agent)) for agent in agents]
    assert counts == [3, 1, 0]


def test_who_has_put_the_notice_away_is_not_told_the_same_again(session: Session) -> None:
    agent = a.agent(skills=("refund",))
    lowered(session)
    (notice,) = heard(session, agent)
    put_away(id=notice.id, agent_id=agent, now=NOON)
    assert told(session, agent) == []
    published(STARTS + DAY, name="later", base=REFUND_AT_150, max_paid_replies=20)
    assert told(session, agent) == [], "a card after it changes nothing about it"
    published(NOON + 2 * DAY, name="between", base=REFUND_AT_200, max_paid_replies=12)
    (words,) = told(session, agent)
    assert "接替 between，有 2 处" in words


def test_a_withdrawn_raise_is_told_with_its_reason_to_those_who_were_to_get_it(session: Session) -> None:
    serves, other = a.agent(skills=("refund",)), a.agent(skills=("delivery",))
    id = card(refund=200, at=NOON + DAY)
    withdraw(id=id, reason="写错了一位", now=NOON, actor_id=a.person(roles="ops"))
    (words,) = (str(each.text) for each in heard(session, serves))
    assert "已撤回，其中 1 处涨价不会来" in words and words.endswith("原因：写错了一位")
    assert heard(session, other) == []
    assert len(heard(session, serves, NOON + 6 * DAY)) == 1
    assert heard(session, serves, NOON + 7 * DAY) == []


@pytest.mark.parametrize(
    ("again_at", "again", "last_read"),
    [
        (NOON + DAY, 200, None),  # at once: it comes when it was promised
        (NOON + 3 * DAY, 210, 2),  # until it comes after all
        (NOON + DAY, 190, 6),  # never: what comes is less than was promised
    ],
)
def test_nobody_reads_that_a_raise_will_not_come_once_it_has(
    session: Session, again_at: dt.datetime, again: int, last_read: int | None
) -> None:
    agent = a.agent(skills=("refund",))
    id = card(refund=200, at=NOON + DAY)
    withdraw(id=id, reason="写错了一位", now=NOON, actor_id=a.person(roles="ops"))
    card(refund=again, at=again_at)
    read = [day for day in range(9) if heard(session, agent, NOON + day * DAY)]
    assert (read[-1] if read else None) == last_read


def test_what_follows_a_withdrawn_card_is_told_against_the_one_before_it(session: Session) -> None:
    """Told: 1.50 from the ninth day. It is 1.80 again on the tenth; then the ninth day's is withdrawn."""
    agent = a.agent(skills=("refund",))
    lower = lowered(session)
    card(refund=180, at=STARTS + DAY)
    assert ["退款 150" in each for each in told(session, agent)] == [True]
    withdraw(id=lower, reason="不降了", now=NOON, actor_id=a.person(roles="ops"))
    (words,) = told(session, agent)
    assert "费率卡 退款 180 从 " in words and "接替 退款 200，有 1 处会少付" in words


def test_publication_says_it_once_however_many_agents_there_are(session: Session) -> None:
    def spent(number: int) -> int:
        with counted() as statements:
            card(refund=150 - number, at=STARTS + number * DAY)
        return len(statements)

    card(refund=200, at=NOON + DAY)
    for _ in range(2):
        a.agent(skills=("refund",))
    first = spent(1)
    for _ in range(10):
        a.agent(skills=("refund",))
    assert spent(2) == first
    assert len(seen(session).scalars(sa.select(Notice)).all()) == 2


def test_two_words_about_one_card_cannot_stand_at_once(session: Session) -> None:
    lowered(session)
    standing = seen(session).scalars(sa.select(Notice)).one()
    twin = {"id": new_id(), "text": "again", "audience": "pay", "about": standing.about}
    with pytest.raises(IntegrityError), transaction() as writing:
        writing.execute(sa.insert(Notice).values(**twin, made_at=NOON, expires_at=STARTS))
