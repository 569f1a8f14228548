"""Looking for the phrases of every list in one walk over the text, whatever ops have written there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gig.dispatch.wording.rules.reading import Reading, read

PHRASE_MOST = 40
_END = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase of the list of this kind, and where the original says it."""

    kind: str
    phrase: str
    start: int
    end: int


class Phrases:
    """The lists to look for, by kind. From each place where a phrase may begin the walk goes at most
    PHRASE_MOST characters deep, and never back.
    """

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        self._root: dict[str, Any] = {}
        for kind, phrases in lists.items():
            for phrase in phrases:
                self._add(kind, phrase)
        heads = "".join(map(re.escape, self._root))
        self._heads = re.compile(f"[{heads}]" if heads else "(?!)")

    def _add(self, kind: str, phrase: str) -> None:
        node = self._root
        for character in read(phrase).text:
            node = node.setdefault(character, {})
        if node is not self._root:
            node.setdefault(_END, []).append((kind, phrase))

    def hits(self, reading: Reading) -> list[Hit]:
        """Every place where a phrase is said, in the order of the text."""
        text, made = reading.text, []
        for head in self._heads.finditer(text):
            at = place = head.start()
            node = self._root
            while place < len(text) and (node := node.get(text[place], {})):
                place += 1
                if _END in node and reading.whole_word(at, place):
                    made += [Hit(kind, phrase, *reading.span(at, place)) for kind, phrase in node[_END]]
        return made
