"""Writes that are gathered and sent as one."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.clock import real_now
from gig.core.db import is_sqlite, table_of, transaction
from gig.core.inserts import PreparedInsert
from gig.core.outbox import OutboxEvent, emit, emit_all
from gig.core.prepared import Prepared
from gig.core.together import together
from tests.statements import counted

EVENTS = table_of(OutboxEvent)
RENAME = Prepared(
    sa.update(EVENTS).where(EVENTS.c.topic == sa.bindparam("topic")).values(type=sa.bindparam("type"))
)
ADD = PreparedInsert(EVENTS)


def said(topic: str) -> dict[str, str]:
    return {"topic": topic, "type": "new", "payload": "{}", "created_at": real_now()}  # type: ignore[dict-item]


def types(session: Session) -> dict[str, str]:
    session.rollback()
    return dict(session.execute(sa.select(EVENTS.c.topic, EVENTS.c.type)).all())


def test_all_writes_of_a_block_are_there_after_it_and_none_within(session: Session) -> None:
    with transaction() as writing:
        emit(writing, "a", "old", {}, now=real_now())
        with together(writing):
            RENAME.write(writing, {"topic": "a", "type": "renamed"})
            ADD.write(writing, [said("b"), said("c")])
            assert writing.execute(sa.select(sa.func.count()).select_from(EVENTS)).scalar_one() == 1
    assert types(session) == {"a": "renamed", "b": "new", "c": "new"}


def test_they_are_one_statement_where_the_database_can_take_them_so(session: Session) -> None:
    with transaction() as writing, counted() as sent:
        with together(writing):
            RENAME.write(writing, {"topic": "a", "type": "renamed"})
            emit_all(writing, [("b", "new", {}), ("c", "new", {})], now=real_now())
        assert len(sent) == (2 if is_sqlite(writing) else 1)


def test_the_others_are_carried_out_only_if_the_deciding_write_meets_a_row(session: Session) -> None:
    with transaction() as writing:
        emit(writing, "a", "old", {}, now=real_now())
        with together(writing) as missing:
            missing.decide(RENAME, {"topic": "nowhere", "type": "renamed"})
            ADD.write(writing, [said("b")])
            ADD.write(writing, [said("c"), said("d")])
        with together(writing) as there:
            there.decide(RENAME, {"topic": "a", "type": "renamed"})
            ADD.write(writing, [said("e")])
        assert (missing.met, there.met) == (0, 1)
    assert types(session) == {"a": "renamed", "e": "new"}


def test_a_deciding_write_alone_says_what_it_met(session: Session) -> None:
    with transaction() as writing:
        emit_all(writing, [("a", "old", {}), ("a", "old", {})], now=real_now())
        with together(writing) as alone:
            alone.decide(RENAME, {"topic": "a", "type": "renamed"})
        assert alone.met == 2


def test_nothing_is_sent_when_the_block_fails_and_the_next_begins_anew(session: Session) -> None:
    with transaction() as writing:
        with pytest.raises(ZeroDivisionError), together(writing):
            ADD.write(writing, [said("b")])
            raise ZeroDivisionError
        with together(writing):
            ADD.write(writing, [said("c")])
    assert types(session) == {"c": "new"}


def test_blocks_do_not_nest(session: Session) -> None:
    with transaction() as writing, together(writing), pytest.raises(RuntimeError), together(writing):
        pass


def test_a_write_outside_a_block_is_carried_out_at_once(session: Session) -> None:
    with transaction() as writing:
        ADD.write(writing, [said("a")])
        assert writing.execute(sa.select(EVENTS.c.topic)).scalars().all() == ["a"]
