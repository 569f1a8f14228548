"""Little ledgers: agents with payees, turns that pay, other postings, and what the books then say."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import db, transaction
from gig.core.ids import new_id
from gig.payouts.disbursement.models import Payee
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger import accounts, journal
from gig.payouts.ledger.audit import checks
from gig.payouts.ledger.journal import Entry
from gig.payouts.rates import queries as rates
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.settlement.operations.approving import approve_period
from gig.payouts.settlement.operations.closing import close_due
from gig.payouts.settlement.operations.periods import posting_period
from tests import builders

WEDNESDAY = builders.NOON
"""In the week from Monday 2026-11-16 to Sunday 2026-11-22, Shanghai."""

WEEK = "week-2026-11-16"
MONDAY_AFTER = dt.datetime(2026, 11, 22, 16, 0, tzinfo=dt.UTC)
"""The instant at which that week ends."""

CLOSING_TIME = MONDAY_AFTER + dt.timedelta(minutes=10)
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
HOUR, DAY, WEEKS = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(days=7)

_numbers = itertools.count(1)


def agent(*, payee: bool = True, name: str = "林可", stage: str = "active") -> str:
    """An agent, verified unless an applicant, with a bank card named long ago unless told."""
    id = builders.agent(stage=stage, presence="offline", skills=(), name=name)
    if payee:
        name_payee(id, holder=name)
    return id


def name_payee(
    agent_id: str, *, holder: str = "林可", at: dt.datetime = LONG_AGO, first: bool = True
) -> None:
    account = f"6222021234567{next(_numbers):06d}"
    with transaction() as session:
        session.add(
            Payee(
                agent_id=agent_id,
                kind="bank",
                holder=holder,
                account=account,
                account_index=account,
                account_mask=f"6222 **** {account[-4:]}",
                bank_name="工商银行",
                first=first,
                changed_at=at,
            )
        )
        session.flush()


def earn(
    agent_id: str,
    gross: int,
    *,
    base: int | None = None,
    penalty: int = 0,
    at: dt.datetime = WEDNESDAY,
    inquiry_id: str | None = None,
) -> str:
    """One answered turn, priced and posted as a reply does it; base is as much of the gross as it can be."""
    base = base or (max(50, min(gross, 400)) if gross else 100)
    id = new_id()
    with transaction() as session:
        period_id, late_for = posting_period(session, at, at)
        card_id, _card = rates.card_in_force(session, at)
        session.add(
            Earning(
                id=id,
                turn_id=new_id(),
                inquiry_id=inquiry_id or new_id(),
                agent_id=agent_id,
                period_id=period_id,
                queue="refund",
                issue_type="general",
                tier="bronze",
                card_id=card_id,
                base_fen=base,
                multiplier_percent=gross * 100 // base if gross else 100,
                band=None,
                gross_fen=gross,
                late_percent=20 if penalty else 0,
                penalty_fen=penalty,
                pay_fen=gross - penalty,
                capped=gross == 0,
                on_time=penalty == 0,
                clock_started_at=at,
                received_at=at,
                latency_us=30_000_000,
                why="",
            )
        )
        entries = [journal.earning(id, agent_id, gross, "")] if gross else []
        entries += [journal.penalty(id, agent_id, penalty, "")] if penalty else []
        journal.post(session, entries, period_id=period_id, late_for_period_id=late_for, now=at)
    return id


def post(agent_id: str, kind: str, fen: int, *, at: dt.datetime = WEDNESDAY) -> str:
    """An adjustment, award or triage fee; a negative one is taken back from the agent."""
    expense = {"adjustment": accounts.ADJUSTMENT, "award": accounts.AWARD, "triage": accounts.TRIAGE}[kind]
    due = accounts.payable(agent_id)
    entry = Entry(f"{kind}:{new_id()}", kind, expense, due, abs(fen), agent_id)
    if fen < 0:
        entry = replace(entry, debit=due, credit=expense)
    with transaction() as session:
        period_id, late_for = posting_period(session, at, at)
        journal.post(session, [entry], period_id=period_id, late_for_period_id=late_for, now=at)
    return entry.source_key


def close(at: dt.datetime = CLOSING_TIME) -> list[str]:
    return close_due(now=at)


def approve(period_id: str = WEEK, *, by: str = "checker", at: dt.datetime = CLOSING_TIME) -> None:
    approve_period(period_id=period_id, actor_id=by, now=at)


def statement(session: Session, agent_id: str, period_id: str = WEEK) -> Statement:
    session.rollback()
    query = sa.select(Statement).where(
        Statement.agent_id == agent_id, Statement.period_id == period_id, Statement.voided_at.is_(None)
    )
    return session.scalars(query).one()


def state(session: Session, period_id: str = WEEK) -> str:
    session.rollback()
    return session.scalars(sa.select(Period.state).where(Period.id == period_id)).one()


def faults(session: Session | None = None) -> list[str]:
    """What the checks of payouts find wrong; empty is good. The turns of these books are invented."""
    session = session or db.session()
    session.rollback()
    return [
        f"{check.claim}: {difference.subject} {difference.expected} {difference.found}"
        for check in checks
        if check.run.__module__.startswith("gig.payouts")
        for difference in check.run(session)
    ]


class Crash(BaseException):
    """The process is gone: nothing behind this point happens, and nothing uncommitted stays."""


@contextmanager
def crashing(steps: int) -> Iterator[None]:
    """The work inside dies as it is about to commit for the time number `steps`; nothing says so."""
    left = [steps]

    def die(_session: object) -> None:
        left[0] -= 1
        if not left[0]:
            raise Crash

    sa.event.listen(db.session, "before_commit", die)
    try:
        yield
    except Crash:
        db.session.rollback()
    finally:
        sa.event.remove(db.session, "before_commit", die)
