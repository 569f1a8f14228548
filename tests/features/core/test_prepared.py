"""Statements that are put together once and run past the session's objects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gig.core import db as database
from gig.core.db import Instant, db, table_of, transaction
from gig.core.outbox import Event, OutboxEvent, emit_all
from gig.core.prepared import Part, Prepared, PreparedInsert
from gig.dispatch.models import Queue
from tests.statements import counted

AT = dt.datetime(2026, 11, 20, 4, 0, 0, 123456, tzinfo=dt.UTC)
events, queues = table_of(OutboxEvent), table_of(Queue)
INSERT = PreparedInsert(queues, on_conflict=["slug"])
STRICT = PreparedInsert(queues)
FIND = Prepared(
    sa.select(queues.c.slug, queues.c.easy, queues.c.retired_at)
    .where(queues.c.slug == sa.bindparam("slug"))
    .with_for_update()
)
FIND_PLAIN = Prepared(sa.select(queues.c.slug).where(queues.c.slug == sa.bindparam("slug")))
RETIRE = Prepared(
    sa.update(queues)
    .where(queues.c.slug == sa.bindparam("slug"), queues.c.retired_at.is_(None))
    .values(retired_at=sa.bindparam("at", type_=Instant()))
)


def row(slug: str, **values: object) -> dict[str, object]:
    return {"slug": slug, "name": slug, "name_en": slug, "easy": False, "retired_at": None, **values}


def test_rows_come_back_as_the_types_of_their_columns(session: Session) -> None:
    with transaction() as writing:
        assert INSERT.run(writing, [row("a", easy=True, retired_at=AT), row("b")]) == 2
        found = FIND.first(writing, {"slug": "a"})
    assert (found.slug, found.easy, found.retired_at) == ("a", True, AT)
    assert found.easy is True
    assert FIND.all(session, {"slug": "b"}) == [("b", False, None)]
    assert FIND.first(session, {"slug": "c"}) is None


def test_a_write_says_how_many_rows_it_met(session: Session) -> None:
    with transaction() as writing:
        INSERT.run(writing, [row("a")])
        assert [RETIRE.run(writing, {"slug": "a", "at": AT}) for _ in range(2)] == [1, 0]
    assert session.get_one(Queue, "a").retired_at == AT


def test_a_conflict_passes_where_it_may_and_is_an_integrity_error_elsewhere(session: Session) -> None:
    with transaction() as writing:
        INSERT.run(writing, [row("a")])
        assert INSERT.run(writing, [row("a"), row("b")]) == 1
    with pytest.raises(IntegrityError) as refused, transaction() as writing:
        STRICT.run(writing, [row("secret"), row("a")])
    assert "secret" not in str(refused.value)
    assert FIND.first(session, {"slug": "secret"}) is None


def test_more_rows_than_a_driver_takes_at_once_are_written_all_the_same(session: Session) -> None:
    told: list[Event] = [(f"agent:{number}", "notice.changed", {}) for number in range(17_000)]
    with transaction() as writing:
        emit_all(writing, told, now=AT)
    topics = session.scalars(sa.select(OutboxEvent.topic).order_by(OutboxEvent.id)).all()
    assert list(topics) == [topic for topic, *_ in told]


def test_it_stands_and_falls_with_the_transaction(session: Session) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as writing:
        INSERT.run(writing, [row("a")])
        _ = 1 / 0
    assert FIND.first(session, {"slug": "a"}) is None


def test_what_is_asked_first_is_read_as_committed_and_lets_a_write_begin(session: Session) -> None:
    assert FIND_PLAIN.peek(session, {"slug": "a"}) is None
    with transaction() as writing:
        INSERT.run(writing, [row("a")])
    assert FIND_PLAIN.peek(session, {"slug": "a"}) == ("a",)


def test_a_naive_instant_is_refused_here_too(session: Session) -> None:
    with pytest.raises(ValueError, match="naive"), transaction() as writing:
        INSERT.run(writing, [row("a", retired_at=AT.replace(tzinfo=None))])


def test_a_value_that_is_not_given_is_an_error_and_not_a_null(session: Session) -> None:
    with pytest.raises(KeyError, match="slug"):
        FIND.first(session, {})


@pytest.mark.parametrize(
    "statement",
    [
        sa.select(queues.c.slug).where(queues.c.slug.in_(["a", "b"])),
        sa.select(queues.c.slug).where(queues.c.slug == sa.literal("a", literal_execute=True)),
        sa.insert(queues).values(slug=sa.bindparam("slug")),
    ],
)
def test_what_cannot_be_prepared_says_so(session: Session, statement: sa.Executable) -> None:
    with pytest.raises(ValueError, match="cannot be prepared"):
        Prepared(statement).run(session, {"slug": "a"})


def test_a_part_of_a_wider_row_reads_like_its_table(session: Session) -> None:
    with transaction() as writing:
        INSERT.run(writing, [row("a", retired_at=AT)])
    queue, event = Part(Queue, 1), Part(OutboxEvent, 1 + len(queues.c))
    wide = Prepared(
        sa.select(sa.literal_column("7"), *queue.columns, *event.columns)
        .select_from(queues.outerjoin(events, events.c.topic == queues.c.slug))
        .where(queues.c.slug == sa.bindparam("slug"))
    )
    found = wide.first(session, {"slug": "a"})
    assert (queue.found(found), event.found(found)) == (True, False)
    assert (queue(found).slug, queue(found).retired_at) == ("a", AT)


def test_each_is_counted_where_statements_are_counted(session: Session) -> None:
    with counted() as sent:
        FIND_PLAIN.first(session, {"slug": "a"})
        FIND_PLAIN.peek(session, {"slug": "a"})
        session.execute(sa.text("SELECT 1"))
    assert [statement.split()[0] for statement in sent] == ["SELECT"] * 3


def test_connections_that_a_server_dropped_cost_no_request(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    if db.engine.dialect.name == "sqlite":
        assert FIND_PLAIN.first(session, {"slug": "a"}) is None
        return
    monkeypatch.setattr(database, "TRUSTED_FOR_S", -1)
    session.rollback()
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    with db.engine.connect(), db.engine.connect() as killer:
        killer.execute(sa.text(f"{others} AND datname = current_database()"))
    assert FIND_PLAIN.first(session, {"slug": "a"}) is None
    session.rollback()
    assert FIND_PLAIN.peek(session, {"slug": "a"}) is None


@pytest.mark.parametrize("end", [Session.rollback, Session.close])
def test_what_is_prepared_outlives_a_transaction_that_is_given_up(
    session: Session, end: Callable[[Session], None]
) -> None:
    if session.get_bind().dialect.name == "sqlite":
        pytest.skip("SQLite's driver keeps its statements whatever ends")
    kept = sa.text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%FROM queue%'")
    with db.engine.connect() as connection:
        mine = Session(bind=connection)
        mine.info["connection"] = connection
        FIND_PLAIN.all(mine, {"slug": "none"})
        end(mine)
        assert connection.execute(kept).scalar_one() == 1
        FIND_PLAIN.all(mine, {"slug": "none"})
        assert connection.execute(kept).scalar_one() == 1
