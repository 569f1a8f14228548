"""What PostgreSQL has prepared for a connection outlives a transaction that is given up.

The driver forgets all of a connection's prepared statements with each ROLLBACK, for fear that a table was
undone with it. Nothing makes tables while the product runs, and every request that only reads, or is refused,
ends so: whoever came next on that connection had each statement parsed and planned again. Here the ROLLBACK
is sent before the driver does, which then has nothing left to give up. After an error it does it all itself.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import ConnectionPoolEntry, Pool, PoolResetState


@event.listens_for(Engine, "rollback")
def _before_rollback(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        _give_up(connection.connection.dbapi_connection)


@event.listens_for(Pool, "reset")
def _before_return(driver: Any, _record: ConnectionPoolEntry, _state: PoolResetState) -> None:
    if hasattr(driver, "pgconn"):
        _give_up(driver)


def _give_up(driver: Any) -> None:
    """The connection's transaction is over, if it was sound."""
    from psycopg import Error
    from psycopg.pq import TransactionStatus

    if not driver.closed and driver.pgconn.transaction_status == TransactionStatus.INTRANS:
        with suppress(Error):  # the driver meets the same when its turn comes, and says so
            driver.pgconn.exec_(b"ROLLBACK")
