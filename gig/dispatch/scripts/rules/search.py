"""Finding a script: by its words, by the initials of its title, by full pinyin without tones."""

from __future__ import annotations

import os
import unicodedata


def plain(text: str) -> str:
    """NFKC, lower case, without spaces: `ＡＢ c` → `abc`."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def sounds_of(title: str) -> str:
    """How the title is spelled, syllable by syllable, each with every reading: `tui kuan dao zhong|chong`.

    Made once, when a script is saved; only this needs the dictionary. Without the phrases it is small, and
    all the readings of a character are kept in their stead.
    """
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin import Style, pinyin

    syllables = []
    for character in plain(title):
        if "\u4e00" <= character <= "\u9fff":
            readings = pinyin(character, style=Style.NORMAL, heteronym=True, v_to_u=False)[0]
            syllables.append("|".join(dict.fromkeys(each for each in readings if each.isascii())))
        elif character.isascii() and character.isalnum():
            syllables.append(character)
    return " ".join(each for each in syllables if each)


def found(query: str, *, title: str, text: str, sounds: str) -> int:
    """How well a script answers: 0 not at all, 1 in its text, 2 by sound, 3 in its title, 4 at its head.

    An empty query finds every script alike.
    """
    wanted = plain(query)
    if not wanted:
        return 1
    in_title = plain(title).find(wanted)
    if in_title >= 0:
        return 4 if in_title == 0 else 3
    if wanted.isascii() and wanted.isalnum() and sounds_like(wanted, sounds):
        return 2
    return 1 if wanted in plain(text) else 0


def sounds_like(wanted: str, sounds: str) -> bool:
    """Whether a run of syllables spells it, each by its first letters: `tkdz`, `tuikuan`, `tkuand`."""
    syllables = [each.split("|") for each in sounds.split()]
    return any(_spells(wanted, syllables[start:]) for start in range(len(syllables)))


def _spells(wanted: str, syllables: list[list[str]]) -> bool:
    reached = {0}
    for readings in syllables:
        reached = {
            at + length
            for at in reached
            for reading in readings
            for length in range(1, _shared(wanted[at:], reading) + 1)
        }
        if len(wanted) in reached or not reached:
            break
    return len(wanted) in reached


def _shared(one: str, other: str) -> int:
    """How many letters the two begin with alike."""
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        length += 1
    return length
