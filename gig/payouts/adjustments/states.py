"""How an adjustment and a back-pay run live."""

from __future__ import annotations

from gig.core.transitions import Machine

ADJUSTMENT = Machine(
    "adjustment",
    {
        "proposed": ("posted", "refused", "withdrawn"),
        "posted": (),
        "refused": (),
        "withdrawn": (),
    },
)

RUN = Machine(
    "back-pay run",
    {
        "counting": ("ready", "cancelled"),
        "ready": ("posting", "cancelled"),
        "posting": ("posted",),
        "posted": (),
        "cancelled": (),
    },
)
