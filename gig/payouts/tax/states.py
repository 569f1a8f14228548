"""How a choice of policy lives."""

from __future__ import annotations

from gig.core.transitions import Machine

CHOICE = Machine(
    "tax choice",
    {
        "proposed": ("confirmed", "withdrawn"),
        "confirmed": (),
        "withdrawn": (),
    },
)
