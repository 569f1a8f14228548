"""Which policy holds, what the tax of payments is, and what was withheld of them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.tax.models import TaxChoice, TaxFiling, TaxRecord, TaxResidency
from gig.payouts.tax.rules.withholding import Gap, Month, Policy, Withholding, gaps, withhold
from gig.payouts.tax.spool import Spooled, batched

AT_ONCE = 1000

Lines = sa.Select[*tuple[Any, ...]]
"""(line_id, agent_id, amount_fen) of the payments in question."""

KeptBack = Callable[[Session, Sequence[str]], Mapping[str, set[dt.date]]]
"""The months in which an amount of each of these agents was kept back by us."""


@dataclass(frozen=True)
class InForce:
    """The policy of a month and for which payer; before any choice, nothing is withheld."""

    policy: Policy = "none"
    gap: Gap | None = None
    payer_code: str = ""
    choice_id: str | None = None

    @property
    def withholds(self) -> bool:
        return self.policy != "none"


@dataclass(frozen=True)
class Taxed:
    line_id: str
    agent_id: str
    tax: Withholding


@dataclass(frozen=True)
class Assessment:
    """The tax of some payments, as the records stood when `newest` was the newest.

    Without withholding nothing is reckoned and `taxed` is empty. `refused` are agents whom the tables of
    residents do not fit, or of whom we do not know it.
    """

    month: dt.date
    in_force: InForce
    newest: int
    taxed: Iterable[Taxed] = ()
    refused: Sequence[str] = ()
    fen: Mapping[str, int] = field(default_factory=dict)
    """What is withheld of each line that bears something."""

    @property
    def total_fen(self) -> int:
        return sum(self.fen.values())


def in_force(session: Session, month: dt.date) -> InForce:
    """The policy for payments of the month."""
    chosen = sa.select(TaxChoice).where(TaxChoice.state == "confirmed", TaxChoice.from_month <= month)
    newest = chosen.order_by(TaxChoice.from_month.desc(), TaxChoice.decided_at.desc()).limit(1)
    found = session.scalars(newest.execution_options(populate_existing=True)).first()
    if found is None:
        return InForce()
    return InForce(cast(Policy, found.policy), cast("Gap | None", found.gap), found.payer_code, found.id)


def newest_record(session: Session) -> int:
    """Grows with every record; two looks that see the same number see the same records."""
    return session.execute(sa.select(sa.func.coalesce(sa.func.max(TaxRecord.id), 0))).scalar_one()


def assess(session: Session, lines: Lines, *, month: dt.date, kept_back: KeptBack) -> Assessment:
    """The tax of the lines if they are paid in the month, in the order of their ids; nothing is written."""
    holds, newest = in_force(session, month), newest_record(session)
    if not holds.withholds:
        return Assessment(month, holds, newest)
    taxed = Spooled(_taxed(session, lines, holds, month, kept_back))
    fen = {each.line_id: each.tax.withheld_fen for each in taxed if each.tax.withheld_fen}
    return Assessment(month, holds, newest, taxed, refused(session, lines), fen)


def total_fen(session: Session, lines: Lines, *, month: dt.date, kept_back: KeptBack) -> int:
    """What all the lines together would bear if they are paid in the month."""
    holds = in_force(session, month)
    if not holds.withholds:
        return 0
    return sum(each.tax.withheld_fen for each in _taxed(session, lines, holds, month, kept_back))


def refused(session: Session, lines: Lines) -> Sequence[str]:
    """The agents of the lines whom the tables of residents do not fit, or of whom we do not know it."""
    line = lines.subquery("line").c
    return session.scalars(sa.select(line.agent_id).distinct().where(~resident(line.agent_id))).all()


def resident(agent_id: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[bool]:
    """Whether the tables of residents fit the agent, for all we know."""
    known = sa.select(TaxResidency.agent_id).where(TaxResidency.resident)
    return agent_id.in_(known)


def records() -> sa.FromClause:
    """The tax records, for a query that joins them itself; a line has one that reverses none."""
    return sa.alias(TaxRecord.__table__, "taxed")


def withheld_of(line_id: sa.SQLColumnExpression[Any]) -> sa.ScalarSelect[Any]:
    """What the record of a payout line took from it, whether or not it came back; NULL before its export."""
    record = sa.alias(TaxRecord.__table__).c
    query = sa.select(record.withheld_fen).where(record.line_id == line_id, record.reverses_id.is_(None))
    return query.scalar_subquery()


def records_of(session: Session, line_ids: Sequence[str]) -> dict[str, TaxRecord]:
    """The record of each of the lines that has one that stands."""
    back = sa.alias(TaxRecord.__table__).c
    query = sa.select(TaxRecord).where(
        TaxRecord.line_id.in_(line_ids),
        TaxRecord.reverses_id.is_(None),
        ~sa.exists().where(back.reverses_id == TaxRecord.id),
    )
    return {record.line_id: record for record in session.scalars(query)}


def used_from(session: Session, month: dt.date) -> bool:
    """Whether anything was exported for this month or a later one."""
    query = sa.select(sa.exists().where(TaxRecord.month >= month))
    return bool(session.execute(query).scalar_one())


def unfiled(session: Session, agent_id: str) -> bool:
    """Whether tax was reckoned for the agent in a month whose return was never made."""
    filed = sa.exists().where(TaxFiling.kind == "withholding", TaxFiling.first_day == TaxRecord.month)
    owing = sa.exists().where(TaxRecord.agent_id == agent_id, TaxRecord.policy != "none", ~filed)
    return bool(session.execute(sa.select(owing)).scalar_one())


def later_than(session: Session, lines: Lines, holds: InForce, month: dt.date) -> int:
    """How many agents of the lines were already paid in a later month of the year, which this would upset."""
    if holds.policy != "platform_2025":
        return 0
    line, record = lines.subquery("line").c, TaxRecord.__table__.c
    back = sa.alias(TaxRecord.__table__).c
    later = sa.exists().where(
        record.agent_id == line.agent_id,
        record.month > month,
        record.month < dt.date(month.year + 1, 1, 1),
        record.reverses_id.is_(None),
        ~sa.exists().where(back.reverses_id == record.id),
    )
    query = sa.select(sa.func.count(sa.distinct(line.agent_id))).where(later)
    return session.execute(query).scalar_one()


def _past(
    session: Session, agent_ids: Sequence[str], holds: InForce, month: dt.date
) -> Mapping[str, list[Month]]:
    """Each agent's months of the year under the same policy and payer, the oldest first."""
    record = TaxRecord.__table__.c
    first = month if holds.policy == "labour_2018" else dt.date(month.year, 1, 1)
    query = (
        sa.select(
            record.agent_id, record.month, sa.func.sum(record.gross_fen), sa.func.sum(record.withheld_fen)
        )
        .where(
            record.agent_id.in_(agent_ids),
            record.month.between(first, month),
            record.policy == holds.policy,
            record.payer_code == holds.payer_code,
        )
        .group_by(record.agent_id, record.month)
        .order_by(record.agent_id, record.month)
    )
    found: dict[str, list[Month]] = defaultdict(list)
    for agent_id, at, income, withheld in session.execute(query):
        found[agent_id].append(Month(at, int(income), int(withheld)))
    return found


def _kept(
    session: Session,
    holds: InForce,
    month: dt.date,
    past: Mapping[str, list[Month]],
    kept_back: KeptBack,
) -> Mapping[str, set[dt.date]]:
    """Asked only for those agents in whose year a month is missing, and only where a gap matters."""
    if holds.gap != "reset":
        return {}
    missing = [agent_id for agent_id, months in past.items() if gaps(month, months)]
    return kept_back(session, missing) if missing else {}


def _taxed(
    session: Session, lines: Lines, holds: InForce, month: dt.date, kept_back: KeptBack
) -> Iterator[Taxed]:
    """Agent by agent, with the year of so many of them in memory at once."""
    line = lines.subquery("line").c
    query = sa.select(line.agent_id, line.line_id, line.amount_fen).order_by(line.agent_id, line.line_id)
    rows = session.execute(query.execution_options(yield_per=AT_ONCE))
    each_agent = ((id, list(group)) for id, group in groupby(rows, key=lambda row: row[0]))
    for some in batched(each_agent, AT_ONCE):
        past = _past(session, [id for id, _ in some], holds, month)
        kept = _kept(session, holds, month, past, kept_back)
        for agent_id, group in some:
            months = list(past.get(agent_id, ()))
            for _agent_id, line_id, fen in group:
                tax = withhold(holds.policy, holds.gap, month, fen, months, kept.get(agent_id, ()))
                yield Taxed(line_id, agent_id, tax)
                months = _with(months, tax)


def _with(months: list[Month], tax: Withholding) -> list[Month]:
    """The months after one more payment."""
    same = [each for each in months if each.first == tax.month]
    income = sum(each.income_fen for each in same) + tax.gross_fen
    withheld = sum(each.withheld_fen for each in same) + tax.withheld_fen
    others = [each for each in months if each.first != tax.month]
    return [*others, Month(tax.month, income, withheld)]
