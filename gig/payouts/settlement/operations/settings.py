"""The numbers of settlement, changed by finance, each change kept with its reason."""

from __future__ import annotations

import datetime as dt

from gig.core import tunables
from gig.core.db import transaction
from gig.core.errors import Invalid
from gig.core.text import N_
from gig.payouts.settlement.values import KINDS, PERIOD_KIND


def set_period_kind(*, kind: str, reason: str, actor_id: str, now: dt.datetime) -> None:
    """Periods that begin after the open one are of this kind; a stub fills to its next boundary."""
    if kind not in KINDS:
        raise Invalid({"kind": [N_("周期要是日、周、半月或月。")]})
    _change(PERIOD_KIND.name, [*KINDS].index(kind), reason=reason, actor_id=actor_id, now=now)  # type: ignore[arg-type]


def set_number(*, name: str, value: int, reason: str, actor_id: str, now: dt.datetime) -> None:
    """The minimum or the grace holds for every close that begins from now on."""
    _change(name, value, reason=reason, actor_id=actor_id, now=now)


def _change(name: str, value: int, *, reason: str, actor_id: str, now: dt.datetime) -> None:
    if not reason.strip():
        raise Invalid({"reason": [N_("写明为什么要改。")]})
    with transaction() as session:
        if tunables.values(session)[name] != value:
            tunables.change(session, name, value, actor_id=actor_id, reason=reason.strip(), now=now)
