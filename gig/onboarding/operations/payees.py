"""The agent's own account for payouts."""

from __future__ import annotations

import datetime as dt

from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.core.text import N_
from gig.identity.operations.confirmation import confirm_password
from gig.onboarding.queries import verified_name
from gig.onboarding.rules.legal_name import same_name
from gig.onboarding.values import PAYEE_CONSENT_VERSION
from gig.payouts.disbursement.models import Payee
from gig.payouts.disbursement.operations.payees import set_payee


def set_own_payee(
    *,
    person_id: str,
    password: str,
    kind: str,
    holder: str,
    account: str,
    bank_name: str,
    confirmed: bool,
    consent: bool,
    address: str,
    now: dt.datetime,
) -> Payee:
    """The agent's payouts go to an account in their own verified name; they gave their password again."""
    name = verified_name(db.session(), person_id)
    if name is None:
        raise Refused("unverified", N_("实名通过后才能填收款账户。"))
    errors: dict[str, list[str]] = {}
    if kind not in ("bank", "alipay"):
        errors["kind"] = [N_("请选银行卡或支付宝。")]
    if not same_name(holder, name):
        errors["holder"] = [N_("户名要和实名一致，只能付给你本人。")]
    if not consent:
        errors["consent"] = [N_("需要你单独同意，我们才能保存收款账户。")]
    if errors:
        raise Invalid(errors)
    confirm_password(person_id=person_id, password=password, address=address, now=now)
    return set_payee(
        agent_id=person_id,
        kind="bank" if kind == "bank" else "alipay",
        holder=name,
        account=account,
        bank_name=bank_name,
        confirmed=confirmed,
        consent=PAYEE_CONSENT_VERSION,
        actor_id=person_id,
        now=now,
    )
