"""Reading an account in full: for finance, with a reason, and on record."""

from __future__ import annotations

import datetime as dt

from gig.core import audit
from gig.core.db import transaction
from gig.core.errors import Invalid, NotFound
from gig.core.text import N_
from gig.payouts.disbursement.models import Payee

LONGEST_REASON = 200


def reveal_payee(*, payee_id: int, reason: str, actor_id: str, now: dt.datetime) -> tuple[str, str]:
    """(holder, account) of a payee in full; who saw it and why is in the log."""
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid({"reason": [N_("查看完整账号要写明理由。")]})
    with transaction() as session:
        payee = session.get(Payee, payee_id, populate_existing=True)
        if payee is None:
            raise NotFound()
        audit.note(
            session,
            actor_id=actor_id,
            action="payee.reveal",
            object_type="agent",
            object_id=payee.agent_id,
            reason=reason,
            detail={"payee": payee.id, "account": payee.account_mask},
            now=now,
        )
        return payee.holder, payee.account
