"""People of the quarter and their replies, priced and posted by the product in large transactions."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.businesstime import business_zone
from gig.core.db import transaction
from gig.core.ids import new_id
from gig.dispatch.models import Inquiry, Message, Turn, TurnQuote
from gig.dispatch.rules.eligibility import bucket_of
from gig.dispatch.rules.substantive import fingerprint
from gig.payouts.disbursement.operations.payees import set_payee
from gig.payouts.earnings.operations import AnsweredTurn, record_earning
from gig.payouts.rates import queries as rates
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.rules.card import RateCard
from gig.payouts.rates.rules.pricing import price
from gig.payouts.rates.rules.quote import quote
from gig.scoring.operations.events import note_event
from tests import builders
from tests.features.settlement import books
from tests.features.tax import taxing

ZONE = business_zone("Asia/Shanghai")
QUEUES = ("refund", "delivery", "quality", "account")
HOURS = (9, 10, 11, 13, 16, 17, 18, 19, 20, 22)
LATENCIES_US = (
    *(20_000_000,) * 12,
    60_000_000,
    60_000_001,
    71_300_000,
    88_000_000,
    120_000_000,
    120_000_001,
    251_000_000,
)
ANSWER = "退款已原路退回，一般 1 到 3 个工作日到账。"
SECOND = dt.timedelta(seconds=1)
AT_ONCE = 100
Cards = Sequence[tuple[str, RateCard]]
"""Every published card with its id, the newest first."""


@dataclass(frozen=True)
class Worker:
    """An agent, and how many inquiries a day they answer, in hundredths."""

    id: str
    name: str
    tier: str
    pace: int


def at(day: dt.date, hour: int = 0, minute: int = 0) -> dt.datetime:
    """The wall clock of the business zone."""
    return ZONE.start_of_day(day) + dt.timedelta(hours=hour, minutes=minute)


def hire(count: int) -> list[Worker]:
    """Verified agents with payees: most work a little, every tenth much, and every twelfth hardly."""
    crew = []
    with transaction():
        for number in range(count):
            name = f"林{chr(0x4E00 + number)}"
            id = books.agent(payee=False, name=name)
            taxing.show_document(id, name, taxing.RESIDENT)
            name_account(id, name, number, now=books.LONG_AGO)
            pace = 8 if number % 12 == 7 else 180 if number % 10 == 0 else 50
            crew.append(Worker(id, name, ("gold", "silver", "bronze")[number % 3], pace))
    return crew


def name_account(agent_id: str, holder: str, number: int, *, now: dt.datetime) -> None:
    """The agent is paid to a bank card of their own; `number` tells cards apart."""
    set_payee(
        agent_id=agent_id,
        kind="bank",
        holder=holder,
        account=f"6217000{number:011d}",
        bank_name="建设银行",
        confirmed=True,
        consent="1",
        actor_id=agent_id,
        now=now,
    )


def work(session: Session, crew: Sequence[Worker], days: Sequence[dt.date], dice: random.Random) -> None:
    """Each of the crew has answered their inquiries of these days; the first an inquiry of twelve turns."""
    channel_id = builders.channel()
    for slug in QUEUES:
        builders.queue(slug)
    long = (crew[0], at(days[0], 14), 12)
    cards = _published(session)
    tasks = [long, *(task for worker in crew for task in _tasks(worker, days, dice))]
    for start in range(0, len(tasks), AT_ONCE):
        rows: dict[type, list[dict[str, Any]]] = {Inquiry: [], Turn: [], TurnQuote: [], Message: []}
        with transaction() as writing:
            for worker, begins, turns in tasks[start : start + AT_ONCE]:
                _conversation(writing, rows, cards, worker, channel_id, begins, turns, dice)
            for model, some in rows.items():
                writing.execute(sa.insert(model), some)


def reply_late(
    session: Session, worker: Worker, asked: dt.datetime, *, posted_at: dt.datetime, dice: random.Random
) -> None:
    """A reply that came in just before a period closed and was posted after that."""
    cards = _published(session)
    rows: dict[type, list[dict[str, Any]]] = {Inquiry: [], Turn: [], TurnQuote: [], Message: []}
    with transaction() as writing:
        _conversation(writing, rows, cards, worker, builders.channel(), asked, 1, dice, posted_at=posted_at)
        for model, some in rows.items():
            writing.execute(sa.insert(model), some)


def _published(session: Session) -> Cards:
    session.rollback()
    newest_first = sa.select(RateCardVersion.id).order_by(RateCardVersion.valid_from.desc())
    ids = session.scalars(newest_first.where(RateCardVersion.state == "published")).all()
    return [(id, rates.card(session, id)) for id in ids]


def _tasks(
    worker: Worker, days: Sequence[dt.date], dice: random.Random
) -> list[tuple[Worker, dt.datetime, int]]:
    found = []
    for day in days:
        many, rest = divmod(worker.pace, 100)
        for _ in range(many + (dice.randrange(100) < rest)):
            begins = at(day, dice.choice(HOURS), dice.randrange(50)) + dice.randrange(60) * SECOND
            found.append((worker, begins, dice.choice((1, 1, 1, 2))))
    return found


def _conversation(
    session: Session,
    rows: dict[type, list[dict[str, Any]]],
    cards: Cards,
    worker: Worker,
    channel_id: str,
    begins: dt.datetime,
    turns: int,
    dice: random.Random,
    *,
    posted_at: dt.datetime | None = None,
) -> None:
    """One inquiry from its claim to its end, each turn with quote, words, earning, postings and event."""
    inquiry_id, queue, paid = new_id(), dice.choice(QUEUES), 0
    card_id, card = next(each for each in cards if each[1].valid_from <= begins)
    clock = begins
    for number in range(1, turns + 1):
        turn_id, latency_us = new_id(), dice.choice(LATENCIES_US)
        received = clock + dt.timedelta(microseconds=latency_us)
        worth = quote(
            card,
            queue=queue,
            issue_type="general",
            tier=worker.tier,
            clock_started_at=clock,
            paid_so_far=paid,
        )
        pricing = price(worth, clock_started_at=clock, replied_at=received)
        paid += pricing.gross_fen > 0
        rows[Turn].append(
            {
                "id": turn_id,
                "inquiry_id": inquiry_id,
                "number": number,
                "state": "answered",
                "asked_at": clock,
                "answered_at": received,
                "answered_by": worker.id,
            }
        )
        rows[TurnQuote].append(
            {
                "turn_id": turn_id,
                "agent_id": worker.id,
                "inquiry_id": inquiry_id,
                "clock_started_at": clock,
                "deadline_at": worth.deadline_at(clock),
                "expires_at": worth.expires_at(clock),
                "card_id": card_id,
                "tier": worker.tier,
                "base_fen": worth.base_fen,
                "multiplier_percent": worth.multiplier_percent,
                "band": worth.band or None,
                "gross_fen": worth.gross_fen,
                "capped": worth.capped,
                "why": worth.why,
            }
        )
        words = f"{ANSWER}（{number}）"
        rows[Message].append(
            {
                "id": new_id(),
                "inquiry_id": inquiry_id,
                "turn_id": turn_id,
                "author": "agent",
                "agent_id": worker.id,
                "text": words,
                "fingerprint": fingerprint(words),
                "sent_at": received,
            }
        )
        answered = AnsweredTurn(
            turn_id=turn_id,
            inquiry_id=inquiry_id,
            agent_id=worker.id,
            queue=queue,
            issue_type="general",
            tier=worker.tier,
            card_id=card_id,
            band=worth.band,
            capped=worth.capped,
            clock_started_at=clock,
            received_at=received,
        )
        record_earning(session, answered, pricing, now=posted_at or received)
        note_event(
            session,
            agent_id=worker.id,
            kind="on_time" if pricing.on_time else "late",
            source_key=f"answered:{turn_id}",
            at=received,
            turn_id=turn_id,
            inquiry_id=inquiry_id,
        )
        clock = received + 40 * SECOND
    rows[Inquiry].append(
        {
            "id": inquiry_id,
            "channel_id": channel_id,
            "external_id": inquiry_id,
            "queue": queue,
            "issue_type": "general",
            "side": "customer",
            "state": "closed",
            "length": 12,
            "bucket": bucket_of(inquiry_id),
            "turns": turns,
            "paid_replies": paid,
            "arrived_at": begins,
            "queued_at": begins,
            "entered_at": begins,
            "last_owner_id": worker.id,
            "resolved_at": clock,
            "resolved_by": worker.id,
            "ended_at": clock,
        }
    )
