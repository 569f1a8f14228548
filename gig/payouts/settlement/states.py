"""How a period lives."""

from __future__ import annotations

from gig.core.transitions import Machine

PERIOD = Machine(
    "period",
    {
        "open": ("closing",),
        "closing": ("closed",),
        "closed": ("approved", "open"),
        "approved": ("exported",),
        "exported": ("settled",),
        "settled": ("exported",),
    },
)

UNCLOSED = ("open", "closing")
