"""A close that writes nothing: what it would say now, and what somebody should look at before it.

Features above add what only they can see, each as a look that finds people or things, with a link.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.text import N_
from gig.identity.models import Person
from gig.payouts.settlement import cut
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.operations.closing import previous_of
from gig.payouts.settlement.tie import of_book
from gig.payouts.settlement.values import MINIMUM_PAYOUT

SHOWN = 20


@dataclass(frozen=True)
class Item:
    """One person or thing to look at: who, what about them (a number of fen, if it is one), and where."""

    who: str
    url: str
    fen: int | None = None
    at: dt.datetime | None = None


@dataclass(frozen=True)
class Finding:
    """What was looked for, in how many cases it was found, the first of them, and what will happen."""

    title: str
    consequence: str
    count: int
    items: Sequence[Item]


Look = Callable[[Session, Period], Finding]
looks: list[Look] = []
"""What features above look for before a close; each is one or two queries."""


@dataclass(frozen=True)
class Rehearsal:
    """What the statements and lines of a close at this instant would add up to."""

    agents: int
    turns: int
    gross_fen: int
    carried_in_fen: int
    payable_fen: int
    carried_out_fen: int
    held_fen: int
    ledger_fen: int
    findings: Sequence[Finding]

    @property
    def difference_fen(self) -> int:
        return self.ledger_fen - self.gross_fen


_HELD = {
    "unverified": (N_("还没有实名"), N_("会暂缓付款，直到审核通过。")),
    "no-payee": (N_("没有收款账户"), N_("会暂缓付款，直到本人填好。")),
    "suspended": (N_("停用中"), N_("会暂缓付款，直到恢复。")),
    "payee-changed": (N_("刚换收款账户"), N_("会暂缓付款，满 24 小时再复核。")),
    "own-customer": (N_("可能接了自己的单"), N_("会暂缓付款，等人裁定。")),
}


def rehearse(session: Session, period: Period, *, now: dt.datetime) -> Rehearsal:
    """What a close now would write. Nothing is written, and nobody waits for it."""
    minimum_fen = tunables.values(session)[MINIMUM_PAYOUT.name]
    previous_id = previous_of(session, period.starts_at)
    close = cut.Close(period.id, period.close_no + 1, now, minimum_fen, previous_id)
    decided = cut.decisions(rest=True).params(close.values() | cut.ALL.values()).cte("decided")
    rows = session.execute(_grouped(decided)).all()
    agents, turns, gross_fen, carried_in_fen, payable_fen, carried_out_fen = (
        sum(int(row[place] or 0) for row in rows) for place in range(1, 7)
    )
    findings = [*_held(session, decided, rows), _negative(session, decided)]
    findings += [look(session, period) for look in looks]
    return Rehearsal(
        agents=agents,
        turns=turns,
        gross_fen=gross_fen,
        carried_in_fen=carried_in_fen,
        payable_fen=payable_fen,
        carried_out_fen=carried_out_fen,
        held_fen=sum(int(row.payable_fen) for row in rows if row.reason),
        ledger_fen=of_book(session, period.id),
        findings=[finding for finding in findings if finding.count],
    )


def _grouped(decided: sa.CTE) -> sa.Select[*tuple[Any, ...]]:
    d = decided.c
    reason = sa.case((d.payable_fen > 0, d.line_hold_reason)).label("reason")
    summed = (d.turns, d.gross_fen, d.carried_in_fen, d.payable_fen, d.carried_out_fen)
    return sa.select(
        reason, sa.func.count(), *(sa.func.sum(figure).label(figure.key) for figure in summed)
    ).group_by(reason)


def _held(session: Session, decided: sa.CTE, rows: Sequence[sa.Row[*tuple[Any, ...]]]) -> list[Finding]:
    """One finding for each reason to hold a payment."""
    d, found = decided.c, []
    for row in rows:
        if row.reason in _HELD:
            of_reason = sa.and_(d.payable_fen > 0, d.line_hold_reason == row.reason)
            title, consequence = _HELD[str(row.reason)]
            people = _people(session, decided, of_reason, d.payable_fen)
            found.append(Finding(title, consequence, int(row[1]), people))
    return found


def _negative(session: Session, decided: sa.CTE) -> Finding:
    d = decided.c
    count = session.scalar(sa.select(sa.func.count()).select_from(decided).where(d.available_fen < 0)) or 0
    return Finding(
        N_("余额是负数"),
        N_("不付款，负数结转到下期抵扣。"),
        int(count),
        _people(session, decided, d.available_fen < 0, d.available_fen) if count else [],
    )


def _people(
    session: Session, decided: sa.CTE, which: sa.ColumnElement[bool], fen: sa.ColumnElement[int]
) -> list[Item]:
    d = decided.c
    rows = session.execute(
        sa.select(d.agent_id, sa.func.coalesce(Person.name, ""), fen)
        .outerjoin(Person, Person.id == d.agent_id)
        .where(which)
        .order_by(d.agent_id)
        .limit(SHOWN)
    )
    return [Item(name or id[-6:], ledger_of(id), int(amount)) for id, name, amount in rows]


def ledger_of(agent_id: str) -> str:
    """Where finance sees everything that an agent was given and paid."""
    return f"/console/ledger?agent={agent_id}"
