"""Where each fen of the quarter came from, reckoned anew from what was said, done and sent.

Nothing here asks the product's arithmetic: prices are read from the cards' own text, statements are added
up from replies and decisions, taxes from the payments that stand.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.dispatch.escalation_models import Escalation
from gig.dispatch.models import Message, Turn, TurnQuote
from gig.payouts.adjustments.models import Adjustment
from gig.payouts.disbursement.models import Batch, PayoutLine
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.models import Period, Statement
from gig.quality.models import Appeal
from tests.scenarios.quarter.prices import Cards, card_at, cards_of, price_of
from tests.scenarios.test_two_tax_policies import labour, platform

PAYMENTS = ("export", "tax", "settled", "failed", "returned")
MINIMUM = 1000

Sheets = Mapping[str, Mapping[str, int]]
"""Batch → number of the line → fen, as the bank read it."""


@dataclass
class Trace:
    """What was found on the way, so that the story can be asked whether it was told."""

    seen: Counter[str] = field(default_factory=Counter)
    worth: dict[str, int] = field(default_factory=dict)
    """Source key → what it moves its agent's due by, from the reply or the decision itself."""


def trace(session: Session, sheets: Sheets, *, left: Mapping[str, dt.datetime]) -> Trace:
    """Each fen on each sheet comes from a reply, an adjustment or an appeal; `left`: who left, and when."""
    session.rollback()
    session.expunge_all()
    found = Trace()
    cards = cards_of(session)
    _replies(session, cards, found)
    _fees(session, cards, found)
    _decisions(session, found)
    dues = _book(session, found)
    payable = _statements(session, dues, left, found)
    _lines(session, payable, sheets, found)
    return found


def _fees(session: Session, cards: Cards, found: Trace) -> None:
    """Who handed a turn on is paid what the card of their own clock says."""
    same = sa.and_(TurnQuote.turn_id == Escalation.turn_id, TurnQuote.agent_id == Escalation.agent_id)
    query = sa.select(Escalation.turn_id, Escalation.agent_id, TurnQuote.clock_started_at)
    for turn_id, agent_id, clock in session.execute(query.join(TurnQuote, same)):
        if fee := card_at(cards, clock)["triage_fee_fen"]:
            found.worth[f"triage:{turn_id}:{agent_id}"] = fee
            found.seen["handed on"] += 1


def _replies(session: Session, cards: Cards, found: Trace) -> None:
    """Each earning is a reply that its agent wrote, at the price that the card of its clock says."""
    written = sa.and_(
        Message.turn_id == Earning.turn_id, Message.author == "agent", Message.unpaid_reason.is_(None)
    )
    query = (
        sa.select(Earning, Turn.answered_by, Turn.answered_at, Message.agent_id, Message.sent_at)
        .outerjoin(Turn, Turn.id == Earning.turn_id)
        .outerjoin(Message, written)
        .order_by(Earning.received_at, Earning.id)
    )
    paid: Counter[str] = Counter()
    for reply, answered_by, answered_at, author, sent_at in session.execute(query):
        assert (answered_by, answered_at) == (author, sent_at) == (reply.agent_id, reply.received_at)
        card = card_at(cards, reply.clock_started_at)
        gross, penalty = price_of(card, reply, paid[reply.inquiry_id])
        assert (reply.gross_fen, reply.penalty_fen) == (gross, penalty), reply.why
        paid[reply.inquiry_id] += gross > 0
        if gross:
            found.worth[f"earning:{reply.id}"] = gross
        if penalty:
            found.worth[f"penalty:{reply.id}"] = -penalty
        found.seen["capped"] += gross == 0
        found.seen[f"×{reply.multiplier_percent}"] += 1
        found.seen[f"late {reply.late_percent}"] += 1
        found.seen["replies"] += 1


def _decisions(session: Session, found: Trace) -> None:
    """What two people, or one within the limit, gave and took, and what appeals gave back."""
    entries: dict[str, str] = dict(session.execute(sa.select(LedgerEntry.id, LedgerEntry.source_key)).all())
    for one in session.scalars(sa.select(Adjustment).order_by(Adjustment.id)):
        found.seen[f"{one.kind} {one.state}"] += 1
        if one.state != "posted":
            continue
        if one.reverses_id is not None:
            sign = -1 if found.worth[entries[one.reverses_id]] > 0 else 1
            found.worth[f"reversal:{one.id}:{one.reverses_id}"] = sign * one.amount_fen
        else:
            kind = "award" if one.kind in ("bonus", "award") else "adjustment"
            sign = -1 if one.kind == "clawback" else 1
            found.worth[f"{kind}:{one.id}"] = sign * one.amount_fen
    for appeal in session.scalars(sa.select(Appeal)):
        found.seen[f"appeal {appeal.state}"] += 1
        if not appeal.returned_fen:
            continue
        penalty = -found.worth[entries[appeal.penalty_id or ""]]
        expected = {"upheld": penalty, "partly": penalty // 3}[appeal.state]
        assert appeal.returned_fen == expected
        found.worth[f"reversal:appeal-{appeal.id}:{appeal.penalty_id}"] = expected


def _book(session: Session, found: Trace) -> dict[tuple[str, str], int]:
    """The book holds these causes, each once and with its fen, and no other; what each agent's period got."""
    query = sa.select(LedgerEntry).where(LedgerEntry.kind.not_in(PAYMENTS))
    booked: dict[str, int] = {}
    dues: dict[tuple[str, str], int] = defaultdict(int)
    for entry in session.scalars(query):
        account = f"Liabilities:AgentPayable:A{(entry.agent_id or '').upper()}"
        fen = entry.amount_fen * ((entry.credit == account) - (entry.debit == account))
        booked[entry.source_key] = fen
        dues[entry.agent_id or "", entry.period_id] += fen
        found.seen["posted for a closed period"] += entry.late_for_period_id is not None
    assert booked == found.worth
    return dues


def _statements(
    session: Session, dues: dict[tuple[str, str], int], left: Mapping[str, dt.datetime], found: Trace
) -> dict[str, int]:
    """Period by period for each agent: what was carried, what came, what is paid; by statement, the last."""
    closed = sa.select(Period).where(Period.state.not_in(("open", "closing"))).order_by(Period.starts_at)
    cut = {(each.agent_id, each.period_id): each for each in session.scalars(_live_statements())}
    found.seen["statement voided"] = len(
        session.scalars(sa.select(Statement.id).where(Statement.voided_at.is_not(None))).all()
    )
    carried: dict[str, int] = defaultdict(int)
    payable: dict[str, int] = {}
    unseen = dict(dues)
    for period in session.scalars(closed):
        agents = {agent for agent, _ in [*dues, *cut]}
        for agent in agents:
            came = unseen.pop((agent, period.id), None)
            available = carried[agent] + (came or 0)
            gone = agent in left and period.closing_at is not None and left[agent] <= period.closing_at
            pays = available if available >= (1 if gone else MINIMUM) else 0
            statement = cut.pop((agent, period.id), None)
            assert statement is not None or (not came and not pays)
            if statement is not None:
                assert (
                    statement.carried_in_fen,
                    statement.gross_fen,
                    statement.payable_fen,
                    statement.carried_out_fen,
                ) == (carried[agent], came or 0, pays, available - pays)
                payable[statement.id] = pays
                found.seen["negative carried"] += available < 0
                found.seen["small carried"] += available - pays > 0
            carried[agent] = available - pays
    assert cut == {}
    for (agent, _open), came in unseen.items():
        carried[agent] += came
    found.seen["fen not on a line"] = sum(carried.values())
    assert sum(found.worth.values()) == sum(payable.values()) + sum(carried.values())
    return {id: fen for id, fen in payable.items() if fen}


def _live_statements() -> sa.Select[Statement]:
    return sa.select(Statement).where(Statement.voided_at.is_(None))


def _lines(session: Session, payable: dict[str, int], sheets: Sheets, found: Trace) -> None:
    """Each statement is one line, or a chain of retries; each that left is on one sheet, net of tax."""
    lines = session.scalars(sa.select(PayoutLine).where(PayoutLine.state != "voided")).all()
    first = {line.statement_id for line in lines if line.retry_of is None}
    assert first == set(payable)
    retried = Counter(line.retry_of for line in lines if line.retry_of)
    assert set(retried.values()) <= {1}
    for line in lines:
        assert line.amount_fen == payable[line.statement_id]
        found.seen[line.state] += 1
        found.seen["retry"] += line.retry_of is not None
        found.seen["retry of a retry"] += (line.retry_of or "").endswith("+")
    taxes = _taxes(session, found)
    sent = {line.number or "": line for line in lines if line.state not in ("planned", "held")}
    on_sheets = [(number, fen) for rows in sheets.values() for number, fen in rows.items()]
    assert len(on_sheets) == len({number for number, _ in on_sheets})
    assert {number for number, _ in on_sheets} == set(sent)
    for number, fen in on_sheets:
        line = sent[number]
        assert fen == payable[line.statement_id] - taxes[line.id]
        assert number in sheets[line.batch_id or ""]
    settled = [line for line in lines if line.state == "settled"]
    held_back = [
        line for line in lines if line.state not in ("settled", "in_transit") and not retried[line.id]
    ]
    assert sum(payable.values()) == sum(line.amount_fen for line in [*settled, *held_back])
    found.seen["fen paid"] = sum(line.amount_fen - taxes[line.id] for line in settled)
    found.seen["fen withheld"] = sum(taxes[line.id] for line in settled)
    found.seen["fen owed on lines"] = sum(line.amount_fen for line in held_back)


def _taxes(session: Session, found: Trace) -> dict[str, int]:
    """What each line that left must bear: on all that stands of its agent then, in the order it happened."""
    policy = session.scalar(sa.text("SELECT DISTINCT policy FROM tax_record"))
    query = sa.select(PayoutLine, Batch).join(Batch, Batch.id == PayoutLine.batch_id)
    moments: list[tuple[dt.datetime, str, int, PayoutLine, dt.date]] = []
    for line, batch in session.execute(query.where(Batch.state == "exported")):
        assert batch.exported_at is not None
        month = batch.payment_date.replace(day=1)
        moments.append((batch.exported_at, batch.number, 0, line, month))
        if line.state in ("failed", "returned"):
            assert line.answered_at is not None
            moments.append((line.answered_at, batch.number, 1, line, month))
    standing: dict[str, dict[str, tuple[dt.date, int, int]]] = defaultdict(dict)
    taxes: dict[str, int] = {}
    for _at, _number, back, line, month in sorted(moments, key=lambda each: (*each[:3], each[3].id)):
        mine = standing[line.agent_id]
        if back:
            del mine[line.id]
            found.seen["tax given back"] += taxes[line.id] > 0
            continue
        taxes[line.id] = _withheld(str(policy), list(mine.values()), month, line.amount_fen)
        mine[line.id] = (month, line.amount_fen, taxes[line.id])
        found.seen[f"taxed in {month:%Y-%m}"] += taxes[line.id] > 0
    booked = sa.select(LedgerEntry.source_key, LedgerEntry.amount_fen).where(
        LedgerEntry.source_key.startswith("tax:")
    )
    assert {f"tax:{id}": fen for id, fen in taxes.items() if fen} == dict(session.execute(booked).all())
    account = "Liabilities:Tax:IITWithheld"
    owed = sum(
        entry.amount_fen * ((entry.credit == account) - (entry.debit == account))
        for entry in session.scalars(sa.select(LedgerEntry).where(LedgerEntry.kind == "tax"))
    )
    assert owed == sum(fen for mine in standing.values() for _month, _gross, fen in mine.values())
    return taxes


def _withheld(policy: str, before: list[tuple[dt.date, int, int]], month: dt.date, gross: int) -> int:
    """No month of a calendar year lies between two others of it here, so none can be a gap."""
    same = [each for each in before if each[0] == month]
    year = [each for each in before if each[0].year == month.year and each[0] <= month]
    used = same if policy == "labour_2018" else year
    incomes: dict[dt.date, int] = defaultdict(int, {month: gross})
    for first, fen, _tax in used:
        incomes[first] += fen
    due = labour(incomes[month]) if policy == "labour_2018" else platform(list(incomes.values()))
    return min(max(0, due - sum(tax for *_, tax in used)), gross - 1)
