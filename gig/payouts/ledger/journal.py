"""The one writer of the book."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import rows_changed, table_of
from gig.core.ids import new_block, new_id
from gig.core.inserts import PreparedInsert
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
    _ENTRIES.write(session, rows)


Lines = sa.Select[*tuple[Any, ...]]
"""(line_id, number, agent_id, amount_fen) of payout lines; with a `place` of their own, each another, they
need not be put in order to be numbered."""


def post_exports(
    session: Session,
    lines: Lines,
    *,
    period_id: str,
    now: dt.datetime,
    late_for_period_id: str | None = None,
) -> int:
    """For each selected line what we owed is on its way to the bank; how many entries that wrote.

    A line posted before is refused by its source key.
    """
    moves = _Moves("export", "export:", None, accounts.CLEARING)
    return _post_lines(session, lines, moves, (period_id, late_for_period_id), now)


def post_taxes(
    session: Session,
    lines: Lines,
    *,
    period_id: str,
    now: dt.datetime,
    late_for_period_id: str | None = None,
) -> int:
    """For each selected line a part of what we owed the agent is owed to the tax office instead."""
    moves = _Moves("tax", "tax:", None, accounts.TAX_WITHHELD)
    return _post_lines(session, lines, moves, (period_id, late_for_period_id), now)


def post_taxes_back(
    session: Session,
    lines: Lines,
    *,
    cause: str,
    period_id: str,
    now: dt.datetime,
    late_for_period_id: str | None = None,
) -> int:
    """For each selected line the tax is owed to the agent again; its entry `tax:LINE` is named in the key.

    It is of the kind `tax`, because a statement holds neither the tax nor its return.
    """
    moves = _Moves("tax", f"reversal:{cause}:", accounts.TAX_WITHHELD, None, of="tax:")
    return _post_lines(session, lines, moves, (period_id, late_for_period_id), now)


def post_results(
    session: Session,
    lines: Lines,
    *,
    kind: Literal["settled", "failed", "returned"],
    period_id: str,
    now: dt.datetime,
    late_for_period_id: str | None = None,
) -> int:
    """For each selected line what was on its way is `settled`, or `failed` or `returned` and owed again."""
    debit = accounts.OPERATING if kind == "returned" else accounts.CLEARING
    credit = accounts.OPERATING if kind == "settled" else None
    moves = _Moves(kind, f"{kind}:", debit, credit)
    return _post_lines(session, lines, moves, (period_id, late_for_period_id), now)


@dataclass(frozen=True)
class _Moves:
    """What a payout line does to the book. None is the agent's account; `of` names an entry of the line."""

    kind: str
    key: str
    debit: str | None
    credit: str | None
    of: str | None = None

    @property
    def sign(self) -> int:
        """Which way it changes what the agent is owed."""
        return (self.credit is None) - (self.debit is None)


def _post_lines(
    session: Session, lines: Lines, moves: _Moves, period: tuple[str, str | None], now: dt.datetime
) -> int:
    """One statement however many lines there are."""
    line = lines.subquery("line").c
    payable = sa.literal(accounts.payable("")) + sa.func.upper(line.agent_id)
    key = sa.literal(moves.key) + line.line_id
    if moves.of is not None:
        entry = sa.alias(table_of(LedgerEntry), "entry").c
        named = sa.select(entry.id).where(entry.source_key == sa.literal(moves.of) + line.line_id)
        key = key + ":" + named.scalar_subquery()
    numbered = line.place if "place" in line else sa.func.row_number().over(order_by=line.line_id)
    place = sa.cast(numbered, sa.Text)
    padded = sa.func.substr(sa.literal("0" * 10) + place, sa.func.length(place) + 1)
    values: dict[str, sa.ColumnElement[Any]] = {
        "id": sa.literal(new_block()) + padded,
        "source_key": key,
        "kind": sa.literal(moves.kind),
        "debit": payable if moves.debit is None else sa.literal(moves.debit),
        "credit": payable if moves.credit is None else sa.literal(moves.credit),
        "amount_fen": line.amount_fen,
        "agent_id": line.agent_id if moves.sign else sa.literal(None, sa.Text()),
        "payable_fen": line.amount_fen * moves.sign,
        "period_id": sa.literal(period[0]),
        "late_for_period_id": sa.literal(period[1], sa.Text()),
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
