"""Whether a message is an answer: only a substantive reply stops the clock and is paid."""

from __future__ import annotations

import enum
import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache

_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
# Letters by their category that show nothing: Hangul fillers, and the selectors that shape an emoji.
_UNSEEN = re.compile("[\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5\ufe00-\ufe0f\U000e0100-\U000e01ef]")
DEFAULT_HOLDING_PHRASES = (
    "您好", "你好", "亲", "在的", "在", "请稍等", "稍等", "请稍候", "请稍等一下", "稍等一下", "好的", "收到",
    "嗯", "嗯嗯", "马上", "正在为您查询", "正在查询", "我看一下", "帮您看一下", "请问有什么可以帮您",
    "hello", "hi", "ok",
)  # fmt: skip


class UnpaidReason(enum.StrEnum):
    """Why a sent message answered no turn."""

    NO_OPEN_TURN = "no-open-turn"
    AUTOMATIC = "automatic"
    EMPTY = "empty"
    HOLDING = "holding-phrase"
    REPEATED = "repeated"


def core_of(text: str) -> str:
    """The words of a message: NFKC, without punctuation, symbols, emoji, spaces and what is not seen."""
    pictured = _KEYCAP.sub("", text)
    seen = "".join(c for c in pictured if unicodedata.category(c) not in ("So", "Sk"))
    plain = _UNSEEN.sub("", unicodedata.normalize("NFKC", _UNSEEN.sub("", seen)))
    kept = "".join(c for c in plain if unicodedata.category(c)[0] in "LNM")
    return kept if any(unicodedata.category(c)[0] in "LN" for c in kept) else ""


def fingerprint(text: str) -> str:
    """Equal for messages that say the same words; what is stored to know a repeat without the words."""
    return hashlib.blake2b(core_of(text).encode(), digest_size=16).hexdigest()


def not_substantive(
    text: str, *, holding_phrases: Iterable[str], earlier: Collection[str], automatic: bool = False
) -> UnpaidReason | None:
    """Why the message is no answer, or None when it is one.

    `earlier` are the fingerprints of this agent's messages in this inquiry.
    """
    if automatic:
        return UnpaidReason.AUTOMATIC
    core = core_of(text)
    if not core:
        return UnpaidReason.EMPTY
    if made_of(core, _cores(tuple(holding_phrases))):
        return UnpaidReason.HOLDING
    if earlier and fingerprint(text) in earlier:
        return UnpaidReason.REPEATED
    return None


@lru_cache(maxsize=8)
def _cores(phrases: tuple[str, ...]) -> frozenset[str]:
    """The list changes rarely and is asked at every reply."""
    return frozenset(map(core_of, phrases))


def made_of(core: str, phrases: Collection[str]) -> bool:
    """Whether the phrases, in any order and number, make up the whole text."""
    lengths = sorted({len(phrase) for phrase in phrases if phrase})
    reached = [True] + [False] * len(core)
    for end in range(1, len(core) + 1):
        reached[end] = any(
            length <= end and reached[end - length] and core[end - length : end] in phrases
            for length in lengths
        )
    return bool(core) and reached[-1]
