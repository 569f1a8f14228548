"""Reading the outbox: once each, late ones too, and what is forgotten."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from gig.core import outbox
from gig.core.clock import real_now
from gig.core.db import db, transaction
from gig.core.outbox import OutboxEvent
from gig.live import feed as feeds
from gig.live.feed import Feed
from gig.live.frames import Row
from gig.live.hub import Hub
from gig.live.purge import purge_outbox
from gig.live.reader import GAP_WAITS_S, Reader

NOW = dt.datetime(2026, 11, 2, 8, tzinfo=dt.UTC)


@pytest.fixture
def engine(session: Session) -> Engine:
    return db.engine


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Engine]:
    engine = sa.create_engine(postgresql_url)
    yield engine
    engine.dispose()


def emit(*types: str, now: dt.datetime = NOW) -> None:
    with transaction() as session:
        outbox.emit_all(session, [("ops", type, {}) for type in types], now=now)


def types(rows: list[Row]) -> list[str]:
    return [row.type for row in rows]


def insert(connection: sa.Connection, type: str) -> int:
    statement = sa.insert(OutboxEvent).values(topic="ops", type=type, payload="{}", created_at=NOW)
    id: int = connection.scalar(statement.returning(OutboxEvent.id)) or 0
    return id


def test_what_was_there_before_is_not_fetched_and_the_rest_is_fetched_once(engine: Engine) -> None:
    emit("before")
    reader = Reader(engine)
    reader.begin()
    emit("one", "two")
    assert types(reader.fetch()) == ["one", "two"]
    assert reader.fetch() == []


def test_an_event_that_commits_after_a_later_one_is_fetched_and_replayed(postgresql: Engine) -> None:
    reader = Reader(postgresql)
    reader.begin()
    with postgresql.connect() as slow, postgresql.connect() as quick:
        insert(slow, "slow")
        last = insert(quick, "quick")
        quick.commit()
        assert types(reader.fetch()) == ["quick"]
        slow.commit()
        assert types(reader.fetch()) == ["slow"]
        assert reader.fetch() == []
    assert types(reader.memory.replay(["ops"], last, last) or []) == ["slow"]


def test_an_event_that_is_in_flight_when_reading_begins_is_fetched(postgresql: Engine) -> None:
    reader = Reader(postgresql)
    with postgresql.connect() as slow, postgresql.connect() as quick:
        insert(quick, "first")
        insert(slow, "slow")
        insert(quick, "quick")
        quick.commit()
        reader.begin()
        slow.commit()
        assert types(reader.fetch()) == ["slow"]


def test_a_gap_that_nobody_fills_is_forgotten_after_a_minute(postgresql: Engine) -> None:
    clock = [0.0]
    reader = Reader(postgresql, monotonic=lambda: clock[0])
    reader.begin()
    with postgresql.connect() as connection:
        insert(connection, "rolled back")
        connection.rollback()
        insert(connection, "kept")
        connection.commit()
    assert types(reader.fetch()) == ["kept"]
    assert reader._gaps
    clock[0] = GAP_WAITS_S + 1
    assert reader.fetch() == []
    assert not reader._gaps


def test_lately_revoked_sessions_are_known_to_a_process_that_has_just_started(engine: Engine) -> None:
    with transaction() as session:
        outbox.emit(session, "session:s1", "session.revoked", {}, now=NOW)
    assert Reader(engine).begin() == {"session:s1"}


def test_purging_keeps_a_day_and_the_newest_row(engine: Engine) -> None:
    day = dt.timedelta(hours=24)
    emit(*["old"] * 5, now=NOW - day - dt.timedelta(seconds=1))
    emit("young", now=NOW - day)
    assert purge_outbox(NOW) == "5 rows"
    assert purge_outbox(NOW) is None
    purge_outbox(NOW + 3 * day)
    with engine.connect() as connection:
        assert list(connection.scalars(sa.select(OutboxEvent.type))) == ["young"]


def test_a_page_older_than_what_is_kept_must_fetch_afresh(engine: Engine) -> None:
    emit(*["old"] * 5, now=NOW - dt.timedelta(days=2))
    emit("new")
    reader = Reader(engine)
    reader.begin()
    assert types(reader.memory.replay(["ops"], reader.position - 5, reader.position) or []) == ["old"] * 4 + [
        "new"
    ]
    purge_outbox(NOW)
    reader = Reader(engine)
    reader.begin()
    assert reader.memory.replay(["ops"], reader.position - 5, reader.position) is None
    assert types(reader.memory.replay(["ops"], reader.position - 1, reader.position) or []) == ["new"]


def test_a_process_that_has_just_begun_remembers_what_pages_missed_before_it(engine: Engine) -> None:
    emit("before", "it", "died")
    reader = Reader(engine)
    reader.begin()
    emit("after")
    reader.fetch()
    missed = reader.memory.replay(["ops", "queue:refund"], reader.position - 3, reader.position)
    assert types(missed or []) == ["it", "died", "after"]


def test_a_commit_in_the_same_process_rings(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "POLL_S", 3600)

    class Ears(Hub):
        def __init__(self) -> None:
            super().__init__()
            self.told: asyncio.Queue[Row] = asyncio.Queue()

        async def tell(self, rows: object) -> None:
            for row in rows:  # type: ignore[attr-defined]
                self.told.put_nowait(row)

    def commit() -> None:
        with app.app_context():
            emit("rung", now=real_now())

    async def listen() -> Row:
        with app.app_context():
            feed = Feed(db.engine, hub := Ears())
        await feed.start()
        await asyncio.to_thread(commit)
        try:
            async with asyncio.timeout(20):
                return await hub.told.get()
        finally:
            await feed.stop()

    assert asyncio.run(listen()).type == "rung"
