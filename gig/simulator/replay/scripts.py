"""What is said in a conversation that is played: from a file of dialogues, or from our own stories."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from gig.simulator.stories import STORIES
from gig.simulator.story import Story

LONGEST = 2000
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_PLACES = tuple((story.queue, story.issue_type, story.side) for story in STORIES)


@dataclass(frozen=True)
class Exchange:
    """What the customer says before the agent speaks, and what the agent says then; each may be several."""

    asks: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Script:
    """One conversation. `stars` is what its customer thought of it, where that is known."""

    id: str
    exchanges: tuple[Exchange, ...]
    queue: str
    issue_type: str
    side: str = "customer"
    stars: tuple[int, ...] = ()


def open_text(path: Path) -> TextIO:
    """The file as text; a name that ends in .gz is unpacked on the way."""
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def of_file(path: Path, chance: random.Random) -> list[Script]:
    """Every dialogue of the file that has a customer's words; each is given a queue by chance."""
    scripts: list[Script] = []
    with open_text(path) as lines:
        for line in lines:
            if not line.strip():
                continue
            exchanges = _exchanges(json.loads(line)["turns"])
            if exchanges:
                queue, issue_type, side = chance.choice(_PLACES)
                row = json.loads(line)
                id = str(row.get("external_id", len(scripts)))
                scripts.append(Script(id, exchanges, queue, issue_type, side, _stars(row)))
    return scripts


def of_stories() -> list[Script]:
    return [_of_story(number, story) for number, story in enumerate(STORIES)]


def repeated(scripts: Sequence[Script], count: int, *, run: str, chance: random.Random) -> Iterator[Script]:
    """So many scripts: all of them in some order, then all again, each time under other ids."""
    round_ = 0
    while count > 0:
        round_ += 1
        order = list(scripts)
        chance.shuffle(order)
        for script in order[:count]:
            yield replace(script, id=f"{script.id}~{run}.{round_}")
        count -= len(order)


def _of_story(number: int, story: Story) -> Script:
    exchanges = tuple(Exchange((asks,), (answers,)) for asks, answers in story.turns)
    return Script(f"story-{number}", exchanges, story.queue, story.issue_type, story.side)


def _exchanges(turns: Iterable[dict[str, Any]]) -> tuple[Exchange, ...]:
    """Runs of the customer's words, each with the run of the agent's that follows it."""
    found: list[tuple[list[str], list[str]]] = []
    for turn in turns:
        words = _UNFIT.sub(" ", str(turn["text"]))[:LONGEST].strip()
        if not words:
            continue
        if turn["role"] == "customer":
            if not found or found[-1][1]:
                found.append(([], []))
            found[-1][0].append(words)
        elif found:
            found[-1][1].append(words)
    return tuple(Exchange(tuple(asks), tuple(answers)) for asks, answers in found)


def _stars(row: dict[str, Any]) -> tuple[int, ...]:
    """Votes from −2 to 2 as stars from 1 to 5, each as often as it was given."""
    votes = row.get("satisfaction_votes") or {}
    return tuple(int(score) + 3 for score, count in votes.items() for _ in range(int(count)))
