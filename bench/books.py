"""A week of work for many agents, written by the database itself, for the benches of close and sheet."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.app import create_app
from gig.core.crypto import keyring
from gig.core.db import Base, db, transaction
from gig.core.schema import upgrade
from gig.payouts.settlement.operations.periods import ensure_period
from gig.settings import Settings
from tests.fixtures.postgres import running_postgres

WEEK = dt.datetime(2026, 11, 16, 4, tzinfo=dt.UTC)
AFTER = WEEK + dt.timedelta(days=8)
KINDS = ("sqlite", "postgresql")


@contextmanager
def database(kind: str) -> Iterator[Flask]:
    """The product on an empty, migrated database of the kind, with the settings it ships with."""
    with TemporaryDirectory() as folder:
        if kind == "sqlite":
            yield from _application(f"sqlite:///{Path(folder) / 'bench.db'}")
            return
        with running_postgres([]) as server:
            yield from _application(server.create("bench"))


def _application(url: str) -> Iterator[Flask]:
    app = create_app(Settings.from_env({"GIG_DATABASE_URL": url, "GIG_SECRET_KEY": "only-for-benches-" * 3}))
    with app.app_context():
        upgrade(db.engine)
        yield app
        db.session.remove()
        db.engine.dispose()


def number(digits: int, value: str) -> str:
    """SQL text of `digits` digits, zeros in front, in both dialects."""
    text = f"CAST({value} AS TEXT)"
    return f"substr('{'0' * digits}' || {text}, length({text}) + 1, {digits})"


def numbers(count: int) -> str:
    return f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1})"


def add_agents(session: Session, count: int) -> None:
    """Verified, active agents, each with a first payee of their own."""
    instant = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    ids = [f"{i:026d}" for i in range(count)]
    seal, tables = keyring().seal, Base.metadata.tables
    person, agent, payee = tables["person"], tables["agent"], tables["payee"]
    phone = seal(b"13800000000", "person.phone")
    for start in range(0, count, 5000):
        some = ids[start : start + 5000]
        session.execute(
            sa.insert(person).values(phone=sa.bindparam("sealed", type_=sa.LargeBinary)),
            [
                {
                    "id": id,
                    "sealed": phone,
                    "phone_index": id,
                    "name": "",
                    "roles": "agent",
                    "created_at": instant,
                }
                for id in some
            ],
        )
        session.execute(
            sa.insert(agent),
            [
                {
                    "id": id,
                    "stage": "active",
                    "tier": "silver",
                    "presence": "offline",
                    "last_seen_at": instant,
                    "verified_at": instant,
                    "answered_turns": 0,
                    "misses_in_row": 0,
                    "score_tenths": 848,
                    "nights_below": 0,
                    "sound": True,
                    "created_at": instant,
                }
                for id in some
            ],
        )
        session.execute(
            sa.insert(payee),
            [
                {
                    "agent_id": id,
                    "kind": "bank",
                    "holder": "䶮小" + id[-2:],
                    "account": "6222021" + id[-12:],
                    "account_index": id,
                    "account_mask": id[-4:],
                    "first": True,
                    "changed_at": instant,
                }
                for id in some
            ],
        )


def add_earnings(session: Session, count: int, agents: int, period_id: str) -> None:
    """`count` answered turns shared evenly, every fifth of them late, with their entries in the book."""
    agent = number(26, f"i % {agents}")
    penalty = "CASE WHEN i % 5 = 0 THEN 72 ELSE 0 END"
    dialect = session.get_bind().dialect
    no, yes = sa.false().compile(dialect=dialect), sa.true().compile(dialect=dialect)
    at = {"at": WEEK, "period": period_id}
    typed = [sa.bindparam("at", type_=Base.metadata.tables["earning"].c.received_at.type)]
    session.execute(
        sa.text(
            f"""INSERT INTO earning (id, turn_id, inquiry_id, agent_id, period_id, queue, issue_type, tier,
            card_id, base_fen, multiplier_percent, band, gross_fen, late_percent, penalty_fen, pay_fen,
            capped, on_time, clock_started_at, received_at, latency_us, why)
            {numbers(count)} SELECT {number(26, "i")}, {number(26, "i")}, {number(26, "i")}, {agent}, :period,
            'refund', 'general', 'silver', {number(26, "0")}, 180, 200, NULL, 360, CASE WHEN i % 5 = 0 THEN 20
            ELSE 0 END, {penalty}, 360 - ({penalty}), {no},
            CASE WHEN i % 5 = 0 THEN {no} ELSE {yes} END, :at, :at, 30000000, '1.80 × 2.0 = 3.60' FROM n"""
        ).bindparams(*typed),
        at,
    )
    for kind, part, every, fen, debit, credit in (
        ("earning", "0", 1, 360, "'Expenses:Commission'", f"'Liabilities:AgentPayable:A' || {agent}"),
        (
            "penalty",
            "1",
            5,
            72,
            f"'Liabilities:AgentPayable:A' || {agent}",
            "'Expenses:Commission:LatePenalty'",
        ),
    ):
        signed = fen if kind == "earning" else -fen
        session.execute(
            sa.text(
                f"""INSERT INTO ledger_entry (id, source_key, kind, debit, credit, amount_fen, agent_id,
                payable_fen, period_id, posted_at, memo)
                {numbers(count)} SELECT '{part}' || {number(25, "i")},
                '{kind}:' || {number(26, "i")}, '{kind}', {debit}, {credit},
                {fen}, {agent}, {signed}, :period, :at, '1.80 × 2.0 = 3.60'
                FROM n WHERE i % {every} = 0"""
            ).bindparams(*typed),
            at,
        )


def at_rest() -> None:
    """What the database wrote is on the disk: whoever is timed from here on does not wait for what was laid
    in before, which is more than a week of real work brings."""
    sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)" if sqlite else "CHECKPOINT")
    os.sync()


def week_of(earnings: int, agents: int) -> str:
    """A week of this size is in the database and its statistics are fresh; the period's id."""
    with transaction() as session:
        period_id = ensure_period(session, WEEK).id
        add_agents(session, agents)
        add_earnings(session, earnings, agents, period_id)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if db.engine.dialect.name == "sqlite" else "VACUUM ANALYZE")
    return period_id
