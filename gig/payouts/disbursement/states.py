"""How a payout line and a batch live."""

from __future__ import annotations

from gig.core.transitions import Machine

LINE = Machine(
    "payout line",
    {
        "planned": ("in_transit", "held", "voided"),
        "held": ("voided",),
        "in_transit": ("settled", "failed"),
        "settled": ("returned",),
        "failed": (),
        "returned": (),
        "voided": (),
    },
)

BATCH = Machine(
    "batch",
    {
        "draft": ("approved", "cancelled"),
        "approved": ("exported", "cancelled"),
        "exported": (),
        "cancelled": (),
    },
)

RESULT = Machine(
    "result import",
    {
        "waiting": ("posted", "dropped"),
        "posted": (),
        "dropped": (),
    },
)

TEMPLATE = Machine(
    "payout template",
    {
        "waiting": ("approved", "refused", "replaced"),
        "approved": (),
        "refused": (),
        "replaced": (),
    },
)

OWED = ("planned", "held", "failed", "returned")
"""The states in which a line, unless a retry replaced it, is still money that we owe."""
