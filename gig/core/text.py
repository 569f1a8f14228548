"""Marking text for translation where no request, and so no language, is at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


def N_(message: str) -> str:
    """The message itself; the extraction tool collects what is wrapped, the edge translates it."""
    return message


@dataclass(frozen=True)
class Sentence:
    """A message and what fills it; `str()` is the Chinese, an edge may say it in another language."""

    message: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message
