"""What people decide about a closed period."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from gig.core import audit
from gig.core.db import transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.text import N_
from gig.core.transitions import move
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.settlement.operations.closing import tell
from gig.payouts.settlement.states import PERIOD
from gig.payouts.settlement.tie import tie


def approve_period(*, period_id: str, actor_id: str, now: dt.datetime) -> None:
    """The period may be paid. The approver is not who closed it by hand; approving twice changes nothing."""
    with transaction() as session:
        period = session.get(Period, period_id, populate_existing=True)
        if period is None:
            raise NotFound()
        if period.state in ("approved", "exported", "settled"):
            return
        if period.closed_by == actor_id:
            raise Refused("two-people", N_("关账的人不能审批同一个周期，请另一位财务来审批。"))
        if period.state != "closed":
            raise Refused("not-closed", N_("这个周期还没有关账，不能审批。"))
        if not tie(session, period_id).holds:
            raise Refused("does-not-tie", N_("账本、结算单和付款名单对不上，不能审批。"))
        approved = move(
            session,
            PERIOD,
            Period,
            period_id,
            origin="closed",
            target="approved",
            approved_at=now,
            approved_by=actor_id,
        )
        if not approved:
            raise Refused("not-closed", N_("这个周期还没有关账，不能审批。"))
        audit.note(
            session,
            actor_id=actor_id,
            action="period.approve",
            object_type="period",
            object_id=period_id,
            now=now,
        )
        tell(session, period_id, "approved", now=now)


def reopen_period(*, period_id: str, reason: str, actor_id: str, now: dt.datetime) -> None:
    """The latest closed period is open again; its statements and lines are void, and kept."""
    reason = reason.strip()
    if not reason:
        raise Invalid({"reason": [N_("写明为什么要反关账。")]})
    with transaction() as session:
        period = session.get(Period, period_id, populate_existing=True)
        if period is None:
            raise NotFound()
        if period.state != "closed":
            raise Refused("not-closed", N_("只有已关账、还没有审批的周期能反关账。"))
        if not move(
            session, PERIOD, Period, period_id, origin="closed", target="open", closed_at=None, closed_by=None
        ):
            raise Refused("not-closed", N_("只有已关账、还没有审批的周期能反关账。"))
        later = sa.select(Period.id).where(Period.starts_at > period.starts_at, Period.state != "open")
        if session.execute(later.limit(1)).first():
            raise Refused("later-period-closed", N_("只有最近关账的周期能反关账。"))
        session.execute(
            sa.update(PayoutLine)
            .where(PayoutLine.period_id == period_id, PayoutLine.state.in_(("planned", "held")))
            .values(state="voided", hold_reason=None)
        )
        session.execute(
            sa.update(Statement)
            .where(Statement.period_id == period_id, Statement.voided_at.is_(None))
            .values(voided_at=now)
        )
        audit.note(
            session,
            actor_id=actor_id,
            action="period.reopen",
            object_type="period",
            object_id=period_id,
            reason=reason,
            now=now,
        )
        tell(session, period_id, "open", now=now)
