"""Passwords as argon2id hashes."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gig.core.errors import Invalid
from gig.core.text import N_

SHORTEST, LONGEST = 8, 128

_hasher = PasswordHasher()
_nobody: str | None = None


def use(cost: str) -> None:
    """From here on hashes cost the library's usual 64 MiB, or next to nothing (`cheap`, for tests)."""
    global _hasher, _nobody
    _hasher = (
        PasswordHasher(time_cost=1, memory_cost=64, parallelism=1) if cost == "cheap" else PasswordHasher()
    )
    _nobody = None


def check(password: str, field: str = "password") -> None:
    """Raises Invalid when the password is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid({field: [N_("密码要 8 到 128 个字符。")]})


def hashed(password: str) -> str:
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; takes as long when there is no such person."""
    global _nobody
    if password_hash is None and _nobody is None:
        _nobody = _hasher.hash("nobody")
    try:
        _hasher.verify(password_hash or _nobody or "", password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def outdated(password_hash: str) -> bool:
    """Whether the hash was made at another cost than today's."""
    return _hasher.check_needs_rehash(password_hash)
