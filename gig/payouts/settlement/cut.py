"""The statements and lines of a period, decided by one SELECT over a span of agents.

Earnings are never stamped: (agent, period) is the link between them and the statement. PostgreSQL
writes both tables from that SELECT in one statement. SQLite has one writer: there the SELECT is read
before the write begins, and what it found is written a slice at a time, so that no claim waits long.

The statements are put together once in a process and given their values when they run: a close that goes
in short pieces would spend more on writing SQL than the database on carrying it out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import Base, engine_of
from gig.core.prepared import Prepared, connection_of, execute
from gig.identity.models import Agent
from gig.payouts.disbursement.holds import changes_that_hold, hold_reason, newest_payees
from gig.payouts.disbursement.models import Payee, PayoutLine
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.settlement.sums import (
    AT,
    CHANGED,
    CLOSE_NO,
    FIGURES,
    INSTANT,
    MINIMUM,
    PERIOD,
    TEXT,
    spanned,
    summed,
)

STATEMENT = (
    "id",
    "period_id",
    "agent_id",
    "close_no",
    *FIGURES,
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

_AGENT = itemgetter(STATEMENT.index("agent_id"))


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
    def of(cls, period: Period | Any, previous_id: str | None) -> Close:
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
    statements = sa.select(*(found.c[name] for name in STATEMENT), AT)
    lines = sa.select(*(found.c[f"line_{name}"] for name in LINE), AT).where(found.c.payable_fen > 0)
    into_statements = sa.insert(Statement).from_select(
        [*STATEMENT, "cut_at"], statements, include_defaults=False
    )
    into_lines = sa.insert(PayoutLine).from_select([*LINE, "made_at"], lines, include_defaults=False)
    return into_lines.add_cte(into_statements.cte("statements"))


Insert = tuple[str, list[Any]]
"""A statement with its values, for the driver."""


def inserts(session: Session, close: Close, rows: Sequence[Sequence[Any]]) -> list[Insert]:
    """How what `decisions` found gets into the tables (SQLite, whose driver gives values as it takes them).

    All rows of a table go in by one statement: the driver hands the processor of Python on and waits to have
    it back for each, and whoever else writes would wait with it.
    """
    convert = INSTANT.bind_processor(engine_of(session).dialect)
    at = convert(close.closing_at)
    width, payable = len(STATEMENT), STATEMENT.index("payable_fen")
    statements = [(*row[:width], at) for row in rows]
    lines = [(*row[width:], at) for row in rows if row[payable] > 0]
    made = ((Statement, (*STATEMENT, "cut_at"), statements), (PayoutLine, (*LINE, "made_at"), lines))
    return [_insert(model, names, values) for model, names, values in made if values]


def write(session: Session, made: Sequence[Insert]) -> None:
    """The rows of `inserts` are in the tables."""
    connection = connection_of(session)
    for text, values in made:
        execute(connection, text, values).close()


def _insert(model: type[Base], names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Insert:
    row = f"({', '.join('?' * len(names))})"
    text = f"INSERT INTO {model.__tablename__} ({', '.join(names)}) VALUES {', '.join([row] * len(rows))}"
    return text, list(chain.from_iterable(rows))


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
    sums = summed(rest, by_price)
    available = sums.c.available_fen
    minimum = sa.case((sums.c.stage == "left", 0), else_=MINIMUM)
    payable = sa.case((sa.and_(available > 0, available >= minimum), available), else_=0)
    payee = newest_payees().where(spanned(Payee.agent_id, rest)).subquery("newest")
    reason = hold_reason(
        sums.c.agent_id,
        payee.c.payee_id,
        changed_after=CHANGED,
        among=lambda agent_id: spanned(agent_id, rest),
    )
    judged = (
        sa.select(sums, payable.label("payable_fen"), payee.c.payee_id, reason.label("reason"))
        .select_from(
            sa.join(sums, Agent, Agent.id == sums.c.agent_id).outerjoin(
                payee, payee.c.agent_id == sums.c.agent_id
            )
        )
        .where(spanned(Agent.id, rest))
        .cte("judged")
        .prefix_with("MATERIALIZED")
    )
    row = judged.c
    id = PERIOD + "." + sa.cast(CLOSE_NO, TEXT) + "." + row.agent_id
    statement: dict[str, Any] = {
        **{name: row[name] for name in (*FIGURES, "gross_fen", "available_fen", "payable_fen")},
        "id": id,
        "period_id": PERIOD,
        "agent_id": row.agent_id,
        "close_no": CLOSE_NO,
        "carried_out_fen": row.available_fen - row.payable_fen,
    }
    line: dict[str, Any] = {
        "id": id,
        "statement_id": id,
        "period_id": PERIOD,
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
