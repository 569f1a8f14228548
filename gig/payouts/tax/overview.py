"""What finance's page of tax shows: choices, months and quarters with their files, people left open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.identity.models import Agent, Person
from gig.payouts.tax import values
from gig.payouts.tax.models import TaxChoice, TaxFiling, TaxRecord, TaxResidency
from gig.payouts.tax.operations.filings import MONTHS, name_of
from gig.payouts.tax.operations.residency import documents_of
from gig.payouts.tax.rules import vat

MONTHS_SHOWN = 24
CHOICES_SHOWN = 20
PEOPLE_SHOWN = 100
VAT_NEAR_PERCENT = 80


@dataclass(frozen=True)
class SpanRow:
    """A month or quarter in which somebody was paid, and the newest file over it."""

    kind: str
    first_day: dt.date
    over: bool
    people: int
    income_fen: int
    withheld_fen: int
    filings: Sequence[TaxFiling]
    files: Sequence[str]
    stale: bool
    """Something changed since the newest file."""
    needed: bool
    """There is something to file: a month without withholding has no return."""


@dataclass(frozen=True)
class OpenPerson:
    """A worker whose permit does not say whether they are a resident; without any document (`known`) nobody
    can say it before they are verified again."""

    agent_id: str
    name: str
    resident: bool
    reason: str | None
    changed_at: dt.datetime | None
    known: bool = True


def choices(session: Session) -> Sequence[TaxChoice]:
    """The newest first."""
    query = sa.select(TaxChoice).order_by(TaxChoice.proposed_at.desc(), TaxChoice.id.desc())
    return session.scalars(query.limit(CHOICES_SHOWN)).all()


def spans(session: Session, today: dt.date) -> list[SpanRow]:
    """Months with their returns, then quarters with their reports, the newest first of each."""
    since = dt.date(today.year - MONTHS_SHOWN // 12, 1, 1)
    months, paid = _months(session, since), _paid_people(session, since)
    filings: dict[tuple[str, dt.date], list[TaxFiling]] = {}
    for filing in session.scalars(sa.select(TaxFiling).order_by(TaxFiling.number.desc())):
        filings.setdefault((filing.kind, filing.first_day), []).append(filing)
    rows = []
    for kind in ("withholding", "platform"):
        for first_day, (taxed, income, withheld, newest, bore) in _grouped(months, MONTHS[kind]).items():
            people = taxed if kind == "withholding" else paid.get(first_day, 0)
            made = filings.get((kind, first_day), [])
            if not people and not made:
                continue
            rows.append(
                SpanRow(
                    kind=kind,
                    first_day=first_day,
                    over=_next(first_day, MONTHS[kind]) <= today,
                    people=people,
                    income_fen=income,
                    withheld_fen=withheld,
                    filings=made,
                    files=[name_of(filing) for filing in made],
                    stale=bool(made) and made[0].up_to_record < newest,
                    needed=bore or kind == "platform",
                )
            )
    return rows


def open_people(session: Session, *, asked: str = "") -> list[OpenPerson]:
    """Those whom a resident permit leaves open, undecided ones first; before them the one who is asked for,
    of whom perhaps nothing is written yet."""
    query = (
        sa.select(
            TaxResidency.agent_id,
            Person.name,
            TaxResidency.resident,
            TaxResidency.reason,
            TaxResidency.changed_at,
        )
        .join(Person, Person.id == TaxResidency.agent_id)
        .where(TaxResidency.document == "permit")
        .order_by(TaxResidency.stated_by.is_not(None), TaxResidency.changed_at.desc())
    )
    listed = [OpenPerson(*row) for row in session.execute(query.limit(PEOPLE_SHOWN))]
    first = session.execute(query.where(TaxResidency.agent_id == asked)).first() if asked else None
    of_asked = [OpenPerson(*first)] if first else _unwritten(session, asked)
    return [*of_asked, *(each for each in listed if each.agent_id != asked)]


def _unwritten(session: Session, agent_id: str) -> list[OpenPerson]:
    """The agent, if nothing is written of their residency and their document does not say it."""
    person = session.get(Person, agent_id) if session.get(Agent, agent_id) else None
    if person is None or session.get(TaxResidency, agent_id) is not None:
        return []
    document = documents_of(session, [agent_id]).get(agent_id)
    if document is not None and document.kind == "resident_id":
        return []
    return [OpenPerson(agent_id, person.name, False, None, None, known=document is not None)]


@dataclass(frozen=True)
class LargeMonth:
    """A worker to whom so much was paid in a month that VAT is near or due."""

    agent_id: str
    name: str
    month: dt.date
    fen: int

    @property
    def over(self) -> bool:
        """Beyond the relief: the whole month is taxable, not only what is above it."""
        return vat.is_due(self.fen)

    @property
    def vat_fen(self) -> int:
        return vat.vat_fen(self.fen)


def large_months(session: Session, today: dt.date) -> list[LargeMonth]:
    """Who was paid nearly as much as is free of VAT, or more, this month or in one of the two before it.

    We withhold no VAT: the page says what it would be and asks a person to look.
    """
    month = today.replace(day=1)
    since = (month - dt.timedelta(days=40)).replace(day=1)
    paid = sa.func.sum(TaxRecord.gross_fen)
    query = (
        sa.select(TaxRecord.agent_id, Person.name, TaxRecord.month, paid)
        .join(Person, Person.id == TaxRecord.agent_id)
        .where(TaxRecord.month >= since)
        .group_by(TaxRecord.agent_id, Person.name, TaxRecord.month)
        .having(paid >= vat.RELIEF_FEN * VAT_NEAR_PERCENT // 100)
        .order_by(TaxRecord.month.desc(), paid.desc())
        .limit(PEOPLE_SHOWN)
    )
    return [LargeMonth(id, name, at, int(fen)) for id, name, at, fen in session.execute(query)]


Figures = tuple[int, int, int, int, bool]
"""(people, income, withheld, newest record, whether a policy withheld)"""


def _months(session: Session, since: dt.date) -> dict[dt.date, Figures]:
    """People are those of whom something is left in the month: not whose only payment came back."""
    month, gross, withheld = TaxRecord.month, sa.func.sum(TaxRecord.gross_fen), TaxRecord.withheld_fen
    each = (
        sa.select(month, gross.label("gross"), sa.func.sum(withheld).label("withheld"))
        .add_columns(sa.func.max(TaxRecord.id).label("newest"))
        .add_columns(sa.func.max(sa.case((TaxRecord.policy != "none", 1), else_=0)).label("bore"))
        .where(month >= since)
        .group_by(month, TaxRecord.agent_id)
        .subquery()
    )
    left = sa.or_(each.c.gross != 0, each.c.withheld != 0)
    query = (
        sa.select(
            each.c.month,
            sa.func.count(sa.case((left, 1))),
            sa.func.sum(each.c.gross),
            sa.func.sum(each.c.withheld),
            sa.func.max(each.c.newest),
            sa.func.max(each.c.bore),
        )
        .group_by(each.c.month)
        .order_by(each.c.month.desc())
    )
    return {
        month: (people, int(income), int(withheld), newest, bool(bore))
        for month, people, income, withheld, newest, bore in session.execute(query)
    }


def _paid_people(session: Session, since: dt.date) -> dict[dt.date, int]:
    """How many the report of each quarter names, by its first day: everybody whom the bank paid in it."""
    of_month = sa.cast(sa.extract("month", TaxRecord.month), sa.Integer())
    year, quarter = sa.cast(sa.extract("year", TaxRecord.month), sa.Integer()), (of_month - 1) // 3
    query = (
        sa.select(year, quarter, sa.func.count(sa.distinct(TaxRecord.agent_id)))
        .where(
            TaxRecord.month >= since,
            *(TaxRecord.line_id.not_in(never_paid()) for never_paid in values.failed),
        )
        .group_by(year, quarter)
    )
    return {dt.date(of, which * 3 + 1, 1): people for of, which, people in session.execute(query)}


def _grouped(months: dict[dt.date, Figures], size: int) -> dict[dt.date, Figures]:
    """The months as spans of so many; the people of several months are not to be added up."""
    found: dict[dt.date, Figures] = {}
    for month, (people, income, withheld, newest, bore) in months.items():
        first = month.replace(month=month.month - (month.month - 1) % size)
        before = found.get(first, (0, 0, 0, 0, False))
        sums = before[1] + income, before[2] + withheld
        found[first] = (max(before[0], people), *sums, max(before[3], newest), before[4] or bore)
    return found


def _next(first_day: dt.date, months: int) -> dt.date:
    number = first_day.year * 12 + first_day.month - 1 + months
    return dt.date(number // 12, number % 12 + 1, 1)
