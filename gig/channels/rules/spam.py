"""Words that only fill the thread."""

from __future__ import annotations

from collections.abc import Sequence

SAME_IN_A_ROW = 2


def is_repeated(text: str, latest: Sequence[str]) -> bool:
    """Whether the customer has just said exactly this twice in a row; `latest` is newest first."""
    said = " ".join(text.split())
    return len(latest) >= SAME_IN_A_ROW and all(
        " ".join(each.split()) == said for each in latest[:SAME_IN_A_ROW]
    )
