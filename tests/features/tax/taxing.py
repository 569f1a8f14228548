"""Little tax years: a policy that holds, agents with documents, months in which they are paid."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.businesstime import business_zone
from gig.core.crypto import keyring
from gig.core.db import db, transaction
from gig.core.ids import new_id
from gig.onboarding.models import Application
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.disbursement.operations.batches import approve_batch, create_batch
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.disbursement.results.operations import import_results
from gig.payouts.ledger import accounts
from gig.payouts.settlement.operations.approving import approve_period
from gig.payouts.settlement.operations.closing import close_due
from gig.payouts.settlement.operations.periods import ensure_period
from gig.payouts.tax.models import TaxRecord
from gig.payouts.tax.operations import choices
from gig.payouts.tax.queries import withheld_of
from tests.features.disbursement import payday
from tests.features.settlement import books

ZONE = business_zone("Asia/Shanghai")
PAYER = "91310000MA1K000000"
RESIDENT, PERMIT = "11010519491231002X", "810000199408230021"


def at(day: dt.date, hour: int = 10) -> dt.datetime:
    return ZONE.start_of_day(day) + dt.timedelta(hours=hour)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def choose(
    policy: str = "platform_2025",
    *,
    gap: str | None = "reset",
    month: str = "2026-11-01",
    now: dt.datetime = books.LONG_AGO,
) -> str:
    """The policy holds from the month on: one proposed it, another confirmed it."""
    choice_id = choices.propose_choice(
        policy=policy,
        gap=gap,
        from_month=day(month),
        payer_name="应声科技有限公司",
        payer_code=PAYER,
        reason="会计的意见",
        actor_id="maker",
        now=now,
    )
    choices.confirm_choice(choice_id=choice_id, actor_id="checker", now=now)
    return choice_id


def agent(name: str = "林可", *, number: str | None = RESIDENT) -> str:
    """An agent with a payee, verified by the document unless told that there is none we know."""
    id = books.agent(name=name)
    if number is not None:
        show_document(id, name, number)
    return id


def show_document(agent_id: str, name: str, number: str) -> None:
    """The agent was verified by this document."""
    with transaction() as session:
        session.add(
            Application(
                id=new_id(),
                person_id=agent_id,
                state="approved",
                legal_name=name,
                id_number=number,
                id_index=keyring().index(agent_id, "application.id_number"),
                consent_version="1",
                consented_at=books.LONG_AGO,
                created_at=books.LONG_AGO,
                submitted_at=books.LONG_AGO,
                decided_at=books.LONG_AGO,
                decided_by=_reviewer(),
            )
        )
        session.flush()


def _reviewer() -> str:
    from tests import builders

    return builders.person(roles="reviewer", name="审核")


def owe(amounts: dict[str, int], on: dt.date) -> str:
    """The agents are owed so much by an approved period that has ended by the day; its id."""
    earned_on = at(on - dt.timedelta(days=8))
    for agent_id, fen in amounts.items():
        books.post(agent_id, "adjustment", fen, at=earned_on)
    with transaction() as session:
        period_id = ensure_period(session, earned_on).id
    close_due(now=at(on, 1))
    approve_period(period_id=period_id, actor_id="checker", now=at(on, 2))
    return period_id


def export(period_id: str, on: dt.date, *, payment: dt.date | None = None) -> str:
    """A batch of what the period may pay leaves on the day; its id."""
    batch_id = create_batch(period_id=period_id, payment_date=payment or on, actor_id="maker", now=at(on, 9))
    approve_batch(batch_id=batch_id, actor_id="checker", now=at(on, 9))
    export_batch(batch_id=batch_id, actor_id="maker", now=at(on))
    return batch_id


def pay(amounts: dict[str, int], on: str) -> str:
    """The agents are owed and paid so much in the month of the day; the period."""
    period_id = owe(amounts, day(on))
    export(period_id, day(on))
    return period_id


def come_back(period_id: str, agent_id: str, on: str, *, cause: str = "failed") -> str:
    """The bank did not deliver the agent's line of the period, or sent it back after it had; the line."""
    session = db.session()
    session.rollback()
    line = session.scalars(
        sa.select(PayoutLine)
        .where(
            PayoutLine.period_id == period_id,
            PayoutLine.agent_id == agent_id,
            PayoutLine.state == "in_transit",
        )
        .execution_options(populate_existing=True)
    ).one()
    fen = line.amount_fen - session.execute(sa.select(withheld_of(sa.literal(line.id)))).scalar_one()
    line_id, batch_id, now = line.id, str(line.batch_id), at(day(on), 15)
    said = payday.row(line, "失败", "超限额", amount=f"{fen // 100}.{fen % 100:02d}")
    paid = payday.row(line, amount=f"{fen // 100}.{fen % 100:02d}")
    session.rollback()
    for row in [paid, said] if cause == "returned" else [said]:
        import_results(
            batch_id=batch_id,
            name="result.csv",
            content=payday.as_csv(row),
            mapping=None,
            skip="",
            actor_id="maker",
            now=now,
        )
    return line_id


def records(session: Session, agent_id: str) -> list[TaxRecord]:
    session.rollback()
    query = sa.select(TaxRecord).where(TaxRecord.agent_id == agent_id).order_by(TaxRecord.id)
    return list(session.scalars(query))


def withheld(agent_id: str) -> list[int]:
    """What each payment bore, and negative what came back, in order."""
    return [record.withheld_fen for record in records(db.session(), agent_id)]


def in_account(session: Session) -> int:
    """What the book owes the tax office."""
    from gig.payouts.ledger.queries import balances

    session.rollback()
    return -sum(each.fen for each in balances(session) if each.account == accounts.TAX_WITHHELD)
