"""What the documents point at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")
COMMAND = re.compile(r"^\s*make (\w+)", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_picture_leads_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_decision_is_in_the_list_and_numbered_in_turn() -> None:
    folder = ROOT / "docs/adr"
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [int(name[:4]) for name in pages] == list(range(1, len(pages) + 1))
    listed = LINK.findall((folder / "README.md").read_text("utf-8"))
    assert listed == pages


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md"])
def test_the_commands_that_are_named_exist(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for command in COMMAND.findall((ROOT / name).read_text("utf-8")):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE), command
