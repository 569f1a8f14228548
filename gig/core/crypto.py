"""Fields that only the application can read, and indexes that find them without reading them.

AES-256-GCM: one byte of version, one of key id, 12 of nonce, then the sealed text; the name of the
place (`table.column`) is authenticated with it, so a value moved to another column does not open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = 1


class Unreadable(Exception):
    """The value was sealed with a key we do not have, elsewhere, or has been altered."""


@dataclass(frozen=True)
class Keyring:
    """`data_keys` maps a key id (1–255) to 32 bytes, the newest first; `index_key` never rotates."""

    data_keys: tuple[tuple[int, bytes], ...]
    index_key: bytes

    @classmethod
    def parse(cls, data_keys: str, index_key: str) -> Keyring:
        """From `2:BASE64,1:BASE64` and `BASE64`, 32 bytes each. Raises ValueError in plain words."""
        keys: list[tuple[int, bytes]] = []
        for part in data_keys.split(","):
            number, _, encoded = part.strip().partition(":")
            if not number.isdigit() or not 1 <= int(number) <= 255:
                raise ValueError("each data key is written as NUMBER:BASE64, the number from 1 to 255")
            keys.append((int(number), _key_bytes(encoded)))
        if len({number for number, _ in keys}) != len(keys):
            raise ValueError("two data keys have the same number")
        return cls(tuple(keys), _key_bytes(index_key))

    @property
    def newest(self) -> int:
        """The number of the key that new values are sealed with."""
        return self.data_keys[0][0]

    def seal(self, plain: bytes, place: str) -> bytes:
        number, key = self.data_keys[0]
        nonce = os.urandom(12)
        return bytes([_VERSION, number]) + nonce + _cipher(key).encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        key = dict(self.data_keys).get(sealed[1]) if len(sealed) > 14 and sealed[0] == _VERSION else None
        if key is None:
            raise Unreadable(place)
        try:
            return _cipher(key).decrypt(sealed[2:14], sealed[14:], place.encode())
        except InvalidTag as error:
            raise Unreadable(place) from error

    def index(self, value: str, place: str) -> str:
        """128 bits of HMAC, in hex: equal for equal values of one place, and nothing else can be told."""
        return hmac.new(self.index_key, f"{place}\0{value}".encode(), hashlib.sha256).hexdigest()[:32]


@lru_cache(maxsize=16)
def _cipher(key: bytes) -> AESGCM:
    """Kept, because setting one up costs more than using it."""
    return AESGCM(key)


def _key_bytes(encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise ValueError("a key is not BASE64") from error
    if len(key) != 32:
        raise ValueError("a key must be 32 bytes long")
    return key


_keyring: Keyring | None = None


def use(keyring: Keyring) -> None:
    """From here on this process seals and opens with the given keys. Called once, at start."""
    global _keyring
    _keyring = keyring


def keyring() -> Keyring:
    if _keyring is None:
        raise RuntimeError("no keys: the application was not created")
    return _keyring


class Sealed(sa.TypeDecorator[str]):
    """Text that is encrypted at rest. `place` is `table.column` and part of what is authenticated."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> bytes | None:
        return None if value is None else keyring().seal(value.encode(), self.place)

    def process_result_value(self, value: bytes | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else keyring().open(bytes(value), self.place).decode()
