"""What a deployment decides, read from `GIG_*` once, checked before anything starts."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from gig.core.crypto import Keyring

DEVELOPMENT_SECRET = "development-only-secret"


class BadSettings(Exception):
    """`faults` lists every setting that is wrong, each in one plain sentence."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Settings:
    """All settings of one process; immutable. `problems()` is empty for every instance that starts.

    A process that stalls amid a transaction for `stalls_s` loses it, and with it the rows that it held.
    """

    env: str = "development"
    database_url: str = "sqlite:///var/gig.db"
    redis_url: str | None = None
    secret_key: str = field(default=DEVELOPMENT_SECRET, repr=False)
    keyring: Keyring = field(default=Keyring(((1, bytes(32)),), bytes(32)), repr=False)
    default_keys: bool = True
    timezone: str = "Asia/Shanghai"
    clock_start: dt.datetime | None = None
    clock_speed: int = 1
    workers: int = 1
    proxies: int = 0
    testing: bool = False
    argon2_cost: str = "normal"
    stalls_s: int = 60

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Settings from the environment, over those of a `.env` file beside the program.

        Raises BadSettings with every fault at once.
        """
        given = {**_dotenv(Path(".env")), **os.environ} if env is None else dict(env)
        faults: list[str] = []
        settings = cls()
        if value := given.get("GIG_ENV"):
            settings = replace(settings, env=value)
        if value := given.get("GIG_DATABASE_URL"):
            settings = replace(settings, database_url=_with_driver(value))
        if value := given.get("GIG_REDIS_URL"):
            settings = replace(settings, redis_url=value)
        if value := given.get("GIG_SECRET_KEY"):
            settings = replace(settings, secret_key=value)
        if value := given.get("GIG_TIMEZONE"):
            settings = replace(settings, timezone=value)
        if value := given.get("GIG_PROXIES"):
            if value.isascii() and value.isdigit() and len(value) == 1:
                settings = replace(settings, proxies=int(value))
            else:
                faults.append("GIG_PROXIES must be the number of proxies in front, 0 to 9")
        if value := given.get("GIG_CLOCK"):
            try:
                start, speed = _clock(value)
                settings = replace(settings, clock_start=start, clock_speed=speed)
            except ValueError as error:
                faults.append(f"GIG_CLOCK: {error}")
        data_keys, index_key = given.get("GIG_DATA_KEYS"), given.get("GIG_INDEX_KEY")
        if bool(data_keys) != bool(index_key):
            faults.append("GIG_DATA_KEYS and GIG_INDEX_KEY go together: set both or neither")
        elif data_keys and index_key:
            try:
                settings = replace(settings, keyring=Keyring.parse(data_keys, index_key), default_keys=False)
            except ValueError as error:
                faults.append(f"GIG_DATA_KEYS or GIG_INDEX_KEY: {error}")
        else:
            settings = replace(settings, keyring=_development_keys(settings.secret_key))
        faults += settings.problems()
        if faults:
            raise BadSettings(faults)
        return settings

    def problems(self) -> list[str]:
        """Every reason why these settings must not start, in plain words."""
        faults = []
        if self.env not in ("development", "production"):
            faults.append("GIG_ENV must be development or production")
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            faults.append(f"GIG_TIMEZONE: there is no zone named {self.timezone!r}")
        if not self.database_url.startswith(("sqlite:///", "postgresql+psycopg://")):
            faults.append("GIG_DATABASE_URL must begin with sqlite:/// or postgresql://")
        if self.redis_url and not self.redis_url.startswith(("redis://", "rediss://", "unix://")):
            faults.append("GIG_REDIS_URL must begin with redis://, rediss:// or unix://")
        if self.production:
            if self.secret_key == DEVELOPMENT_SECRET or len(self.secret_key) < 32:
                faults.append("GIG_SECRET_KEY must be set to at least 32 random characters in production")
            if self.default_keys:
                faults.append("GIG_DATA_KEYS and GIG_INDEX_KEY must be set in production")
            if self.clock_start:
                faults.append("GIG_CLOCK is for simulations and refused in production")
            if self.sqlite and self.workers > 1:
                faults.append("SQLite carries one worker: set GIG_DATABASE_URL to PostgreSQL for more")
        return faults


def _with_driver(url: str) -> str:
    for plain in ("postgres://", "postgresql://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def _clock(value: str) -> tuple[dt.datetime, int]:
    start, _, speed = value.rpartition(",")
    instant = dt.datetime.fromisoformat(start)
    if instant.tzinfo is None:
        raise ValueError("the start instant needs its offset, as in 2026-11-02T08:00+08:00,60")
    if not speed.isdigit() or int(speed) < 1:
        raise ValueError("the speed must be a whole number from 1")
    return instant.astimezone(dt.UTC), int(speed)


def _development_keys(secret: str) -> Keyring:
    def derive(purpose: str) -> bytes:
        return hashlib.sha256(f"{purpose}:{secret}".encode()).digest()

    return Keyring(((1, derive("data")),), derive("index"))


def _dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}


def fresh_secrets() -> dict[str, str]:
    """Values for a new deployment's `.env`: a secret key, one data key, an index key."""

    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    return {
        "GIG_SECRET_KEY": secrets.token_urlsafe(48),
        "GIG_DATA_KEYS": f"1:{key()}",
        "GIG_INDEX_KEY": key(),
    }
