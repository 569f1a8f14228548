"""What another card would have paid for 1,000,000 replies, over reading those replies.

The bare side reads on the driver's own cursor what `gig price` would need of each reply, whose it was and
what it paid, and does nothing with it. The what-if reads and prices them, counts them by issue type, hour
and agent, looks for inquiries near their last paid reply, and writes down how far it came as it goes.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.books import AFTER, KINDS, database, number, numbers
from gig.core.db import db, is_sqlite, transaction
from gig.payouts.rates import queries
from gig.payouts.rates.operations.drafts import create_draft
from gig.payouts.whatif.models import WhatIf
from gig.payouts.whatif.operations.asking import ask
from gig.payouts.whatif.operations.running import work

REPLIES, AGENTS, ROUNDS, AIM = 1_000_000, 10_000, 4, 1.5
SINCE = dt.datetime(2026, 11, 15, 16, tzinfo=dt.UTC)
UNTIL = SINCE + dt.timedelta(days=7)
READ = (
    "SELECT turn_id, inquiry_id, agent_id, queue, issue_type, tier, clock_started_at, received_at, pay_fen "
    "FROM earning WHERE received_at >= {mark} AND received_at < {mark}"
)


def run() -> list[dict[str, Any]]:
    return [measure(kind) for kind in KINDS]


def measure(kind: str) -> dict[str, Any]:
    """Reading and what-if in turn, on the same rows; the least disturbed run of each side."""
    with database(kind):
        _fill()
        read_s, ask_s = [], []
        for n in range(ROUNDS):
            read_s.append(_read())
            ask_s.append(_ask(n))
        replies = db.session.scalar(sa.select(sa.func.min(WhatIf.replies)))
    ratio = min(ask_s) / min(read_s)
    return {
        "name": "what_if_over_read" if kind == "sqlite" else f"what_if_over_read_{kind}",
        "value": round(ratio, 2),
        "unit": "ratio",
        "aim": f"<= {AIM:g}",
        "holds": ratio <= AIM and replies == REPLIES,
        "detail": f"{REPLIES:,} replies of {AGENTS:,} agents, a third of them priced anew: "
        f"{min(ask_s):.2f} s / {min(read_s):.2f} s, best of {ROUNDS}",
    }


def _read() -> float:
    session = db.session()
    raw: Any = session.connection().connection
    started = time.perf_counter()
    if is_sqlite(session):
        cursor = raw.cursor()
        texts = [at.replace(tzinfo=None).isoformat(" ", "microseconds") for at in (SINCE, UNTIL)]
        cursor.execute(READ.format(mark="?"), texts)
    else:
        cursor = raw.cursor(name="bare")
        cursor.execute(READ.format(mark="%s"), (SINCE, UNTIL))
    while cursor.fetchmany(500):
        pass
    took = time.perf_counter() - started
    cursor.close()
    session.rollback()
    return took


def _ask(n: int) -> float:
    """A card that pays refunds and quality more, delivery less, and Saturday's and Sunday's dinner longer."""
    document = queries.card_in_force(db.session(), AFTER)[1].to_json()
    document |= {"name": f"v{n + 2}", "valid_from": "2030-01-01T00:00:00+08:00"}
    for row in document["base"]:
        row["fen"] += {"refund": 10, "quality": 20, "delivery": -10}.get(row["queue"], 0)
    lunch, dinner = document["bands"]
    week, weekend = {**dinner, "days": "mon-fri"}, {**dinner, "days": "sat,sun", "to": "21:00"}
    document["bands"] = [lunch, week, weekend]
    card_id = create_draft(document=document, now=AFTER, actor_id=None)
    started = time.perf_counter()
    id = ask(card_id=card_id, since=SINCE, until=UNTIL, actor_id=None, now=AFTER)
    while not work(id=id, for_s=60, now=AFTER):
        pass
    return time.perf_counter() - started


def _fill() -> None:
    """A week of replies on five queues, most of them on time, three to an inquiry."""
    with transaction() as session:
        _add(session)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if db.engine.dialect.name == "sqlite" else "VACUUM ANALYZE")


def _add(session: Session) -> None:
    us = f"CAST(i AS BIGINT) * {7 * 86_400_000_000 // REPLIES}"
    mixed = "(CAST(i AS BIGINT) * 7919) % 104729"
    latency = f"1000000 + ({mixed} * 1237) % 70000000"
    hour = f"(({us}) / 3600000000) % 24"
    base = f"CASE {mixed} % 5 WHEN 0 THEN 180 WHEN 1 THEN 120 WHEN 2 THEN 240 WHEN 3 THEN 100 ELSE 150 END"
    queue = (
        f"CASE {mixed} % 5 WHEN 0 THEN 'refund' WHEN 1 THEN 'delivery' WHEN 2 THEN 'quality' "
        "WHEN 3 THEN 'account' ELSE 'merchant' END"
    )
    percent = f"CASE WHEN {hour} IN (10, 11) THEN 150 WHEN {hour} IN (17, 18, 19) THEN 200 ELSE 100 END"
    issue = f"CASE {mixed} % 4 WHEN 0 THEN 'status' WHEN 1 THEN 'late' WHEN 2 THEN 'damaged' ELSE 'other' END"
    tier = f"CASE {mixed} % 3 WHEN 0 THEN 'gold' WHEN 1 THEN 'silver' ELSE 'bronze' END"
    id, agent = number(26, "i"), number(26, f"{mixed} % {AGENTS}")
    inquiry = number(26, "i / 3")
    if is_sqlite(session):

        def at(us: str) -> str:
            second = f"datetime({int(SINCE.timestamp())} + ({us}) / 1000000, 'unixepoch')"
            return f"{second} || '.' || {number(6, f'({us}) % 1000000')}"
    else:

        def at(us: str) -> str:
            return f"to_timestamp({int(SINCE.timestamp())}) + ({us}) * interval '1 microsecond'"

    dialect = session.get_bind().dialect
    no, yes = sa.false().compile(dialect=dialect), sa.true().compile(dialect=dialect)
    gross = "(base * percent + 50) / 100"
    session.execute(
        sa.text(
            f"""INSERT INTO earning (id, turn_id, inquiry_id, agent_id, period_id, queue, issue_type, tier,
            card_id, base_fen, multiplier_percent, band, gross_fen, late_percent, penalty_fen, pay_fen,
            capped, on_time, clock_started_at, received_at, latency_us, why)
            {numbers(REPLIES)}, t AS (SELECT i, {base} AS base, {percent} AS percent, {latency} AS latency,
            {us} AS us, {queue} AS queue, {issue} AS issue, {tier} AS tier FROM n),
            p AS (SELECT t.*, {gross} AS gross,
            CASE WHEN latency > 60000000 THEN ({gross} * 20 + 50) / 100 ELSE 0 END AS penalty FROM t)
            SELECT {id}, {id}, {inquiry}, {agent}, '2026-11-16', queue, issue, tier, {number(26, "0")}, base,
            percent, NULL, gross, CASE WHEN latency > 60000000 THEN 20 ELSE 0 END, penalty, gross - penalty,
            {no}, CASE WHEN latency > 60000000 THEN {no} ELSE {yes} END, {at("us - latency")}, {at("us")},
            latency, '1.80 × 2.0 = 3.60' FROM p"""
        )
    )
