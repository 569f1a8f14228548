"""The states of an appeal."""

from __future__ import annotations

from gig.core.transitions import Machine

APPEAL = Machine(
    "appeal",
    {"open": ("upheld", "partly", "rejected"), "upheld": (), "partly": (), "rejected": ()},
)
