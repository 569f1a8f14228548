"""The statements and lines of a period, decided by one SELECT over a span of agents.

Earnings are never stamped: (agent, period) is the link between them and the statement. PostgreSQL
writes both tables from that SELECT in one statement. SQLite has one writer: there the SELECT is read
before the write begins, and what it found is written a slice at a time, so that no claim waits long.

The statements are put together once in a process and given their values when they run: a close that goes
in short pieces would spend more on writing SQL than the database on carrying it out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import Base, Instant
from gig.core.prepared import Prepared
from gig.identity.models import Agent
from gig.payouts.disbursement.holds import changes_that_hold, hold_reason, newest_payees
from gig.payouts.disbursement.models import Payee, PayoutLine
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.models import Period, Statement

_OTHER_KINDS = {
    "adjustments_fen": "adjustment",
    "awards_fen": "award",
    "triage_fen": "triage",
    "reversals_fen": "reversal",
}
_FIGURES = (
    "turns",
    "late_turns",
    "peak_turns",
    "base_fen",
    "peak_fen",
    "late_fen",
    *_OTHER_KINDS,
    "carried_in_fen",
)
STATEMENT = (
    "id",
    "period_id",
    "agent_id",
    "close_no",
    *_FIGURES,
    "gross_fen",
    "available_fen",
    "payable_fen",
    "carried_out_fen",
)
"""What is decided of a statement; with the instant of the close that is all a new one has."""
LINE = (
    "id",
    "statement_id",
    "period_id",
    "agent_id",
    "amount_fen",
    "state",
    "hold_reason",
    "payee_id",
)

_INSTANT = Instant()
_AGENT = itemgetter(STATEMENT.index("agent_id"))


_TEXT = sa.Text()
_PERIOD, _CLOSE_NO, _MINIMUM, _AT, _CHANGED, _PREVIOUS, _AFTER, _UPTO = (
    sa.bindparam(name, type_=type_)
    for name, type_ in (
        ("of_period", _TEXT),
        ("of_close", sa.Integer()),
        ("least_fen", sa.BigInteger()),
        ("decided_at", _INSTANT),
        ("payee_since", _INSTANT),
        ("previous", _TEXT),
        ("after", _TEXT),
        ("upto", _TEXT),
    )
)


@dataclass(frozen=True)
class Span:
    """The agents with `after < id <= upto`; without `upto`, all the rest."""

    after: str
    upto: str | None

    def values(self) -> dict[str, Any]:
        return {"after": self.after} | ({} if self.upto is None else {"upto": self.upto})


ALL = Span("", None)


@dataclass(frozen=True)
class Close:
    """One close of one period: the numbers that it fixed when it began, and the period whose balances it
    carries on. A rehearsal invents one."""

    period_id: str
    close_no: int
    closing_at: dt.datetime
    minimum_fen: int
    previous_id: str | None

    @classmethod
    def of(cls, period: Period, previous_id: str | None) -> Close:
        """The close that the period is in."""
        assert period.closing_at is not None
        return cls(period.id, period.close_no, period.closing_at, period.minimum_fen or 0, previous_id)

    def values(self) -> dict[str, Any]:
        """The parameters of a decision."""
        return {
            "of_period": self.period_id,
            "of_close": self.close_no,
            "least_fen": self.minimum_fen,
            "decided_at": self.closing_at,
            "payee_since": changes_that_hold(self.closing_at),
            "previous": self.previous_id or "",
        }


def write_at_once(session: Session, close: Close, span: Span) -> None:
    """Statements and lines of the span are in the tables, by one statement (PostgreSQL)."""
    _INTO_BOTH[span.upto is None].run(session, close.values() | span.values())


def decided(session: Session, close: Close, span: Span) -> list[tuple[Any, ...]]:
    """What `write` takes, of the agents of the span in their order (SQLite)."""
    rows = _DECIDED[span.upto is None].all_plain(session, close.values() | span.values())
    rows.sort(key=_AGENT)
    return rows


def _into_both(_dialect: sa.Dialect, *, rest: bool) -> sa.Insert:
    found = decisions(rest=rest, by_price=False).cte("decided").prefix_with("MATERIALIZED")
    statements = sa.select(*(found.c[name] for name in STATEMENT), _AT)
    lines = sa.select(*(found.c[f"line_{name}"] for name in LINE), _AT).where(found.c.payable_fen > 0)
    into_statements = sa.insert(Statement).from_select(
        [*STATEMENT, "cut_at"], statements, include_defaults=False
    )
    into_lines = sa.insert(PayoutLine).from_select([*LINE, "made_at"], lines, include_defaults=False)
    return into_lines.add_cte(into_statements.cte("statements"))


def write(session: Session, close: Close, rows: Sequence[Sequence[Any]]) -> None:
    """What `decisions` found is in the tables (SQLite, whose driver gives values as it takes them)."""
    convert = _INSTANT.bind_processor(session.connection().dialect)
    at = convert(close.closing_at)
    width, payable = len(STATEMENT), STATEMENT.index("payable_fen")
    _insert(session, Statement, [*STATEMENT, "cut_at"], [(*row[:width], at) for row in rows])
    paying = [(*row[width:], at) for row in rows if row[payable] > 0]
    if paying:
        _insert(session, PayoutLine, [*LINE, "made_at"], paying)


def _insert(session: Session, model: type[Base], names: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    places = ", ".join("?" * len(names))
    session.connection().exec_driver_sql(
        f"INSERT INTO {model.__tablename__} ({', '.join(names)}) VALUES ({places})", rows
    )


def _decisions(_dialect: sa.Dialect, *, rest: bool) -> sa.Select[*tuple[Any, ...]]:
    return decisions(rest=rest)


_INTO_BOTH = tuple(Prepared(partial(_into_both, rest=rest), anew=True) for rest in (False, True))
_DECIDED = tuple(Prepared(partial(_decisions, rest=rest)) for rest in (False, True))
"""To the end of a span, and all the rest."""


def decisions(*, rest: bool, by_price: bool = True) -> sa.Select[*tuple[Any, ...]]:
    """The columns of a statement, then those of its line, for each agent of the span who has activity in
    the period or a carry into it. Whoever is paid nothing has no line.

    Its parameters are the values of a `Close` and a `Span`; with `rest`, of one that has no end.
    """
    summed = _summed(rest, by_price)
    available = summed.c.available_fen
    minimum = sa.case((summed.c.stage == "left", 0), else_=_MINIMUM)
    payable = sa.case((sa.and_(available > 0, available >= minimum), available), else_=0)
    payee = newest_payees().where(_spanned(Payee.agent_id, rest)).subquery("newest")
    reason = hold_reason(
        summed.c.agent_id,
        payee.c.payee_id,
        changed_after=_CHANGED,
        among=lambda agent_id: _spanned(agent_id, rest),
    )
    judged = (
        sa.select(summed, payable.label("payable_fen"), payee.c.payee_id, reason.label("reason"))
        .select_from(
            sa.join(summed, Agent, Agent.id == summed.c.agent_id).outerjoin(
                payee, payee.c.agent_id == summed.c.agent_id
            )
        )
        .cte("judged")
        .prefix_with("MATERIALIZED")
    )
    row = judged.c
    id = _PERIOD + "." + sa.cast(_CLOSE_NO, _TEXT) + "." + row.agent_id
    statement: dict[str, Any] = {
        **{name: row[name] for name in (*_FIGURES, "gross_fen", "available_fen", "payable_fen")},
        "id": id,
        "period_id": _PERIOD,
        "agent_id": row.agent_id,
        "close_no": _CLOSE_NO,
        "carried_out_fen": row.available_fen - row.payable_fen,
    }
    line: dict[str, Any] = {
        "id": id,
        "statement_id": id,
        "period_id": _PERIOD,
        "agent_id": row.agent_id,
        "amount_fen": row.payable_fen,
        "state": sa.case((row.reason.is_(None), "planned"), else_="held"),
        "hold_reason": row.reason,
        "payee_id": row.payee_id,
    }
    return sa.select(
        *(statement[name].label(name) for name in STATEMENT),
        *(line[name].label(f"line_{name}") for name in LINE),
    )


def _spanned(agent_id: sa.ColumnElement[str] | Any, rest: bool) -> sa.ColumnElement[bool]:
    over = agent_id > _AFTER
    return over if rest else sa.and_(over, agent_id <= _UPTO)


def _summed(rest: bool, by_price: bool) -> sa.CTE:
    """What each agent of the span did in the period, and what they brought into it."""
    earned = _from_earnings(rest, by_price).subquery("earned")
    booked = _from_the_book(rest).subquery("booked")
    carried = _carried(rest).subquery("carried")
    sources = Agent.__table__
    for part in (earned, booked, carried):
        sources = sources.outerjoin(part, part.c.agent_id == Agent.id)
    figures = {
        name: sa.func.coalesce(part.c[name], 0)
        for part in (earned, booked, carried)
        for name in part.c.keys()  # noqa: SIM118
        if name != "agent_id"
    }
    gross = figures["base_fen"] + figures["peak_fen"] - figures["late_fen"]
    for name in _OTHER_KINDS:
        gross = gross + figures[name]
    return (
        sa.select(
            Agent.id.label("agent_id"),
            Agent.stage,
            *(figures[name].label(name) for name in _FIGURES),
            gross.label("gross_fen"),
            (figures["carried_in_fen"] + gross).label("available_fen"),
        )
        .select_from(sources)
        .where(
            _spanned(Agent.id, rest),
            sa.or_(*(part.c.agent_id.is_not(None) for part in (earned, booked, carried))),
        )
        .cte("summed")
        .prefix_with("MATERIALIZED")
    )


def _from_earnings(rest: bool, by_price: bool) -> sa.Select[*tuple[Any, ...]]:
    """With `by_price` equal prices of an agent are counted first, in the order of the index that holds
    them, and then summed: a third faster on SQLite, a little slower on PostgreSQL."""
    base, gross, penalty = Earning.base_fen, Earning.gross_fen, Earning.penalty_fen
    wanted = (Earning.period_id == _PERIOD, gross > 0, _spanned(Earning.agent_id, rest))
    total: Callable[[Any], Any] = sa.func.sum
    if not by_price:
        return (
            sa.select(
                Earning.agent_id,
                sa.func.count().label("turns"),
                sa.func.count(sa.case((penalty > 0, 1))).label("late_turns"),
                sa.func.count(sa.case((gross > base, 1))).label("peak_turns"),
                total(base).label("base_fen"),
                (total(gross) - total(base)).label("peak_fen"),
                total(penalty).label("late_fen"),
            )
            .where(*wanted)
            .group_by(Earning.agent_id)
        )
    prices = (
        sa.select(Earning.agent_id, base, gross, penalty, sa.func.count().label("times"))
        .where(*wanted)
        .group_by(Earning.agent_id, base, gross, penalty)
        .subquery("price")
    )
    price = prices.c
    return sa.select(
        price.agent_id,
        total(price.times).label("turns"),
        total(sa.case((price.penalty_fen > 0, price.times), else_=0)).label("late_turns"),
        total(sa.case((price.gross_fen > price.base_fen, price.times), else_=0)).label("peak_turns"),
        total(price.base_fen * price.times).label("base_fen"),
        total((price.gross_fen - price.base_fen) * price.times).label("peak_fen"),
        total(price.penalty_fen * price.times).label("late_fen"),
    ).group_by(price.agent_id)


def _from_the_book(rest: bool) -> sa.Select[*tuple[Any, ...]]:
    sums = (
        sa.cast(
            sa.func.sum(sa.case((LedgerEntry.kind == kind, LedgerEntry.payable_fen), else_=0)), sa.BigInteger
        ).label(name)
        for name, kind in _OTHER_KINDS.items()
    )
    return (
        sa.select(LedgerEntry.agent_id, *sums)
        .where(
            LedgerEntry.period_id == _PERIOD,
            sa.text("kind <> 'earning' AND kind <> 'penalty'"),
            LedgerEntry.kind.in_([sa.literal_column(f"'{kind}'", _TEXT) for kind in _OTHER_KINDS.values()]),
            LedgerEntry.payable_fen != 0,
            _spanned(LedgerEntry.agent_id, rest),
        )
        .group_by(LedgerEntry.agent_id)
    )


def _carried(rest: bool) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(Statement.agent_id, Statement.carried_out_fen.label("carried_in_fen")).where(
        Statement.period_id == _PREVIOUS,
        Statement.voided_at.is_(None),
        Statement.carried_out_fen != 0,
        _spanned(Statement.agent_id, rest),
    )
