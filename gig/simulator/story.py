"""A conversation that could be: what a customer asks, turn by turn, and what a good agent answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Words = tuple[str, str]
"""(what the customer says, what the agent answers)"""


@dataclass(frozen=True)
class Story:
    """`order` is the kind of order that it is about, if any."""

    queue: str
    issue_type: str
    turns: tuple[Words, ...]
    order: str | None
    side: str = "customer"

    @property
    def opening(self) -> str:
        return self.turns[0][0]


def teller(queue: str, order: str | None = None, side: str = "customer") -> Callable[..., Story]:
    """Makes the stories of one queue: `tell(issue_type, (asks, answers), …)`."""

    def tell(issue_type: str, *turns: Words) -> Story:
        return Story(queue, issue_type, turns, order, side)

    return tell
