"""Every state machine of the code is drawn in docs/states.md, and drawn as it is."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from gig.core.transitions import Machine

ROOT = Path(__file__).resolve().parents[2]
SECTION = re.compile(r"^## (?P<name>[^\n]+)\n(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
DRAWING = re.compile(r"```mermaid\nstateDiagram-v2\n(.*?)```", re.DOTALL)
MOVE = re.compile(r"^\s*(\[\*\]|\w+) --> (\[\*\]|\w+)(?:: .+)?$")


def machines() -> dict[str, Machine]:
    found = {}
    for path in (ROOT / "gig").rglob("states.py"):
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        found |= {each.name: each for each in vars(module).values() if isinstance(each, Machine)}
    return found


def drawings() -> dict[str, str]:
    text = (ROOT / "docs/states.md").read_text("utf-8")
    sections = {each["name"].strip(): DRAWING.search(each["body"]) for each in SECTION.finditer(text)}
    return {name: drawing[1] for name, drawing in sections.items() if drawing}


def moves_of(drawing: str) -> list[tuple[str, str]]:
    lines = [line for line in drawing.splitlines() if line.strip()]
    unread = [line for line in lines if not MOVE.match(line)]
    assert unread == [], "a line that is no move"
    return [(found[1], found[2]) for line in lines if (found := MOVE.match(line))]


def test_each_machine_has_its_drawing_and_each_drawing_its_machine() -> None:
    assert set(drawings()) == set(machines())
    assert len(machines()) >= 6


@pytest.mark.parametrize("name", sorted(machines()))
def test_the_drawing_shows_the_moves_of_the_table(name: str) -> None:
    machine, drawn = machines()[name], moves_of(drawings()[name])
    inner = [move for move in drawn if "[*]" not in move]
    assert len(inner) == len(set(inner)), "a move is drawn twice"
    assert set(inner) == {(origin, target) for origin, targets in machine.moves.items() for target in targets}


@pytest.mark.parametrize("name", sorted(machines()))
def test_the_drawing_ends_where_the_table_does(name: str) -> None:
    machine, drawn = machines()[name], moves_of(drawings()[name])
    assert {origin for origin, target in drawn if target == "[*]"} == {
        state for state, targets in machine.moves.items() if not targets
    }
    assert {target for origin, target in drawn if origin == "[*]"} <= set(machine.states)
    assert any(origin == "[*]" for origin, _target in drawn)
