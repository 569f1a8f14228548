"""What a what-if has counted so far. It is written down after each step, and read back by whoever goes on."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Sum:
    """So many replies, what they paid and what the card would have paid, in fen."""

    replies: int = 0
    old_fen: int = 0
    new_fen: int = 0

    def add(self, replies: int, old_fen: int, new_fen: int) -> None:
        self.replies += replies
        self.old_fen += old_fen
        self.new_fen += new_fen

    @property
    def change_fen(self) -> int:
        return self.new_fen - self.old_fen


def _sums() -> defaultdict[str, Sum]:
    return defaultdict(Sum)


@dataclass
class Tally:
    """`agents` holds those whose pay would be another, and by how much. `unpaid`: some reply paid nothing.

    `correcting` is the last inquiry that was priced one by one, because it is near its last paid reply or
    had a surge; None while the span is still being read.
    """

    issues: defaultdict[str, Sum] = field(default_factory=_sums)
    hours: defaultdict[str, Sum] = field(default_factory=_sums)
    agents: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    unpaid: bool = False
    correcting: str | None = None

    @property
    def total(self) -> Sum:
        """The sum of the issue types, so that it is what its parts say."""
        total = Sum()
        for each in self.issues.values():
            total.add(each.replies, each.old_fen, each.new_fen)
        return total

    def add(self, issue_type: str, hour: int, replies: int, old_fen: int, new_fen: int) -> None:
        """The replies count where they belong; their agents are counted apart."""
        self.issues[issue_type].add(replies, old_fen, new_fen)
        self.hours[f"{hour:02d}"].add(replies, old_fen, new_fen)

    def correct(self, agent_id: str, issue_type: str, hour: int, change_fen: int) -> None:
        """A reply that is counted already pays so much more, or less."""
        self.issues[issue_type].new_fen += change_fen
        self.hours[f"{hour:02d}"].new_fen += change_fen
        self.agents[agent_id] += change_fen

    def changes(self) -> Iterable[tuple[str, int]]:
        """Agents and their changes, without those for whom everything evens out."""
        return ((agent_id, change) for agent_id, change in self.agents.items() if change)

    def written(self) -> str:
        def lists(sums: dict[str, Sum]) -> dict[str, list[int]]:
            return {name: [each.replies, each.old_fen, each.new_fen] for name, each in sums.items()}

        return json.dumps(
            {
                "issues": lists(self.issues),
                "hours": lists(self.hours),
                "agents": dict(self.changes()),
                "unpaid": self.unpaid,
                "correcting": self.correcting,
            },
            ensure_ascii=False,
        )


def read_tally(text: str) -> Tally:
    """The tally as it was written; an empty one at the start."""
    known = json.loads(text)
    tally = Tally(unpaid=known.get("unpaid", False), correcting=known.get("correcting"))
    for sums, name in ((tally.issues, "issues"), (tally.hours, "hours")):
        sums.update({key: Sum(*values) for key, values in known.get(name, {}).items()})
    tally.agents.update(known.get("agents", {}))
    return tally
