"""PostgreSQL's connections: they keep what they have prepared, whichever way a sound transaction ends. After
an error they forget it.

psycopg forgets every prepared statement with each rollback, because a table could have been made and unmade
in it. A read ends with a rollback, and so does a refused claim: the next one on that connection would plan
its statements again, which costs ten times what they do. No table of ours comes or goes outside a migration,
and PostgreSQL itself plans anew what a migration has touched.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import event
from sqlalchemy.engine import Dialect, Engine


class Keeping(psycopg.Connection[Any]):
    """A connection that has the same prepared statements after a rollback as before, unless after an error:
    it may be one of them that cannot be carried out any more."""

    def rollback(self) -> None:
        with self.lock:
            sound = self.pgconn.transaction_status == TransactionStatus.INTRANS
            if sound and self.pgconn.exec_(b"ROLLBACK").status == ExecStatus.COMMAND_OK:
                return
        super().rollback()  # nothing to roll back, an error, or a connection that is lost: it says so


def keep_prepared(engine: Engine) -> None:
    """Every connection that the engine makes from now on is a `Keeping`; SQLite's are as they were."""
    if engine.dialect.name == "postgresql":
        event.listen(engine, "do_connect", connect)


def connect(_dialect: Dialect, _record: Any, given: list[Any], named: dict[str, Any]) -> Keeping:
    """SQLAlchemy asks this for a connection in place of the driver."""
    return Keeping.connect(*given, **named)
