"""Which scripts fit the turn best. Points are whole numbers, so that two people count the same order.

the issue type is the script's own         300      the queue is the script's own         120
the stage fits the turn, see FITS      0 … 240      marked as a favourite                 100
the agent's own uses                    12 each, 5 at most
everybody's uses                         its share of the most used script's, 60 at most
outcome                                  in time and solved, each (9 + good) ÷ (10 + n), 60 at most
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

OWN_MOST = 5
PRIOR_GOOD, PRIOR_N = 9, 10

FITS: Mapping[str, Mapping[str, int]] = {
    "first": {"answer": 240, "opening": 200, "transfer": 60, "closing": 0},
    "later": {"answer": 240, "closing": 120, "transfer": 100, "opening": 0},
    "answered": {"closing": 240, "answer": 80, "transfer": 60, "opening": 0},
}
"""Turn → stage → points: the first words to this customer, a later question, nobody waits for an answer."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The conversation at hand: what it is about, whether the agent has spoken, whether a turn is open."""

    queue: str
    issue_type: str
    spoken: bool = False
    waiting: bool = True

    @property
    def turn(self) -> str:
        if not self.waiting:
            return "answered"
        return "later" if self.spoken else "first"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What of a script counts for its place. `queue` and `issue_type` None mean any."""

    id: str
    title: str
    stage: str
    queue: str | None = None
    issue_type: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a script's uses: everybody's over the window, and what became of them."""

    picked: int = 0
    answered: int = 0
    on_time: int = 0
    ended: int = 0
    solved: int = 0


@dataclass(frozen=True, slots=True)
class Habits:
    """What is known of the agent: own uses by script, and the favourites."""

    uses: Mapping[str, int] = field(default_factory=dict)
    favourites: frozenset[str] = frozenset()


def fitting(candidate: Candidate, situation: Situation) -> bool:
    """Whether it may be recommended: not a script of another queue or another issue type."""
    return candidate.queue in (None, situation.queue) and candidate.issue_type in (None, situation.issue_type)


def points(
    candidate: Candidate, situation: Situation, habits: Habits, record: Record, *, most_picked: int
) -> int:
    """The script's worth for this turn."""
    total = FITS[situation.turn][candidate.stage]
    total += 300 if candidate.issue_type == situation.issue_type else 0
    total += 120 if candidate.queue == situation.queue else 0
    total += 100 if candidate.id in habits.favourites else 0
    total += 12 * min(habits.uses.get(candidate.id, 0), OWN_MOST)
    total += 60 * record.picked // max(most_picked, record.picked, 1)
    good = _share(record.on_time, record.answered) + _share(record.solved, record.ended)
    return total + int(60 * good / 2)


def ranked(
    candidates: Iterable[Candidate],
    situation: Situation,
    habits: Habits,
    records: Mapping[str, Record],
) -> list[Candidate]:
    """All of them, the best first; of equals the one whose title, then whose id, comes first."""
    most = max((record.picked for record in records.values()), default=0)
    nothing = Record()

    def place(candidate: Candidate) -> tuple[bool, int, str, str]:
        worth = points(candidate, situation, habits, records.get(candidate.id, nothing), most_picked=most)
        return not fitting(candidate, situation), -worth, candidate.title, candidate.id

    return sorted(candidates, key=place)


def _share(good: int, n: int) -> Fraction:
    """A share that few cases move little."""
    return Fraction(PRIOR_GOOD + good, PRIOR_N + n)
