"""One entry with what belongs to it; what is owed, and for how long; the latest proofs."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from gig.payouts.books.models import BookCheck
from gig.payouts.books.told import Kept, rules_of
from gig.payouts.disbursement.amounts import sent_fen
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.disbursement.states import OWED
from gig.payouts.ledger import accounts
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.settlement.queries import live_lines
from gig.payouts.settlement.states import UNCLOSED
from gig.payouts.settlement.tie import of_book

AGES = (7, 30, 90)
"""Days up to which an unpaid line counts as one age; the last age has no end."""


def reversals_of(session: Session, entry_id: str) -> Sequence[LedgerEntry]:
    """The entries that took back a part of this one, in their order."""
    query = sa.select(LedgerEntry).where(LedgerEntry.reverses_id == entry_id)
    return session.scalars(query.order_by(LedgerEntry.id)).all()


def line_of(session: Session, entry: LedgerEntry) -> PayoutLine | None:
    """The payout line that a payment's entry is about, also that of a tax which came back with it."""
    kind, _colon, id = entry.source_key.partition(":")
    if kind == "reversal" and entry.kind == "tax":  # reversal:failed:LINE:ENTRY
        kind, _colon, id = id.rpartition(":")[0].partition(":")
    return session.get(PayoutLine, id) if kind in ("export", "tax", "settled", "failed", "returned") else None


def tax_beside(session: Session, entry: LedgerEntry) -> tuple[LedgerEntry | None, LedgerEntry | None]:
    """Of a tax: the entry that took it if this one gives it back, and the one that gave it back if there is
    one."""
    if entry.kind != "tax":
        return None, None
    kind, _colon, rest = entry.source_key.partition(":")
    if kind == "reversal":
        return session.get(LedgerEntry, rest.rpartition(":")[2]), None
    keys = [f"reversal:{why}:{rest}:{entry.id}" for why in ("failed", "returned")]
    back = sa.select(LedgerEntry).where(LedgerEntry.source_key.in_(keys))
    return None, session.scalars(back).first()


@dataclass(frozen=True)
class Liability:
    """What agents are owed, cut by why it is still owed; `by_age` has one sum for each of AGES and beyond."""

    uncut_fen: int
    carried_fen: int
    by_age: Sequence[int]
    booked_fen: int
    in_transit_fen: int
    clearing_fen: int

    @property
    def unpaid_fen(self) -> int:
        return sum(self.by_age)

    @property
    def difference_fen(self) -> int:
        return self.booked_fen - self.uncut_fen - self.carried_fen - self.unpaid_fen


def liability(session: Session, *, now: dt.datetime) -> Liability:
    """All of it, and what the book says of the same: AgentPayable, and the clearing account, which holds
    what is in transit net of tax."""
    unclosed = session.scalars(sa.select(Period.id).where(Period.state.in_(UNCLOSED))).all()
    transit = sa.select(sa.func.sum(sent_fen())).where(PayoutLine.state == "in_transit")
    clearing = sa.case(
        (LedgerEntry.debit == accounts.CLEARING, LedgerEntry.amount_fen), else_=-LedgerEntry.amount_fen
    )
    through = sa.or_(LedgerEntry.debit == accounts.CLEARING, LedgerEntry.credit == accounts.CLEARING)
    return Liability(
        uncut_fen=sum(of_book(session, id) for id in unclosed),
        carried_fen=_carried(session),
        by_age=_by_age(session, unclosed, now),
        booked_fen=int(session.scalar(sa.select(sa.func.sum(LedgerEntry.payable_fen))) or 0),
        in_transit_fen=int(session.scalar(transit) or 0),
        clearing_fen=int(session.scalar(sa.select(sa.func.sum(clearing)).where(through)) or 0),
    )


def _carried(session: Session) -> int:
    """What the latest closed period carried out: every carry goes through every close."""
    latest = (
        sa.select(Period.id)
        .where(Period.state.not_in(UNCLOSED))
        .order_by(Period.starts_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = sa.select(sa.func.sum(Statement.carried_out_fen)).where(
        Statement.period_id == latest, Statement.voided_at.is_(None)
    )
    return int(session.scalar(query) or 0)


def _by_age(session: Session, unclosed: Sequence[str], now: dt.datetime) -> list[int]:
    """Lines that are still owed, by how long ago their statement was cut. While a period closes, what its
    lines carry still counts as not cut."""
    limits = [now - dt.timedelta(days=days) for days in AGES]
    age = sa.case(
        *((Statement.cut_at > limit, place) for place, limit in enumerate(limits)), else_=len(limits)
    ).label("age")
    rows = session.execute(
        sa.select(age, sa.func.sum(PayoutLine.amount_fen))
        .join(Statement, Statement.id == PayoutLine.statement_id)
        .where(PayoutLine.state.in_(OWED), PayoutLine.period_id.not_in(unclosed), live_lines())
        .group_by(age)
    )
    sums = {int(place): int(fen) for place, fen in rows}
    return [sums.get(place, 0) for place in range(len(AGES) + 1)]


def latest_checks(session: Session, *, limit: int = 30) -> Sequence[BookCheck]:
    """The newest proofs of the book; what each found is read when it is asked for."""
    query = sa.select(BookCheck).options(defer(BookCheck.found))
    return session.scalars(query.order_by(BookCheck.id.desc()).limit(limit)).all()


def alarm(session: Session) -> BookCheck | None:
    """The newest proof, if something did not hold in it."""
    newest = next(iter(latest_checks(session, limit=1)), None)
    return newest if newest is not None and newest.broken else None


@dataclass(frozen=True)
class Found:
    """What a proof found, rule by rule, and how long it took (None: it was not written down)."""

    rules: list[Kept]
    took_ms: int | None


def found(check: BookCheck) -> Found:
    stored = json.loads(check.found)
    return Found(rules_of(stored), stored["took_ms"] if isinstance(stored, dict) else None)


def found_since(session: Session) -> dict[str, str]:
    """The rules that the newest proof found broken, each with the first proof in a row that did."""
    newest = alarm(session)
    if newest is None:
        return {}
    at = newest.checked_at.isoformat()
    return {rule["rule"]: rule["since"] or at for rule in found(newest).rules}
