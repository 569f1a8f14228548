"""SQLite's log of writes, taken into its file beside those who write and not by one of them.

By itself SQLite lets whoever's commit makes the log long enough carry all of it into the file: a claim that
comes while a close writes would wait for that. Here a thread of each serving process does it, often and so
little at a time. A commit does it only when the log has grown far longer, as in a command that imports much.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import Engine

log = logging.getLogger(__name__)

EVERY_S = 0.5


def keep(engine: Engine) -> None:
    """The log is taken in every half second, as long as the process and the file are there."""
    path = engine.url.database
    if engine.dialect.name != "sqlite" or not path or path == ":memory:":
        return
    threading.Thread(target=_go_on, args=(Path(path),), name="checkpoints", daemon=True).start()


def _go_on(path: Path) -> None:
    """Each time anew: a disk that is full may have room again in a while. Trouble is said when it begins."""
    if not path.exists():
        return
    never, failing = threading.Event(), False
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        while not never.wait(EVERY_S) and path.exists():
            try:
                take_in(connection)
                failing = False
            except sqlite3.Error as error:
                if not failing:
                    log.warning("the log of writes cannot be taken in beside them for now: %s", error)
                failing = True


def take_in(connection: sqlite3.Connection) -> int:
    """What the log holds is in the file, but for what somebody still reads; says how many pages it holds.

    Nobody waits for it: neither who reads nor who writes.
    """
    (_busy, pages, _taken) = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(pages)
