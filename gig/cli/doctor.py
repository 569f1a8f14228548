"""`gig doctor`: what is misconfigured, in plain words."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import sqlalchemy as sa
from flask import Flask

from gig.app import create_app
from gig.core import crypto, resealing, tunables
from gig.core.clock import machine_now, real_now
from gig.core.db import db
from gig.core.schema import at_head
from gig.live.bus import channel
from gig.scheduler.models import JobRun, SchedulerLease
from gig.settings import BadSettings, Settings

ENOUGH_DISK = 500 * 1024 * 1024
CLOCK_DRIFT_S = 2


@dataclass(frozen=True)
class Finding:
    """`level`: ok, note (works, but look at it), wrong (does not work)."""

    level: str
    words: str


@click.command()
def doctor() -> None:
    """Looks at everything that a deployment needs and says what is wrong; exit 1 if something is."""
    try:
        settings = Settings.from_env()
    except BadSettings as error:
        findings = [Finding("wrong", fault) for fault in error.faults]
    else:
        app = create_app(settings)
        with app.app_context():
            findings = [finding for check in CHECKS for finding in _run(check, app, settings)]
            db.session.remove()
    for finding in findings:
        click.echo(f"{finding.level:>5}  {finding.words}")
    sys.exit(any(finding.level == "wrong" for finding in findings))


Check = Callable[[Flask, Settings], Iterator[Finding]]


def _run(check: Check, app: Flask, settings: Settings) -> list[Finding]:
    try:
        return list(check(app, settings))
    except Exception as error:
        what = check.__name__.removeprefix("_").replace("_", " ")
        return [Finding("wrong", f"{what}: {type(error).__name__}: {str(error).splitlines()[0]}")]


def _keys(app: Flask, settings: Settings) -> Iterator[Finding]:
    if settings.default_keys:
        yield Finding("note", "keys: development keys; set GIG_SECRET_KEY, GIG_DATA_KEYS and GIG_INDEX_KEY")
    ring = crypto.keyring()
    if ring.open(ring.seal(b"doctor", "doctor"), "doctor") == b"doctor":
        yield Finding("ok", f"keys: {len(ring.data_keys)} data key(s), an index key; sealing works")


def _sealed_data(app: Flask, settings: Settings) -> Iterator[Finding]:
    from gig.identity import phones
    from gig.identity.models import Person

    if not sa.inspect(db.engine).has_table("person"):
        return
    try:
        someone = db.session.execute(sa.select(Person.phone, Person.phone_index).limit(1)).one_or_none()
    except crypto.Unreadable:
        yield Finding("wrong", "sealed data: GIG_DATA_KEYS cannot open what the database holds")
        return
    if someone and phones.index(someone.phone) != someone.phone_index:
        yield Finding("wrong", "sealed data: GIG_INDEX_KEY is not the one that the database was filled with")
    elif someone:
        yield Finding("ok", "sealed data: these keys open what the database holds")


def _rotation(app: Flask, settings: Settings) -> Iterator[Finding]:
    there = sa.inspect(db.engine)
    ring, counts = crypto.keyring(), Counter[int]()
    for place in resealing.places():
        if there.has_table(place.table.name):
            counts += resealing.count_by_key(db.session(), place)
    older = [number for number, _key in ring.data_keys[1:]]
    for number in sorted(set(counts) - {ring.newest, *older}):
        yield Finding(
            "wrong", f"data keys: {counts[number]} values are under key {number}, which GIG_DATA_KEYS has not"
        )
    for number in older:
        if counts[number]:
            words = f"{counts[number]} values are still under key {number}; run `gig keys reseal`"
        else:
            words = f"key {number} seals nothing any more and may be dropped"
        yield Finding("note", f"data keys: {words}")


def _database(app: Flask, settings: Settings) -> Iterator[Finding]:
    with db.engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        yield Finding("ok", f"database: {db.engine.dialect.name} answers")
        if db.engine.dialect.name == "sqlite":
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
            yield Finding(
                "ok" if mode == "wal" else "wrong", f"database: the journal mode is {mode}, wal is needed"
            )
        else:
            told: dt.datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
            drift = abs((told - machine_now()).total_seconds())
            level = "ok" if drift < CLOCK_DRIFT_S else "note"
            words = "; the database's decides, but log lines and certificates go by this machine's"
            yield Finding(
                level,
                f"clock: the database's clock differs by {drift:.1f} s{words if level == 'note' else ''}",
            )
            yield from _room(connection)


def _room(connection: sa.Connection) -> Iterator[Finding]:
    """Each process keeps up to `pool_size + max_overflow` connections."""
    most = int(connection.exec_driver_sql("SHOW max_connections").scalar_one())
    used = connection.exec_driver_sql("SELECT count(*) FROM pg_stat_activity").scalar_one()
    level = "ok" if used < most * 0.8 else "note"
    yield Finding(level, f"database: {used} of {most} connections are in use")


def _migrations(app: Flask, settings: Settings) -> Iterator[Finding]:
    if at_head(db.engine):
        yield Finding("ok", "migrations: the database is at the newest version")
    else:
        yield Finding("wrong", "migrations: the database is not at the newest version; run `gig db upgrade`")


def _clock(app: Flask, settings: Settings) -> Iterator[Finding]:
    here = dt.datetime.now(settings.zone)
    yield Finding("ok", f"timezone: {settings.timezone}, where it is {here:%Y-%m-%d %H:%M}")
    if not 2025 <= here.year <= 2100:
        yield Finding("wrong", f"clock: the machine says it is {here.year}")
    before, started = machine_now(), time.monotonic()
    time.sleep(0.05)
    if abs((machine_now() - before).total_seconds() - (time.monotonic() - started)) > 0.05:
        yield Finding("note", "clock: the machine's clock jumps; is its time service working?")
    if settings.clock_start:
        yield Finding("note", f"clock: simulated, ×{settings.clock_speed}")


def _scheduler(app: Flask, settings: Settings) -> Iterator[Finding]:
    if not sa.inspect(db.engine).has_table("scheduler_lease"):
        return
    until = db.session.scalar(sa.select(sa.func.max(SchedulerLease.until)))
    if until is not None and until > real_now():
        yield Finding("ok", "scheduler: awake")
    else:
        yield Finding(
            "note", "scheduler: none is awake; `gig serve` on SQLite brings one, else run `gig scheduler`"
        )


def _jobs(app: Flask, settings: Settings) -> Iterator[Finding]:
    """What went wrong in the two weeks that are kept; of each job and kind the last."""
    if not sa.inspect(db.engine).has_table("job_run"):
        return
    kind = sa.and_(JobRun.outcome != "done", JobRun.outcome.is_not(None))
    last = sa.func.max(JobRun.due_at)
    found = db.session.execute(
        sa.select(JobRun.job, JobRun.outcome, sa.func.count(), last)
        .where(kind)
        .group_by(JobRun.job, JobRun.outcome)
        .order_by(last.desc())
    ).all()
    for job, outcome, times, due_at in found:
        detail = db.session.get_one(JobRun, (job, due_at)).detail
        at = due_at.astimezone(settings.zone)
        yield Finding("note", f"jobs: {job}, {outcome} {times} ×, the last of {at:%Y-%m-%d %H:%M}: {detail}")
    if not found:
        yield Finding("ok", "jobs: none failed or was interrupted in the last two weeks")


def _controls(app: Flask, settings: Settings) -> Iterator[Finding]:
    """Since loosening takes two, what one person had loosened alone before does not hold any more."""
    if not sa.inspect(db.engine).has_table("tunable_change"):
        return
    values, waiting = tunables.values(db.session()), tunables.waiting(db.session())
    for name, change in waiting.items():
        alone = f"one person alone set {name} to {change.value} on {change.changed_at:%Y-%m-%d}"
        meanwhile = f"until a second of finance agrees under 设置, {values[name]} holds"
        yield Finding("note", f"controls: {alone}; that does not count: {meanwhile}")
    if not waiting:
        yield Finding("ok", "controls: no number waits to be loosened by a second person")


def _bus(app: Flask, settings: Settings) -> Iterator[Finding]:
    if settings.redis_url is None:
        if not settings.sqlite:
            yield Finding(
                "note", "bus: no GIG_REDIS_URL; several processes tell each other by polling the outbox"
            )
        return
    import redis

    client = redis.Redis.from_url(settings.redis_url, socket_timeout=3, socket_connect_timeout=3)
    try:
        client.ping()
        told = client.publish(channel(settings.redis_url), b"")
    except (redis.RedisError, OSError) as error:
        words = "pages hear by polling, limits are counted in each process; nothing else depends on it"
        yield Finding("note", f"bus: Redis does not answer ({type(error).__name__}): {words}")
        return
    yield Finding("ok", f"bus: Redis answers, {told} process(es) listen")


def _disk(app: Flask, settings: Settings) -> Iterator[Finding]:
    place = Path(db.engine.url.database or ".").parent if settings.sqlite else Path()
    free = shutil.disk_usage(place).free
    level = "ok" if free > ENOUGH_DISK else "wrong"
    yield Finding(level, f"disk: {free // 2**20} MiB free")


def _files(app: Flask, settings: Settings) -> Iterator[Finding]:
    root = Path(app.root_path)
    untranslated = [
        path for path in root.glob("translations/*/LC_MESSAGES/*.po") if not path.with_suffix(".mo").exists()
    ]
    if untranslated:
        yield Finding("note", "translations: not compiled, so there is only Chinese; run `make setup`")
    else:
        yield Finding("ok", "translations: compiled")
    if (root / "static/vendor/manifest.json").is_file():
        yield Finding("ok", "assets: present")
    else:
        yield Finding("wrong", "assets: missing; run `make setup`")


CHECKS: tuple[Check, ...] = (
    _keys,
    _database,
    _migrations,
    _sealed_data,
    _rotation,
    _clock,
    _scheduler,
    _jobs,
    _controls,
    _bus,
    _disk,
    _files,
)
