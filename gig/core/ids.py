"""Public identifiers: 26 characters, ordered by time, unguessable."""

from __future__ import annotations

import os
import threading
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
ID_LENGTH = 26

_CHARACTER_BITS = 5
_RANDOM_BITS = 80
_STEP_BITS = 64
_BLOCK_BITS = 10 * _CHARACTER_BITS
_guard = threading.Lock()
_last = 0


def new_id() -> str:
    """A fresh lower-case ULID: 48 bits of milliseconds, then 80 random bits.

    The time keeps inserts at the right edge of an index; the random part keeps the id unguessable. Until
    the next millisecond an id follows the one before it by a random step of 64 bits, whichever thread asks
    and wherever the machine's clock is set: what one process makes is read in the order in which it was
    made, and who knows one id still knows no other.
    It reads the machine's clock, not the business clock: nothing may be concluded from it.
    """
    global _last
    with _guard:
        _last = _next()
        return _written(_last)


def new_block() -> str:
    """The first 16 characters of an id that no other id of this process begins with.

    One statement that writes many rows numbers them by the ten characters that are left.
    """
    global _last
    with _guard:
        number = (_next() >> _BLOCK_BITS) + 1 << _BLOCK_BITS
        _last = number | (1 << _BLOCK_BITS) - 1
        return _written(number)[: ID_LENGTH - _BLOCK_BITS // _CHARACTER_BITS]


def _next() -> int:
    random = int.from_bytes(os.urandom(_RANDOM_BITS // 8), "big")
    now, last = time.time_ns() // 1_000_000, _last >> _RANDOM_BITS
    if now > last:
        first = random >> 1  # half of the room is left for those that follow
        return now << _RANDOM_BITS | first
    step = random >> _RANDOM_BITS - _STEP_BITS
    return _last + 1 + step


def _written(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def is_id(text: str) -> bool:
    """Whether the text has the shape of an id; a path with anything else is a 404 without a query."""
    return len(text) == ID_LENGTH and all(char in _ALPHABET for char in text)
