"""Batches: made by one person, approved by another, and then exported."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit
from gig.core.db import db, is_sqlite, made, rows_changed, transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.core.text import N_
from gig.core.transitions import move
from gig.identity.models import Agent
from gig.payouts.disbursement.amounts import sent_fen
from gig.payouts.disbursement.holds import changes_that_hold, hold_reason
from gig.payouts.disbursement.models import Batch, BatchFault, Payee, PayoutLine
from gig.payouts.disbursement.operations import taxing
from gig.payouts.disbursement.operations.checking import check_batch
from gig.payouts.disbursement.rules.layout import Layout
from gig.payouts.disbursement.rules.shipped import GENERIC
from gig.payouts.disbursement.sheets import templates
from gig.payouts.disbursement.states import BATCH
from gig.payouts.disbursement.values import PAYABLE_PERIODS
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.tie import tie
from gig.payouts.settlement.values import zone

_TABLE = PayoutLine.__table__.c


def create_batch(
    *,
    period_id: str,
    template: str = GENERIC,
    payment_date: dt.date | None = None,
    actor_id: str,
    now: dt.datetime,
) -> str:
    """A draft batch holds every planned line of the period that may be paid, by its payee's kind of account.

    Refused while the period does not tie. Lines that must wait become held with their reason, even if nothing
    is left to pay and the batch is refused. Lines are numbered in the batch's own order, and those that the
    template cannot write are known. The answer is the batch's id.
    """
    batch_id = _create(period_id, template, payment_date, actor_id, now)
    check_batch(batch_id=batch_id, now=now)
    return batch_id


def _create(
    period_id: str, template: str, payment_date: dt.date | None, actor_id: str, now: dt.datetime
) -> str:
    today = zone().day_of(now)
    payment_date = payment_date or today
    tied = ties(period_id)
    with transaction() as session:
        chosen = templates.in_force(session, template)
        _check(chosen is not None and not chosen.retired, payment_date, today)
        assert chosen is not None
        _number_alone(session)
        period = session.get(Period, period_id, populate_existing=True, with_for_update=True)
        if period is None:
            raise NotFound()
        if period.state not in PAYABLE_PERIODS:
            raise Refused("not-approved", N_("这个周期还没有审批，不能做付款表。"))
        if not tied:
            raise Refused("does-not-tie", N_("账本、结算单和付款名单对不上，不能制单。"))
        taxed = taxing.learn(session, period_id, payment_date, now=now)
        hold_what_must_wait(session, period_id, taxed=taxed, now=now)
        batch = Batch(
            id=new_id(),
            number=_next_number(session, today),
            period_id=period_id,
            template=template,
            template_version=chosen.version,
            state="draft",
            payment_date=payment_date,
            lines=0,
            total_fen=0,
            maker_id=actor_id,
            made_at=now,
        )
        session.add(batch)
        session.flush()
        batch.lines, batch.total_fen = _take_lines(session, batch, chosen.layout)
        if batch.lines:
            session.flush()
            note(session, batch, "batch.create", actor_id, now)
            made(session, batch_id=batch.id)
        else:
            session.delete(batch)
            session.flush()
    if batch.lines:
        taxing.estimate(batch.id)
        return batch.id
    if set(chosen.layout.methods) >= {"bank", "alipay"}:
        raise Refused("nothing-to-pay", N_("这个周期现在没有可以付的款。"))
    raise Refused("nothing-to-pay", N_("这个周期现在没有可以用这个模板付的款，换一个模板试试。"))


def approve_batch(*, batch_id: str, actor_id: str, now: dt.datetime) -> None:
    """The batch may be exported. Its maker cannot approve it; approving twice changes nothing.

    Refused while there is a row that its template cannot write, or its period does not tie.
    """
    check_batch(batch_id=batch_id, now=now)
    tied = ties(db.session.get_one(Batch, batch_id).period_id)
    with transaction() as session:
        batch = _get(session, batch_id)
        if batch.state in ("approved", "exported"):
            return
        if batch.maker_id == actor_id:
            raise Refused("two-people", N_("制单的人不能审批同一批，请另一位财务来审批。"))
        if not tied:
            raise Refused("does-not-tie", N_("账本、结算单和付款名单对不上，不能审批。"))
        if count := _unwritable(session, batch_id):
            raise Refused(
                "unwritable-rows",
                N_("有 %(n)s 行写不进这个模板，批次页上列着原因。移出它们再审批，钱仍记在本人名下。"),
                n=count,
            )
        if not move(
            session,
            BATCH,
            Batch,
            batch_id,
            origin="draft",
            target="approved",
            approved_by=actor_id,
            approved_at=now,
        ):
            raise Refused("not-draft", N_("这一批已经取消，不能审批。"))
        note(session, batch, "batch.approve", actor_id, now)


def cancel_batch(*, batch_id: str, actor_id: str, now: dt.datetime) -> None:
    """The batch pays nothing and its lines are free for another; never after its export."""
    with transaction() as session:
        batch = _get(session, batch_id)
        if batch.state == "cancelled":
            return
        if batch.state == "exported" or not move(
            session, BATCH, Batch, batch_id, origin=batch.state, target="cancelled"
        ):
            raise Refused("already-exported", N_("这一批已经导出，不能取消。"))
        session.execute(
            sa.update(PayoutLine)
            .where(PayoutLine.batch_id == batch_id, PayoutLine.state == "planned")
            .values(batch_id=None, number=None)
        )
        note(session, batch, "batch.cancel", actor_id, now)


def remove_unwritable(*, batch_id: str, actor_id: str, now: dt.datetime) -> int:
    """Lines that the template cannot write are out of the draft and free for another; how many there were.

    A batch of which nothing is left is cancelled.
    """
    with transaction() as session:
        batch = _get(session, batch_id)
        if batch.state != "draft":
            raise Refused("not-draft", N_("只有待审批的批次能移出行。"))
        faulty = sa.select(BatchFault.line_id).where(BatchFault.batch_id == batch_id)
        count = rows_changed(
            session,
            sa.update(PayoutLine)
            .where(PayoutLine.batch_id == batch_id, PayoutLine.id.in_(faulty), PayoutLine.state == "planned")
            .values(batch_id=None, number=None)
            .execution_options(synchronize_session=False),
        )
        session.execute(sa.delete(BatchFault).where(BatchFault.batch_id == batch_id))
        batch.lines, batch.total_fen = _control_totals(session, batch_id)
        session.flush()
        if not batch.lines:
            move(session, BATCH, Batch, batch_id, origin="draft", target="cancelled")
        note(session, batch, "batch.remove_unwritable", actor_id, now, removed=count)
    if batch.lines:
        taxing.estimate(batch_id)
    return count


def ties(period_id: str) -> bool:
    """Whether book, statements and lines of a period agree: nothing of one that does not is paid.

    It is read before anything is locked. Nothing is posted to a period since it began to close, and whatever
    may be done to its lines since leaves their sum.
    """
    return tie(db.session(), period_id).holds


def hold_what_must_wait(session: Session, period_id: str, *, taxed: bool, now: dt.datetime) -> int:
    """Planned lines of the period, in no batch, that have a reason to wait are held with it; how many."""
    reason = hold_reason(_TABLE.agent_id, _TABLE.payee_id, changed_after=changes_that_hold(now), taxed=taxed)
    judged = (
        sa.select(PayoutLine.id, reason.label("reason"))
        .select_from(sa.outerjoin(PayoutLine, Agent, Agent.id == PayoutLine.agent_id))
        .where(
            PayoutLine.period_id == period_id, PayoutLine.state == "planned", PayoutLine.batch_id.is_(None)
        )
        .subquery()
    )
    return rows_changed(
        session,
        sa.update(PayoutLine)
        .where(PayoutLine.id == judged.c.id, judged.c.reason.is_not(None))
        .values(state="held", hold_reason=judged.c.reason)
        .execution_options(synchronize_session=False),
    )


def note(session: Session, batch: Batch, action: str, actor_id: str, now: dt.datetime, **detail: Any) -> None:
    audit.note(
        session,
        actor_id=actor_id,
        action=action,
        object_type="batch",
        object_id=batch.id,
        detail={"number": batch.number, "lines": batch.lines, "total_fen": batch.total_fen, **detail},
        now=now,
    )


def _check(known: bool, payment_date: dt.date, today: dt.date) -> None:
    errors = {}
    if not known:
        errors["template"] = [N_("没有这个付款模板，或者已经停用。")]
    if payment_date < today:
        errors["payment_date"] = [N_("付款日期不能早于今天。")]
    if errors:
        raise Invalid(errors)


def _get(session: Session, batch_id: str) -> Batch:
    """The batch, which nobody else approves, cancels, exports or takes lines out of meanwhile."""
    batch = session.get(Batch, batch_id, populate_existing=True, with_for_update=True)
    if batch is None:
        raise NotFound()
    return batch


def _unwritable(session: Session, batch_id: str) -> int:
    faulty = sa.select(sa.func.count(sa.distinct(BatchFault.line_id))).where(BatchFault.batch_id == batch_id)
    return session.scalar(faulty) or 0


def _number_alone(session: Session) -> None:
    """Others who make a batch wait for this transaction.

    It comes before any row is locked, as an export locks its batch before its period.
    """
    if not is_sqlite(session):
        session.execute(sa.text("LOCK TABLE batch IN SHARE ROW EXCLUSIVE MODE"))


def _next_number(session: Session, day: dt.date) -> str:
    """The next `PB20261123-0001` of the day."""
    prefix = f"PB{day:%Y%m%d}-"
    last = session.scalar(sa.select(sa.func.max(Batch.number)).where(Batch.number.startswith(prefix)))
    return f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:04d}"


def _take_lines(session: Session, batch: Batch, layout: Layout) -> tuple[int, int]:
    payable = sa.select(Payee.id).where(Payee.kind.in_(layout.methods))
    free = (
        PayoutLine.period_id == batch.period_id,
        PayoutLine.state == "planned",
        PayoutLine.batch_id.is_(None),
        PayoutLine.payee_id.in_(payable),
    )
    place = sa.func.row_number().over(order_by=PayoutLine.id)
    text = sa.cast(place, sa.Text)
    padded = sa.func.substr(sa.literal("000000") + text, sa.func.length(text) + 1)
    numbered = sa.select(PayoutLine.id, padded.label("place")).where(*free).subquery()
    session.execute(
        sa.update(PayoutLine)
        .where(PayoutLine.id == numbered.c.id, *free)
        .values(batch_id=batch.id, number=sa.literal(batch.number + "-") + numbered.c.place)
        .execution_options(synchronize_session=False)
    )
    return _control_totals(session, batch.id)


def _control_totals(session: Session, batch_id: str) -> tuple[int, int]:
    """How many lines the batch holds, and their sum."""
    count, total = session.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sent_fen()), 0)).where(
            PayoutLine.batch_id == batch_id
        )
    ).one()
    return int(count), int(total)
