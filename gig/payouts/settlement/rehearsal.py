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
from gig.identity.access import Capability
from gig.identity.models import Person
from gig.payouts.settlement import cut, taxes
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.operations.closing import previous_of
from gig.payouts.settlement.tie import of_book
from gig.payouts.settlement.values import MINIMUM_PAYOUT

SHOWN = 20


@dataclass(frozen=True)
class Item:
    """One person or thing to look at: who, what about them (a number of fen, if it is one), and where.

    `url` is where it is mended, by those with the capability `by`. Finance that has another one reads about
    it at `read`, and tells them.
    """

    who: str
    url: str
    fen: int | None = None
    at: dt.datetime | None = None
    by: Capability = "settle"
    read: str = ""


@dataclass(frozen=True)
class Finding:
    """What was looked for, in how many cases it was found, the first of them, and what will happen."""

    title: str
    consequence: str
    count: int
    items: Sequence[Item]


DESKS: dict[Capability, str] = {"review": N_("请审核处理"), "operate": N_("请运营处理")}
"""Whom finance has to ask for what it cannot mend."""

Places = Callable[[Session, Sequence[str]], dict[str, str]]
"""Where each of these agents' trouble is mended."""

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
    "tax-identity": (N_("不能确认居民身份"), N_("制单时会暂缓，直到财务确认。")),
}


def at_each(path: str) -> Places:
    """The page of each agent under the path."""
    return lambda _session, agent_ids: {id: path + id for id in agent_ids}


mended: dict[str, tuple[Capability, Places]] = {
    "no-payee": ("settle", at_each("/console/payees/")),
    "payee-changed": ("settle", at_each("/console/payees/")),
    "tax-identity": ("settle", at_each("/console/tax?agent=")),
}
"""Who mends what holds a payment, and where; features above add what is mended on their pages."""


def rehearse(session: Session, period: Period, *, now: dt.datetime) -> Rehearsal:
    """What a close now would write, and who would be held at it or, for the tax of that day, soon after it.
    Nothing is written, and nobody waits for it."""
    minimum_fen = tunables.values(session)[MINIMUM_PAYOUT.name]
    previous_id = previous_of(session, period.starts_at)
    close = cut.Close(period.id, period.close_no + 1, now, minimum_fen, previous_id)
    decided = cut.decisions(rest=True).params(close.values() | cut.ALL.values()).cte("decided")
    rows = session.execute(_grouped(decided)).all()
    agents, turns, gross_fen, carried_in_fen, payable_fen, carried_out_fen = (
        sum(int(row[place] or 0) for row in rows) for place in range(1, 7)
    )
    findings = [
        *_held(session, decided, rows),
        _untaxable(session, decided, now),
        _negative(session, decided),
    ]
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
            people = session.execute(_people(decided, of_reason, d.payable_fen).limit(SHOWN)).all()
            found.append(_of_people(session, str(row.reason), int(row[1]), people))
    return found


def _untaxable(session: Session, decided: sa.CTE, now: dt.datetime) -> Finding:
    """Whom the close pays but the batch holds: where tax is withheld, whoever is no resident we know of."""
    d = decided.c
    free = sa.and_(d.payable_fen > 0, d.line_hold_reason.is_(None))
    who = _people(decided, sa.and_(free, taxes.not_resident(d.agent_id)), d.payable_fen)
    taxed = taxes.taxed_at(session, now)
    found = taxes.untaxable(session, session.execute(who).all()) if taxed else []
    return _of_people(session, "tax-identity", len(found), found[:SHOWN])


def _of_people(session: Session, reason: str, count: int, people: Sequence[Any]) -> Finding:
    """The finding of a reason to hold: each of the people with where that is mended."""
    title, consequence = _HELD[reason]
    by, places = mended.get(reason, ("settle", at_each(ledger_of(""))))
    where = places(session, [id for id, *_ in people])
    items = [
        Item(name or id[-6:], where[id], int(fen), by=by, read=ledger_of(id)) for id, name, fen in people
    ]
    return Finding(title, consequence, count, items)


def _negative(session: Session, decided: sa.CTE) -> Finding:
    d = decided.c
    count = session.scalar(sa.select(sa.func.count()).select_from(decided).where(d.available_fen < 0)) or 0
    people = _people(decided, d.available_fen < 0, d.available_fen).limit(SHOWN if count else 0)
    return Finding(
        N_("余额是负数"),
        N_("不付款，负数结转到下期抵扣。"),
        int(count),
        [Item(name or id[-6:], ledger_of(id), int(fen)) for id, name, fen in session.execute(people)],
    )


def _people(
    decided: sa.CTE, which: sa.ColumnElement[bool], fen: sa.ColumnElement[int]
) -> sa.Select[*tuple[Any, ...]]:
    """(agent, name, fen) of those whom it is about."""
    d = decided.c
    return (
        sa.select(d.agent_id, sa.func.coalesce(Person.name, ""), fen)
        .outerjoin(Person, Person.id == d.agent_id)
        .where(which)
        .order_by(d.agent_id)
    )


def ledger_of(agent_id: str) -> str:
    """Where finance sees everything that an agent was given and paid."""
    return f"/console/ledger?agent={agent_id}"
