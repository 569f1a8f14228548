"""How a what-if lives."""

from __future__ import annotations

from gig.core.transitions import Machine

WHAT_IF = Machine("what-if", {"running": ("done", "cancelled"), "done": (), "cancelled": ()})
