"""Secrets that programs carry: made once, shown once, kept as their hash."""

from __future__ import annotations

import hashlib
import secrets

PERSON, CHANNEL = "gig_p_", "gig_c_"


def fresh(prefix: str) -> str:
    """A new secret of 256 random bits; its prefix says whose kind it is, to people and to leak scanners."""
    return prefix + secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """What the database keeps. A plain hash is enough for 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
