"""How a text is read before it is judged, so that spaces, looks and zero-width marks hide nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

BREAK = "\n"
_ENDS = "。！？；!?;\n"
_FOLDS = {
    **dict.fromkeys("❤♥♡❥💗💕💓💖💞💘💙💚💛💜🧡🖤🤍🤎", "心"),
    **dict.fromkeys("薇葳溦微嶶", "微"),
    **dict.fromkeys("+➕＋伽", "加"),
    "訊": "讯",
    "電": "电",
    "號": "号",
    "賬": "账",
    "轉": "转",
}
"""What is drawn instead of a word."""
_DIGITS = {
    **{character: str(value) for value, character in enumerate("零一二三四五六七八九")},
    **{character: str(value) for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")},
    **dict.fromkeys("〇○洞", "0"),
    "幺": "1",
    "両": "2",
}
_BETWEEN = " -.·_—–~*/()"
"""What people write between the groups of a number."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The text drawn together; `places[i]` is where its i-th character stands in the original."""

    text: str
    original: str
    places: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the original that these characters were read from."""
        return self.places[start], self.places[end - 1] + 1

    def whole_word(self, start: int, end: int) -> bool:
        """Whether the ends of the match are the ends of a Latin word or a number: `vx` is not in `devx`.

        Letters are neighbours as they were written, digits also across what stands between: 12345 is not in
        an account abc 12345.
        """
        text, (first, last) = self.text, self.span(start, end)
        return not (
            (_latin(text[start]) and _latin(self.original[first - 1 : first]))
            or (_latin(text[end - 1]) and _latin(self.original[last : last + 1]))
            or (text[start].isdigit() and _inside(text[start - 1 : start]))
            or (text[end - 1].isdigit() and _inside(text[end : end + 1]))
        )


def read(text: str) -> Reading:
    """NFKC, lower case, look-alikes folded; of spaces, marks and punctuation only the ends of sentences."""
    drawn: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for one in _FOLDED[character]:
            drawn.append(one)
            places.append(place)
    return Reading("".join(drawn), text, places)


class _Folded(dict[str, str]):
    """What each character is read as, worked out once."""

    def __missing__(self, character: str) -> str:
        made = self[character] = _fold(character)
        return made


_FOLDED = _Folded()


def _fold(character: str) -> str:
    if character in _ENDS:
        return BREAK
    if character in _FOLDS:
        return _FOLDS[character]
    made = ""
    for one in unicodedata.normalize("NFKC", character).lower():
        if one in _ENDS:
            made += BREAK
        elif one in _FOLDS:
            made += _FOLDS[one]
        elif unicodedata.category(one)[0] in "LN" and not _unseen(one):
            made += one
    return made


def _unseen(character: str) -> bool:
    """Letters by their category that show nothing."""
    return character in "\u115f\u1160\u3164\uffa0"


def _inside(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _latin(character: str) -> bool:
    return character.isascii() and character.isalpha()


@dataclass(frozen=True, slots=True)
class Number:
    """Digits that belong together, and where they stand in the text; `groups` are how they were grouped."""

    digits: str
    start: int
    end: int
    groups: tuple[int, ...]


LONGEST = 19


_FEWEST = 10
_MAYBE = re.compile("[\\d⓪①-⑨⑴-⑼➀-➈➊-➒零〇○洞一二三四五六七八九幺両壹贰叁肆伍陆柒捌玖]")


def many_digits(text: str) -> bool:
    """Whether there are enough of them for a number that tells anything: a landline has ten."""
    return len(_MAYBE.findall(text)) >= _FEWEST


def numbers(text: str) -> list[Number]:
    """Every number that a text of at least ten digits may be read to hold: as it is grouped, and with groups
    drawn together.

    Chinese and full-width digits are digits. Linear in the text: no number is longer than LONGEST.
    """
    made: list[Number] = []
    if not many_digits(text):
        return made
    for run in _runs(text):
        for first in range(len(run)):
            digits = ""
            groups: tuple[int, ...] = ()
            for _start, end, group in run[first:]:
                digits += group
                groups += (len(group),)
                if len(digits) > LONGEST:
                    break
                made.append(Number(digits, run[first][0], end, groups))
    return made


def _runs(text: str) -> list[list[tuple[int, int, str]]]:
    """Groups of digits, and which of them are neighbours: at most two characters of _BETWEEN lie between."""
    runs: list[list[tuple[int, int, str]]] = []
    group, start, last = "", 0, -9
    for place, character in enumerate(text):
        digit = _digit(character)
        if digit:
            if not group:
                start = place
            group, last = group + digit, place
        elif _nothing(character):
            continue
        elif group:
            _add(runs, (start, last + 1, group), text)
            group = ""
    if group:
        _add(runs, (start, last + 1, group), text)
    return runs


def _add(runs: list[list[tuple[int, int, str]]], group: tuple[int, int, str], text: str) -> None:
    if runs:
        gap = [each for each in text[runs[-1][-1][1] : group[0]] if not _nothing(each)]
        if len(gap) <= 2 and all(unicodedata.normalize("NFKC", each) in _BETWEEN for each in gap):
            runs[-1].append(group)
            return
    runs.append([group])


@lru_cache(maxsize=8192)
def _digit(character: str) -> str:
    if character in _DIGITS:
        return _DIGITS[character]
    if character.isascii():
        return character if character.isdigit() else ""
    plain = unicodedata.normalize("NFKC", character)
    value = unicodedata.decimal(plain, None) if len(plain) == 1 else None
    return "" if value is None else str(value)


@lru_cache(maxsize=8192)
def _nothing(character: str) -> bool:
    """A mark that takes no room: zero-width characters, joiners, selectors."""
    return unicodedata.category(character) in ("Cf", "Mn", "Me")
