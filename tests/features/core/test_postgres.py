"""Connections to PostgreSQL keep what they have prepared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.errors import Refused
from gig.core.postgres import keep_prepared
from gig.core.prepared import Prepared
from gig.core.text import N_

QUEUES = Prepared(sa.select(sa.literal_column("count(*)", sa.Integer())).select_from(sa.table("queue")))


@pytest.fixture
def connection(postgresql_url: str) -> Iterator[Connection]:
    engine = sa.create_engine(postgresql_url)
    keep_prepared(engine)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def plans(connection: Connection) -> list[tuple[str, int]]:
    """Each prepared statement by name, and how often it was planned for all values or for these."""
    asked = "SELECT name, generic_plans + custom_plans FROM pg_prepared_statements ORDER BY name"
    return [tuple(row) for row in connection.exec_driver_sql(asked)]


def test_a_rollback_leaves_what_the_connection_has_prepared(connection: Connection) -> None:
    QUEUES.on(connection)
    before = plans(connection)
    connection.rollback()
    QUEUES.on(connection)
    assert before
    assert [name for name, _ in plans(connection)] == [name for name, _ in before]


def test_what_is_planned_anew_each_time_is_never_kept(connection: Connection) -> None:
    anew = Prepared(
        sa.select(sa.literal_column("count(*)", sa.Integer())).select_from(sa.table("queue")), anew=True
    )
    for _ in range(3):
        assert anew.on(connection) == QUEUES.on(connection)
    kept = [name for name, _ in plans(connection) if name.startswith("_pg3_")]
    assert len(kept) == 1, "that of the other one, which says the same and was asked as often"


def test_what_an_update_of_the_schema_spoiled_is_prepared_anew_after_the_error(
    connection: Connection,
) -> None:
    with connection.begin():
        connection.exec_driver_sql("CREATE TEMPORARY TABLE spoiled (one INTEGER)")
    look = Prepared(sa.select(sa.column("one", sa.Integer())).select_from(sa.table("spoiled")))
    with connection.begin():
        assert look.on(connection) == []
        connection.exec_driver_sql("INSERT INTO spoiled VALUES (1)")
    driver = connection.connection.driver_connection
    driver.pgconn.exec_(b"ALTER TABLE spoiled ALTER COLUMN one TYPE BIGINT")  # as another process would
    with pytest.raises(sa.exc.DBAPIError, match="cached plan"), connection.begin():
        look.on(connection)
    with connection.begin():
        assert look.on(connection) == [(1,)]


def test_a_rollback_undoes_what_was_written(connection: Connection) -> None:
    (was,) = QUEUES.on(connection)[0]
    connection.exec_driver_sql(
        "INSERT INTO queue (slug, name, name_en, easy) VALUES ('undone', 'undone', 'undone', false)"
    )
    connection.rollback()
    assert QUEUES.on(connection) == [(was,)]


def test_the_next_user_of_a_connection_finds_what_a_reader_had_prepared(postgresql_url: str) -> None:
    engine = sa.create_engine(postgresql_url, pool_size=1, max_overflow=0)
    keep_prepared(engine)
    for _ in range(2):
        with engine.connect() as reader:  # leaves by a rollback
            QUEUES.on(reader)
    with engine.connect() as found:
        ours = [runs for name, runs in plans(found) if name.startswith("_pg3_")]
    engine.dispose()
    assert 2 in ours


def test_a_lost_connection_says_so_when_it_rolls_back(connection: Connection) -> None:
    (number,) = connection.exec_driver_sql("SELECT pg_backend_pid()").one()
    with connection.engine.connect() as other:
        other.exec_driver_sql(f"SELECT pg_terminate_backend({number})")
    with pytest.raises(sa.exc.DBAPIError) as lost:
        QUEUES.on(connection)
    connection.rollback()
    assert lost.value.connection_invalidated
    assert QUEUES.on(connection)  # on a new one


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_refused_write_leaves_what_the_applications_connection_has_prepared(session: Session) -> None:
    for _ in range(2):
        with pytest.raises(Refused), transaction() as writing:
            QUEUES.first(writing)
            raise Refused("not-open", N_("这条咨询已经不在排队了。"))
    asked = sa.text("SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement = :text")
    assert session.scalars(asked, {"text": QUEUES.compiled(session.get_bind().dialect).text}).all() == [2]
