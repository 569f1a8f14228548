"""What a card would have paid: to the fen what `gig price` says of the same turns, and read-only."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.ids import new_id
from gig.payouts.earnings.models import Earning
from gig.payouts.rates import queries as rates
from gig.payouts.rates.operations.drafts import create_draft
from gig.payouts.rates.price_file import COLUMNS, SURGE_COLUMN, price_file
from gig.payouts.surges.models import Surge
from gig.payouts.whatif import correction
from gig.payouts.whatif.models import WhatIf
from gig.payouts.whatif.operations.asking import ask
from gig.payouts.whatif.operations.running import work
from gig.payouts.whatif.tally import Sum, read_tally
from tests.rules.cards import band, base_row, card_json

DAY = dt.timedelta(days=1)
SINCE = dt.datetime(2026, 11, 8, 16, tzinfo=dt.UTC)
UNTIL = SINCE + 3 * DAY
NOW = UNTIL + DAY
QUEUES = ("refund", "delivery", "quality")
ISSUES = ("status", "late", "damaged")
AGENTS = [f"{n:026d}" for n in range(7)]
SURGE = (SINCE + dt.timedelta(hours=30), SINCE + dt.timedelta(hours=34))
_serial = itertools.count()

CARD = card_json(
    name="what if",
    claim_expires_s=200,
    max_paid_replies=4,
    base=[
        base_row(133),
        base_row(201, queue="refund"),
        base_row(55, queue="delivery", issue_type="late"),
        base_row(399, queue="quality", tier="gold"),
    ],
    bands=[band("mon-fri", "09:45", "12:15", 155), band("mon-sun", "22:30", "02:10", 275)],
    dates=[{"date": "2026-11-10", "bands": [band("", "06:07", "23:01", 333) | {"name": "节"}]}],
)
del CARD["dates"][0]["bands"][0]["days"]


def random_turns(seed: int, count: int) -> list[dict[str, Any]]:
    """Answered turns before, in and after the span, some inquiries with many of them, priced at random."""
    die = random.Random(seed)
    turns = []
    for _ in range(count):
        start = SINCE + die.random() * (UNTIL - SINCE)
        if die.random() < 0.2:
            start = start.replace(minute=die.choice([0, 10, 45]), second=0, microsecond=0)
        late = die.choice([0, 60_000_000, 60_000_001, 120_000_000, 200_000_000, die.randrange(290_000_000)])
        inquiry = die.randrange(count // 2) if die.random() < 0.5 else -die.randrange(1, 6)
        turns.append(
            a_turn(
                agent_id=die.choice(AGENTS),
                inquiry_id=f"i{inquiry:025d}",
                queue=die.choice(QUEUES),
                issue_type=die.choice(ISSUES),
                tier=die.choice(["gold", "silver"]),
                clock_started_at=start,
                latency_us=late,
                gross_fen=die.choice([0, 120, 240]),
            )
        )
    return [turn for turn in turns if SINCE <= turn["received_at"] < UNTIL]


def a_turn(**changes: Any) -> dict[str, Any]:
    """One row of earnings; in the morning of the first day, on time, 1.20."""
    turn = {
        "agent_id": AGENTS[0],
        "inquiry_id": new_id(),
        "queue": "refund",
        "issue_type": "status",
        "tier": "gold",
        "clock_started_at": SINCE + dt.timedelta(hours=8),
        "latency_us": 30_000_000,
        "gross_fen": 120,
        "multiplier_percent": 100,
    } | changes
    gross = turn["gross_fen"]
    return turn | {
        "id": new_id(),
        "turn_id": f"t{next(_serial):025d}",
        "period_id": "2026-11-09",
        "base_fen": 120,
        "late_percent": 0,
        "penalty_fen": 0,
        "pay_fen": gross,
        "capped": gross == 0,
        "on_time": turn["latency_us"] <= 60_000_000,
        "received_at": turn["clock_started_at"] + dt.timedelta(microseconds=turn["latency_us"]),
        "why": "",
    }


def keep(session: Session, turns: list[dict[str, Any]]) -> None:
    card_id = rates.card_in_force(session, SINCE)[0]
    with transaction() as writing:
        writing.execute(sa.insert(Earning), [{**turn, "card_id": card_id, "band": None} for turn in turns])


def drafted(**changes: Any) -> str:
    return create_draft(document={**CARD, **changes}, now=NOW, actor_id=None)


def asked(card_id: str, since: dt.datetime = SINCE, until: dt.datetime = UNTIL) -> str:
    return ask(card_id=card_id, since=since, until=until, actor_id=None, now=NOW)


def finished(session: Session, id: str) -> WhatIf:
    while not work(id=id, for_s=0, now=NOW):
        pass
    return session.get_one(WhatIf, id, populate_existing=True)


def price_said(
    tmp_path: Path, card: dict[str, Any], turns: list[dict[str, Any]], surged: frozenset[str] = frozenset()
) -> dict[str, int]:
    """Pay by turn, as the command prints it."""
    card_path, turns_path = tmp_path / "card.json", tmp_path / "turns.csv"
    card_path.write_text(json.dumps(card), "utf-8")
    with turns_path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, SURGE_COLUMN])
        for turn in turns:
            plain = [turn[name] for name in COLUMNS[:5]]
            at = [turn[name].isoformat() for name in ("clock_started_at", "received_at")]
            writer.writerow([*plain, *at, 60 if turn["turn_id"] in surged else 0])
    out, err = io.StringIO(), io.StringIO()
    assert price_file(card_path, turns_path, out, err) == 0, err.getvalue()
    return {row["turn_id"]: int(row["pay_fen"]) for row in csv.DictReader(io.StringIO(out.getvalue()))}


def sums(turns: list[dict[str, Any]], new: dict[str, int], of: str) -> dict[str, Sum]:
    found: dict[str, Sum] = defaultdict(Sum)
    for turn in turns:
        found[turn[of]].add(1, turn["pay_fen"], new[turn["turn_id"]])
    return dict(found)


@pytest.fixture
def surge(session: Session) -> Iterator[Surge]:
    """Sixty points on refunds for four hours of the second day."""
    with transaction() as writing:
        made = Surge(
            id=new_id(),
            queue="refund",
            percent=60,
            starts_at=SURGE[0],
            ends_at=SURGE[1],
            budget_fen=90_000,
            reason="雨天",
        )
        writing.add(made)
    yield made


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_turns_are_priced_as_the_command_prices_them(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(correction, "PAGE", 3)
    turns = random_turns(seed, 900)
    keep(session, turns)
    new = price_said(tmp_path, CARD, turns)
    run = finished(session, asked(drafted()))
    tally = read_tally(run.tally)

    assert (run.state, run.replies) == ("done", len(turns))
    assert dict(tally.issues) == sums(turns, new, "issue_type")
    assert (tally.total.old_fen, tally.total.new_fen) == (
        sum(turn["pay_fen"] for turn in turns),
        sum(new.values()),
    )
    people = sums(turns, new, "agent_id")
    assert dict(tally.changes()) == {id: s.change_fen for id, s in people.items() if s.change_fen}
    hours = defaultdict(int)
    for turn in turns:
        hours[f"{(turn['clock_started_at'] + dt.timedelta(hours=8)).hour:02d}"] += new[turn["turn_id"]]
    assert {hour: s.new_fen for hour, s in tally.hours.items()} == dict(hours)


def test_a_surge_is_added_to_the_other_cards_multiplier_too(
    session: Session, tmp_path: Path, surge: Surge
) -> None:
    turns = random_turns(7, 900)
    surged = set()
    for turn in turns:
        if (
            turn["queue"] == "refund"
            and SURGE[0] <= turn["clock_started_at"] < SURGE[1]
            and turn["gross_fen"]
        ):
            turn["multiplier_percent"] = 260
            surged.add(turn["turn_id"])
    assert surged
    keep(session, turns)
    new = price_said(tmp_path, CARD, turns, frozenset(surged))
    tally = read_tally(finished(session, asked(drafted())).tally)
    assert tally.total.new_fen == sum(new.values())
    assert dict(tally.issues) == sums(turns, new, "issue_type")


def test_replies_before_the_span_use_up_paid_replies_as_they_did(session: Session) -> None:
    before = [a_turn(inquiry_id="i", clock_started_at=SINCE - n * dt.timedelta(hours=1)) for n in (1, 2, 3)]
    unpaid = a_turn(inquiry_id="i", clock_started_at=SINCE - 4 * DAY, gross_fen=0)
    inside = [a_turn(inquiry_id="i", clock_started_at=SINCE + n * dt.timedelta(hours=1)) for n in (1, 2)]
    keep(session, [*before, unpaid, *inside])
    run = finished(session, asked(drafted(bands=[], dates=[])))
    assert read_tally(run.tally).total == Sum(replies=2, old_fen=240, new_fen=201)


def test_a_card_that_pays_no_reply_pays_nothing(session: Session) -> None:
    keep(session, random_turns(5, 60))
    run = finished(session, asked(drafted(max_paid_replies=0)))
    assert read_tally(run.tally).total.new_fen == 0


def test_the_card_that_was_in_force_changes_nothing(session: Session) -> None:
    keep(session, [a_turn(gross_fen=180), a_turn(issue_type="late", gross_fen=180)])
    seed_id = rates.card_in_force(session, SINCE)[0]
    noon = asked(seed_id)
    tally = read_tally(finished(session, noon).tally)
    assert tally.total.change_fen == 2 * 0
    assert dict(tally.changes()) == {}
