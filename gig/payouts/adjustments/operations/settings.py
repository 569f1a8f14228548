"""The limit of adjustments, changed by finance, each change kept with its reason."""

from __future__ import annotations

import datetime as dt

from gig.core import tunables
from gig.core.db import transaction
from gig.core.errors import Errors, Invalid
from gig.core.text import N_
from gig.payouts.adjustments.values import ALONE


def set_alone(*, value: int, reason: str, actor_id: str, now: dt.datetime) -> None:
    """What one person may give or take alone is this much: less from now on, more once another agrees."""
    if faults := faults_of_limit(value, reason):
        raise Invalid(faults)
    with transaction() as session:
        if not tunables.is_so(session, ALONE.name, value):
            tunables.change(session, ALONE.name, value, actor_id=actor_id, reason=reason.strip(), now=now)


def faults_of_limit(value: int | None, reason: str) -> Errors:
    """What is wrong with the limit that somebody asks for; None is an amount that could not be read."""
    errors: Errors = {}
    if value is not None and not ALONE.minimum <= value <= ALONE.maximum:
        errors["alone"] = [N_("金额要在 0 到 100000 元之间。")]
    if not reason.strip():
        errors["why"] = [N_("写明为什么要改。")]
    return errors
