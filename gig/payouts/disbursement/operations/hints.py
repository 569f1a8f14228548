"""The table that guesses a bank from a card's first digits: ours, as people of the house correct it."""

from __future__ import annotations

import datetime as dt
import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit
from gig.core.db import one_at_a_time, transaction
from gig.core.errors import Errors, Invalid
from gig.core.text import N_
from gig.payouts.disbursement.models import BankHint
from gig.payouts.disbursement.rules.bank_card import BANK_HINTS

PREFIX = re.compile(r"[0-9]{3,10}")
LONGEST_NAME = 40


def bank_hints(session: Session) -> dict[str, str]:
    """Every prefix with the bank that it hints at: the shipped ones, and what was changed since."""
    changed = session.execute(sa.select(BankHint.prefix, BankHint.bank_name)).all()
    merged: dict[str, str | None] = {**BANK_HINTS, **dict(changed)}
    return {prefix: name for prefix, name in sorted(merged.items()) if name}


def set_hint(*, prefix: str, bank_name: str | None, actor_id: str, now: dt.datetime) -> None:
    """Cards that begin with the prefix hint at the bank, or, without a name, at none any more."""
    name = (bank_name or "").strip() or None
    errors: Errors = {}
    if not PREFIX.fullmatch(prefix):
        errors["prefix"] = [N_("卡号开头写 3 到 10 位数字。")]
    if name and (len(name) > LONGEST_NAME or not name.isprintable()):
        errors["bank_name"] = [N_("银行名称最多 40 个字。")]
    if errors:
        raise Invalid(errors)
    with transaction() as session:
        one_at_a_time(session, "bank_hint")
        kept = session.get(BankHint, prefix, populate_existing=True)
        if kept is None:
            session.add(BankHint(prefix=prefix, bank_name=name, changed_by=actor_id, changed_at=now))
        else:
            kept.bank_name, kept.changed_by, kept.changed_at = name, actor_id, now
        session.flush()
        audit.note(
            session,
            actor_id=actor_id,
            action="bank_hint.set" if name else "bank_hint.remove",
            object_type="bank_hint",
            object_id=prefix,
            detail={"bank": name},
            now=now,
        )
