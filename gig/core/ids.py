"""Public identifiers: 26 characters, ordered by time, unguessable."""

from __future__ import annotations

import os
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ID_LENGTH = 26


def new_id() -> str:
    """A fresh lower-case ULID: 48 bits of milliseconds, then 80 random bits.

    The time keeps inserts at the right edge of an index; the random part keeps the id unguessable.
    It reads the machine's clock, not the business clock: nothing may be concluded from it.
    """
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def is_id(text: str) -> bool:
    """Whether the text has the shape of an id; a path with anything else is a 404 without a query."""
    return len(text) == ID_LENGTH and all(char in _ALPHABET for char in text)
