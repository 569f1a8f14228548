"""The one writer of the book."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import rows_changed, table_of
from gig.core.ids import new_id
from gig.core.prepared import PreparedInsert
from gig.payouts.ledger import accounts
from gig.payouts.ledger.models import LedgerEntry

_ENTRIES = PreparedInsert(table_of(LedgerEntry), on_conflict=["source_key"])


class TooMuchReversed(Exception):
    """The reversals of an entry would exceed it."""


@dataclass(frozen=True)
class Entry:
    """One entry to be posted: `amount_fen` > 0 moves from `credit` to `debit`.

    `source_key` names its cause (RULES §6); `agent_id` is set when AgentPayable is touched.
    """

    source_key: str
    kind: str
    debit: str
    credit: str
    amount_fen: int
    agent_id: str | None = None
    memo: str = ""
    reverses_id: str | None = None

    @property
    def payable_fen(self) -> int:
        """What the entry adds to what the agent is owed."""
        if accounts.is_payable(self.credit):
            return self.amount_fen
        return -self.amount_fen if accounts.is_payable(self.debit) else 0


def earning(id: str, agent_id: str, gross_fen: int, why: str) -> Entry:
    return Entry(
        f"earning:{id}", "earning", accounts.COMMISSION, accounts.payable(agent_id), gross_fen, agent_id, why
    )


def penalty(id: str, agent_id: str, penalty_fen: int, why: str) -> Entry:
    return Entry(
        f"penalty:{id}",
        "penalty",
        accounts.payable(agent_id),
        accounts.LATE_PENALTY,
        penalty_fen,
        agent_id,
        why,
    )


def triage(turn_id: str, agent_id: str, fee_fen: int, why: str) -> Entry:
    """The fee for handing a turn on."""
    return Entry(
        f"triage:{turn_id}:{agent_id}",
        "triage",
        accounts.TRIAGE,
        accounts.payable(agent_id),
        fee_fen,
        agent_id,
        why,
    )


def post(
    session: Session,
    entries: Sequence[Entry],
    *,
    period_id: str,
    now: dt.datetime,
    late_for_period_id: str | None = None,
) -> None:
    """Every entry is in the book once, in the period, in the caller's transaction.

    An entry whose source key is already there is left as it was: a retry posts nothing twice. The
    caller has made sure, in this transaction, that the period takes postings.
    """
    if not entries:
        return
    rows = [
        {
            "id": new_id(),
            "source_key": entry.source_key,
            "kind": entry.kind,
            "debit": entry.debit,
            "credit": entry.credit,
            "amount_fen": entry.amount_fen,
            "agent_id": entry.agent_id,
            "payable_fen": entry.payable_fen,
            "period_id": period_id,
            "late_for_period_id": late_for_period_id,
            "posted_at": now,
            "memo": entry.memo,
            "reverses_id": entry.reverses_id,
        }
        for entry in entries
    ]
    _ENTRIES.run(session, rows)


def post_exports(
    session: Session,
    lines: sa.Select[*tuple[Any, ...]],
    *,
    period_id: str,
    now: dt.datetime,
    late_for_period_id: str | None = None,
) -> int:
    """For each selected (line_id, number, agent_id, amount_fen) what we owed is on its way to the bank."""
    return _post_lines(session, lines, "export", period_id, late_for_period_id, now)


def post_results(
    session: Session,
    lines: sa.Select[*tuple[Any, ...]],
    *,
    kind: str,
    period_id: str,
    now: dt.datetime,
    late_for_period_id: str | None = None,
) -> int:
    """For each selected line what was on its way is `settled`, or `failed` or `returned` and owed again."""
    return _post_lines(session, lines, kind, period_id, late_for_period_id, now)


_OF_LINES: dict[str, tuple[str | None, str | None, int]] = {
    "export": (None, accounts.CLEARING, -1),
    "settled": (accounts.CLEARING, accounts.OPERATING, 0),
    "failed": (accounts.CLEARING, None, 1),
    "returned": (accounts.OPERATING, None, 1),
}
"""What a payout line posts by kind: debit, credit (None: the agent's own account), sign for the agent."""


def _post_lines(
    session: Session,
    lines: sa.Select[*tuple[Any, ...]],
    kind: str,
    period_id: str,
    late_for_period_id: str | None,
    now: dt.datetime,
) -> int:
    """One statement however many lines there are; how many entries it wrote.

    A line posted before is refused by its source key.
    """
    line = lines.subquery("line").c
    debit, credit, sign = _OF_LINES[kind]
    owed = sa.literal(accounts.payable("")) + sa.func.upper(line.agent_id)
    place = sa.cast(sa.func.row_number().over(order_by=line.line_id), sa.Text)
    padded = sa.func.substr(sa.literal("0" * 10) + place, sa.func.length(place) + 1)
    values: dict[str, sa.ColumnElement[Any]] = {
        "id": sa.literal(new_id()[:16]) + padded,
        "source_key": sa.literal(f"{kind}:") + line.line_id,
        "kind": sa.literal(kind),
        "debit": owed if debit is None else sa.literal(debit),
        "credit": owed if credit is None else sa.literal(credit),
        "amount_fen": line.amount_fen,
        "agent_id": line.agent_id if sign else sa.literal(None, sa.Text()),
        "payable_fen": line.amount_fen * sign,
        "period_id": sa.literal(period_id),
        "late_for_period_id": sa.literal(late_for_period_id, sa.Text()),
        "posted_at": sa.literal(now, LedgerEntry.__table__.c.posted_at.type),
        "memo": line.number,
    }
    rows = sa.select(*(value.label(name) for name, value in values.items()))
    insert = sa.insert(LedgerEntry).from_select(list(values), rows, include_defaults=False)
    return rows_changed(session, insert)


def reverse(
    session: Session,
    original: LedgerEntry,
    *,
    decision: str,
    amount_fen: int,
    period_id: str,
    why: str,
    now: dt.datetime,
    late_for_period_id: str | None = None,
) -> None:
    """A stated part of the original is taken back by a new entry that names it.

    Together the reversals of one entry never exceed it: TooMuchReversed otherwise. The original row
    is locked, so two decisions at once cannot pass the check together.
    """
    session.execute(sa.select(LedgerEntry.id).where(LedgerEntry.id == original.id).with_for_update())
    taken = session.execute(
        sa.select(sa.func.coalesce(sa.func.sum(LedgerEntry.amount_fen), 0)).where(
            LedgerEntry.reverses_id == original.id,
            LedgerEntry.source_key != f"reversal:{decision}:{original.id}",
        )
    ).scalar_one()
    if amount_fen + taken > original.amount_fen:
        raise TooMuchReversed(original.source_key)
    entry = Entry(
        source_key=f"reversal:{decision}:{original.id}",
        kind="reversal",
        debit=original.credit,
        credit=original.debit,
        amount_fen=amount_fen,
        agent_id=original.agent_id,
        memo=why,
        reverses_id=original.id,
    )
    post(session, [entry], period_id=period_id, late_for_period_id=late_for_period_id, now=now)
