"""How a rate card lives."""

from __future__ import annotations

from gig.core.transitions import Machine

CARD = Machine(
    "rate card",
    {
        "draft": ("submitted", "published"),
        "submitted": ("draft", "published"),
        "published": ("withdrawn",),
        "withdrawn": (),
    },
)
