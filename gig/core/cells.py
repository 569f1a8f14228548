"""Words in files that people open in a spreadsheet: none of them is a formula there."""

from __future__ import annotations

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""With these a spreadsheet takes a cell for something to compute, with the wide ones some do too."""


def computed(text: str) -> bool:
    """Whether a spreadsheet would compute the text; it passes over spaces before it."""
    return text.lstrip(" ").startswith(FORMULA_STARTS)


def plain(text: str) -> str:
    """Text that no spreadsheet computes. Only for words: an amount keeps its sign and stays a number."""
    return "'" + text if computed(text) else text
