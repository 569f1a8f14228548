"""The database: one base, one way to write, SQLite and PostgreSQL alike.

Reads use plain transactions. Every write goes through `transaction()`: on SQLite that is BEGIN
IMMEDIATE behind one writer lock per process (its own busy handler lets a thread starve), on
PostgreSQL an ordinary READ COMMITTED transaction, which goes on from what the session has read: each
statement sees what is committed when it runs.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, cast

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Connection, CursorResult, Engine
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from gig.core.writers import writers_to

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

TRUSTED_FOR_S = 1.0
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Instant(sa.TypeDecorator[dt.datetime]):
    """An aware UTC instant with microseconds. A naive one is refused, on both databases."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive instant: {value!r}")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[dt.datetime | None], Any]:
        """The same in one step: a tenth of what asking the underlying type as well costs."""
        if dialect.name != "sqlite":
            return lambda value: self.process_bind_param(value, dialect)

        def text(value: dt.datetime | None) -> str | None:
            if value is not None and value.tzinfo is dt.UTC:
                return value.isoformat(" ", "microseconds")[:26]
            plain = self.process_bind_param(value, dialect)
            return None if plain is None else plain.isoformat(" ", "microseconds")

        return text

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """The same in one step where the driver gives text."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        return lambda text: None if text is None else dt.datetime.fromisoformat(text + "+00:00")

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""An ascending 64-bit key that SQLite also numbers by itself."""


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar = {dt.datetime: Instant(), str: sa.Text()}


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False, "autoflush": False})

_WRITING = {"gig_write": True}
_BRIEFLY = {**_WRITING, "gig_brief": True}


class Overtaken(Exception):
    """What this process wanted to write is another's task by now."""


_may_write: ContextVar[Callable[[], bool]] = ContextVar("may_write", default=lambda: True)


@contextmanager
def transaction(*, lasting: bool = True) -> Iterator[Session]:
    """One write transaction: all of it is there afterwards, or none.

    Inside another one it joins that one. On leaving, committed events are announced to the process. If it
    is not `lasting` nobody waits for the disk: until the next commit that is, a power cut may take it, whole
    and with all that came after it. What is to last refuses to join such a one.
    """
    from gig.core import outbox

    session = cast(Session, db.session())
    if session.info.get("writing"):
        if lasting and not session.info["lasting"]:
            raise RuntimeError("what is to last cannot join a transaction that need not")
        yield session
        return
    engine = engine_of(session)
    writers = writers_to(engine)
    lock = writers if engine.dialect.name == "sqlite" else None
    if lock:
        if session.in_transaction():
            session.commit()
        lock.acquire()
    session.info["writing"], session.info["lasting"] = True, lasting
    try:
        options = (_WRITING if lasting else _BRIEFLY) if lock else None
        session.info["connection"] = session.connection({"bind": engine}, options)
        if not (lock or lasting):
            session.execute(sa.text("SET LOCAL synchronous_commit = off"))
        if lock:
            _refuse_if_overtaken()  # until the commit no other process can write, so none can take over
        yield session
        if last_step := session.info.get("last_step"):
            last_step(session)
        if not lock:
            _refuse_if_overtaken()
        session.commit()
    except BaseException:
        session.rollback()
        session.info.pop("emitted", None)
        raise
    finally:
        for name in ("writing", "lasting", "connection", "made"):
            session.info.pop(name, None)
        writers.wrote()
        if lock:
            lock.release()
    if session.info.pop("emitted", False):
        outbox.ring()


def _refuse_if_overtaken() -> None:
    if not _may_write.get()():
        raise Overtaken("another process does this now")


def not_inside_another(what: str) -> None:
    """A loud error, before anything happens, if the caller is in a transaction of its own.

    For work in several transactions that reads afresh between them: it would roll back what the caller
    wrote, and the caller would not hear of it.
    """
    if db.session().info.get("writing"):
        raise RuntimeError(f"{what} begins its own transactions: call it outside of transaction()")


@contextmanager
def writing_only_while(holds: Callable[[], bool]) -> Iterator[None]:
    """Inside, a transaction leaves nothing if it no longer holds: Overtaken.

    What is asked before the commit on PostgreSQL is asked on SQLite once the one writer's lock is had.
    """
    before = _may_write.set(holds)
    try:
        yield
    finally:
        _may_write.reset(before)


def snapshot() -> Session:
    """A session whose reads all see the database as it is now, whatever others write meanwhile."""
    session = cast(Session, db.session())
    session.rollback()
    if not is_sqlite(session):
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        session.execute(sa.text("SET TRANSACTION READ ONLY"))
    return session


def one_at_a_time(session: Session, what: str) -> None:
    """Whoever else does `what` waits here until this transaction has ended; SQLite has one writer anyway.

    For tables whose newest number is their revision: two changes are numbered in the order in which they
    are seen, so nobody can know a later one and miss the one before it.
    """
    if not is_sqlite(session):
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(what))))


def made(session: Session, **ids: str) -> None:
    """Names what this transaction made, for whoever must find it again (an idempotency key)."""
    session.info.setdefault("made", {}).update(ids)


@contextmanager
def finishing_with(last_step: Callable[[Session], None]) -> Iterator[None]:
    """Every transaction inside does `last_step` before it commits, and stands or falls with it."""
    session = cast(Session, db.session())
    session.info["last_step"] = last_step
    try:
        yield
    finally:
        session.info.pop("last_step", None)


def rows_changed(session: Session, statement: sa.Update | sa.Delete | sa.Insert) -> int:
    """Runs a conditional write and says how many rows it met."""
    options = {"preserve_rowcount": True} if statement.is_insert else {}
    result = cast("CursorResult[Any]", session.execute(statement, execution_options=options))
    return result.rowcount


def table_of(model: type[Base]) -> sa.Table:
    """The model's table, for statements of hot paths that need no objects."""
    return cast(sa.Table, model.__table__)


def engine_of(session: Session) -> Engine:
    """The engine of the session's database; its URL names that database for whoever keeps a cache."""
    return cast(Engine, session.get_bind())


def is_sqlite(session: Session) -> bool:
    return engine_of(session).dialect.name == "sqlite"


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "synchronous=FULL",
        "busy_timeout=15000",
        "cache_size=-32000",
        "wal_autocheckpoint=64000",  # see gig.core.checkpoints
    ):
        connection.execute("PRAGMA " + pragma)


@event.listens_for(Pool, "checkin")
def _note_use(connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()
    if record.info.pop("brief", False) and connection is not None:
        connection.execute("PRAGMA synchronous=FULL")


@event.listens_for(Pool, "checkout")
def _ask_if_alive(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """A connection that rested is asked for a sign of life, so that a restarted server costs no request.

    Under load none rests, and none pays for the question. One that is dead means that all are.
    """
    used_at = record.info.get("used_at")
    if isinstance(connection, sqlite3.Connection) or used_at is None:
        return
    if time.monotonic() - used_at > TRUSTED_FOR_S:
        try:
            connection.autocommit = True
            connection.execute("SELECT 1")
            connection.autocommit = False
        except Exception as error:
            raise sa.exc.InvalidatePoolError from error


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        options = connection.get_execution_options()
        driver = cast(sqlite3.Connection, connection.connection.driver_connection)
        if options.get("gig_brief"):
            connection.info["brief"] = True
            driver.execute("PRAGMA synchronous=NORMAL")
        driver.execute("BEGIN IMMEDIATE" if options.get("gig_write") else "BEGIN")
