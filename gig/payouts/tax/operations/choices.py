"""Choosing the policy: one person of finance proposes, another confirms."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gig.core import audit
from gig.core.db import one_at_a_time, transaction
from gig.core.errors import Errors, Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.core.text import N_
from gig.core.transitions import move
from gig.payouts.tax import queries
from gig.payouts.tax.models import TaxChoice
from gig.payouts.tax.rules.withholding import GAPS, POLICIES, first_of, version
from gig.payouts.tax.states import CHOICE
from gig.payouts.tax.values import LOCK, zone

REASON_MOST = 200
MONTHS_AHEAD = 24
CODE = re.compile(r"[0-9A-Z]{15,20}")


def propose_choice(
    *,
    policy: str,
    gap: str | None,
    from_month: dt.date,
    payer_name: str,
    payer_code: str,
    reason: str,
    actor_id: str,
    now: dt.datetime,
) -> str:
    """A policy waits for a second person; its id. One waits at a time.

    Refused for a month of which something was exported already, this one or a later one.
    """
    gap = gap if policy == "platform_2025" else None
    payer_name, payer_code, reason = payer_name.strip(), payer_code.strip().upper(), reason.strip()
    from_month = first_of(from_month)
    faults = _faults(policy, gap, from_month, payer_name, payer_code, reason, first_of(zone().day_of(now)))
    if faults:
        raise Invalid(faults)
    try:
        with transaction() as session:
            _refuse_a_used_month(session, from_month)
            choice = TaxChoice(
                id=new_id(),
                state="proposed",
                policy=policy,
                gap=gap,
                from_month=from_month,
                payer_name=payer_name,
                payer_code=payer_code,
                reason=reason,
                proposed_by=actor_id,
                proposed_at=now,
            )
            session.add(choice)
            session.flush()
            _note(session, choice, "tax.choice.propose", actor_id, now, reason=reason)
            return choice.id
    except IntegrityError as error:
        raise Refused("choice-waiting", N_("已有一项个税办法在等复核，先复核或撤回它。")) from error


def confirm_choice(*, choice_id: str, actor_id: str, now: dt.datetime) -> None:
    """The policy holds from its month on. Who proposed it cannot; confirming twice changes nothing."""
    with transaction() as session:
        choice = _get(session, choice_id)
        if choice.state == "confirmed":
            return
        if choice.proposed_by == actor_id:
            raise Refused("two-people", N_("提出的人不能复核同一项，请另一位财务来复核。"))
        if choice.from_month < first_of(zone().day_of(now)):
            raise Refused("month-over", N_("生效月份已经过去，请撤回后重新提出。"))
        _refuse_a_used_month(session, choice.from_month)
        _decide(session, choice, "confirmed", actor_id, now)
        _note(session, choice, "tax.choice.confirm", actor_id, now)


def withdraw_choice(*, choice_id: str, actor_id: str, now: dt.datetime) -> None:
    """The proposal is off the table, and kept."""
    with transaction() as session:
        choice = _get(session, choice_id)
        if choice.state == "withdrawn":
            return
        _decide(session, choice, "withdrawn", actor_id, now)
        _note(session, choice, "tax.choice.withdraw", actor_id, now)


def _faults(
    policy: str,
    gap: str | None,
    from_month: dt.date,
    payer_name: str,
    payer_code: str,
    reason: str,
    this_month: dt.date,
) -> Errors:
    faults: Errors = {}
    if policy not in POLICIES:
        faults["policy"] = [N_("请选一种个税办法。")]
    if policy == "platform_2025" and gap not in GAPS:
        faults["gap"] = [N_("请选中断的月份怎么算。")]
    ahead = (from_month.year - this_month.year) * 12 + from_month.month - this_month.month
    if ahead < 0:
        faults["from_month"] = [N_("生效月份不能早于本月。")]
    elif ahead > MONTHS_AHEAD:
        faults["from_month"] = [N_("生效月份最多两年以后。")]
    elif policy in POLICIES and not _has_table(policy, from_month):
        faults["from_month"] = [N_("这个办法那时还没有施行。")]
    if policy in POLICIES and policy != "none":
        if not 2 <= len(payer_name) <= 100:
            faults["payer_name"] = [N_("写明扣缴义务人的全称。")]
        if not CODE.fullmatch(payer_code):
            faults["payer_code"] = [N_("纳税人识别号是 15 到 20 位数字或大写字母。")]
    if not reason or len(reason) > REASON_MOST:
        faults["reason"] = [N_("写明原因，最多 200 个字。")]
    return faults


def _has_table(policy: Any, month: dt.date) -> bool:
    try:
        version(policy, month)
    except LookupError:
        return False
    return True


def _refuse_a_used_month(session: Session, month: dt.date) -> None:
    """Exports wait until this transaction has ended, so none slips in between."""
    one_at_a_time(session, LOCK)
    if queries.used_from(session, month):
        raise Refused("month-used", N_("这个月或以后的月份已经导出过付款，换办法要从还没有付款的月份开始。"))


def _get(session: Session, choice_id: str) -> TaxChoice:
    choice = session.scalars(
        sa.select(TaxChoice).where(TaxChoice.id == choice_id).execution_options(populate_existing=True)
    ).one_or_none()
    if choice is None:
        raise NotFound
    return choice


def _decide(session: Session, choice: TaxChoice, target: str, actor_id: str, now: dt.datetime) -> None:
    decided = {"decided_by": actor_id, "decided_at": now}
    if not move(session, CHOICE, TaxChoice, choice.id, origin="proposed", target=target, **decided):
        raise Refused("decided", N_("这一项已经有结果了。"))


def _note(
    session: Session,
    choice: TaxChoice,
    action: str,
    actor_id: str,
    now: dt.datetime,
    reason: str | None = None,
) -> None:
    audit.note(
        session,
        actor_id=actor_id,
        action=action,
        object_type="tax_choice",
        object_id=choice.id,
        reason=reason,
        detail={
            "policy": choice.policy,
            "gap": choice.gap,
            "from_month": choice.from_month.isoformat(),
            "payer": choice.payer_code,
        },
        now=now,
    )
