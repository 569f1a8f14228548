"""The platform's numbers, changed by the role that each belongs to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from itertools import pairwise

from gig.core import tunables
from gig.core.db import transaction
from gig.core.errors import Invalid, NotFound
from gig.core.text import N_

REASON_MOST = 200
FALLING = ("scoring.gold_tenths", "scoring.silver_tenths", "scoring.bronze_tenths", "scoring.limited_tenths")
"""The least scores of the tiers, best first: each is above the next."""


def change_number(
    *, name: str, value: str | int, reason: str, roles: Collection[str], actor_id: str, now: dt.datetime
) -> bool:
    """The number holds from this commit on, with its reason in its history; False if it was so before.

    One that loosens a control waits for a second person to say the same; saying what is so ends the wait.
    A number that belongs to none of the roles is not there for them.
    """
    tunable = tunables.declared.get(name)
    if tunable is None or tunable.role not in roles:
        raise NotFound
    wanted, reason = _whole(value), reason.strip()
    faults = {}
    if wanted is None:
        faults["value"] = [N_("要填整数。")]
    if not reason or len(reason) > REASON_MOST:
        faults["reason"] = [N_("写明为什么要改，最多 200 个字。")]
    if faults or wanted is None:
        raise Invalid(faults)
    with transaction() as session:
        numbers = tunables.values(session)
        if tunables.is_so(session, name, wanted):
            return False
        if not _still_falling({**numbers, name: wanted}):
            raise Invalid({"value": [N_("等级的最低分要从金牌到受限依次降低。")]})
        try:
            tunables.change(session, name, wanted, actor_id=actor_id, reason=reason, now=now)
        except Invalid as error:
            raise Invalid({"value": error.errors[name]}) from error
        return True


def _whole(value: str | int) -> int | None:
    text = str(value).strip().replace("−", "-")
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) <= 12 else None


def _still_falling(numbers: Mapping[str, int]) -> bool:
    ladder = [numbers[name] for name in FALLING if name in numbers]
    return all(better > worse for better, worse in pairwise(ladder))
