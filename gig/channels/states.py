"""The states of a suspicion that an agent answered their own question."""

from __future__ import annotations

from gig.core.transitions import Machine

SUSPICION = Machine(
    "suspicion",
    {"undecided": ("genuine", "own_customer"), "genuine": (), "own_customer": ()},
)
