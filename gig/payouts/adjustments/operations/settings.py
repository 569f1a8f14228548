"""The limit of adjustments, changed by finance, each change kept with its reason."""

from __future__ import annotations

import datetime as dt

from gig.core import tunables
from gig.core.db import transaction
from gig.core.errors import Invalid
from gig.core.text import N_
from gig.payouts.adjustments.values import ALONE


def set_alone(*, value: int, reason: str, actor_id: str, now: dt.datetime) -> None:
    """What one person may give or take alone is this much: less from now on, more once another agrees."""
    if not reason.strip():
        raise Invalid({"reason": [N_("写明为什么要改。")]})
    with transaction() as session:
        if not tunables.is_so(session, ALONE.name, value):
            tunables.change(session, ALONE.name, value, actor_id=actor_id, reason=reason.strip(), now=now)
