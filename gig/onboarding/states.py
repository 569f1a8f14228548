"""The states of an application to become an agent."""

from __future__ import annotations

from gig.core.transitions import Machine

APPLICATION = Machine(
    "application",
    {"draft": ("submitted",), "submitted": ("approved", "rejected"), "approved": (), "rejected": ()},
)
