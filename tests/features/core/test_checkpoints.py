"""SQLite's log of writes is taken into the file beside those who write."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from gig.core import checkpoints


def _written(path: Path, *, autocheckpoint: int) -> sqlite3.Connection:
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute(f"PRAGMA wal_autocheckpoint={autocheckpoint}")
    writer.execute("CREATE TABLE thing (words TEXT)")
    writer.executemany("INSERT INTO thing VALUES (?)", [("一" * 1000,)] * 50)
    return writer


def test_what_the_log_holds_is_in_the_file_while_a_writer_has_its_transaction_open(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    writer = _written(path, autocheckpoint=0)
    before = path.stat().st_size
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO thing VALUES ('not yet')")
    beside = sqlite3.connect(path, isolation_level=None)
    assert checkpoints.take_in(beside) > 0
    assert path.stat().st_size > before
    writer.execute("COMMIT")
    assert beside.execute("SELECT count(*) FROM thing").fetchone() == (51,)


def test_nothing_is_taken_in_where_there_is_no_file() -> None:
    checkpoints.keep(sa.create_engine("sqlite://"))
    checkpoints.keep(sa.create_engine("sqlite:////nowhere/at/all.db"))


def test_a_full_disk_is_said_once_and_the_log_is_taken_in_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "some.db"
    _written(path, autocheckpoint=0).close()
    attempts, done = iter(["full", "full", "room"]), threading.Event()

    def take_in(connection: sqlite3.Connection) -> int:
        if next(attempts) == "full":
            raise sqlite3.OperationalError("database or disk is full")
        done.set()
        path.unlink()
        return 0

    monkeypatch.setattr(checkpoints, "take_in", take_in)
    monkeypatch.setattr(checkpoints, "EVERY_S", 0.001)
    caplog.set_level(logging.WARNING, checkpoints.__name__)
    checkpoints.keep(sa.create_engine(f"sqlite:///{path}"))
    assert done.wait(20)
    (said,) = caplog.messages
    assert said.endswith("database or disk is full")
