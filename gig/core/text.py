"""Marking text for translation where no request, and so no language, is at hand."""

from __future__ import annotations


def N_(message: str) -> str:
    """The message itself; the extraction tool collects what is wrapped, the edge translates it."""
    return message
