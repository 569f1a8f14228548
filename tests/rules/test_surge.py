"""What a surge adds to a quote."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gig.payouts.rates.price_file import price_file
from gig.payouts.rates.rules.quote import Quote, quote
from gig.payouts.rates.rules.seed import seed_card

CARD = seed_card("Asia/Shanghai")
DINNER = dt.datetime(2026, 11, 18, 10, 0, tzinfo=dt.UTC)


def offered(
    points: int, *, at: dt.datetime = DINNER, queue: str = "other", tier: str = "gold", paid: int = 0
) -> Quote:
    return quote(
        CARD,
        queue=queue,
        issue_type="x",
        tier=tier,
        clock_started_at=at,
        paid_so_far=paid,
        surge_percent=points,
    )


def test_points_are_added_to_the_multiplier_of_the_band() -> None:
    found = offered(50)
    assert found.why == "1.20 × 2.5 晚高峰+加成 = 3.00"
    assert (found.gross_fen, found.surge_fen) == (300, 60)


def test_outside_every_band_the_surge_stands_alone() -> None:
    assert offered(50, at=DINNER + dt.timedelta(hours=5)).why == "1.20 × 1.5 加成 = 1.80"


def test_a_reply_that_is_not_paid_promises_nothing() -> None:
    found = offered(50, paid=CARD.max_paid_replies)
    assert (found.gross_fen, found.surge_fen, found.band) == (0, 0, "晚高峰")


@given(
    tier=st.sampled_from(["gold", "trainee"]),
    queue=st.sampled_from(["refund", "delivery", "other"]),
    minute=st.integers(0, 24 * 60 - 1),
    points=st.integers(10, 400),
)
def test_a_surge_never_lowers_a_price_and_adds_at_most_its_share_of_four_yuan(
    tier: str, queue: str, minute: int, points: int
) -> None:
    at = DINNER + dt.timedelta(minutes=minute)
    plain, more = offered(0, at=at, queue=queue, tier=tier), offered(points, at=at, queue=queue, tier=tier)
    assert 0 <= more.surge_fen == more.gross_fen - plain.gross_fen <= 4 * points
    assert more.multiplier_percent == min(plain.multiplier_percent + points, 500)


def test_a_file_of_turns_may_say_the_points_of_each(tmp_path: Path) -> None:
    card, turns = tmp_path / "card.json", tmp_path / "turns.csv"
    card.write_text(json.dumps(CARD.to_json()), "utf-8")
    turns.write_text(
        "turn_id,inquiry_id,queue,issue_type,tier,clock_started_at,replied_at,surge_percent\n"
        "t1,i1,other,x,gold,2026-11-18T18:00:00+08:00,2026-11-18T18:00:30+08:00,50\n"
        "t2,i2,other,x,gold,2026-11-18T18:00:00+08:00,2026-11-18T18:00:30+08:00,\n"
        "t3,i3,other,x,gold,2026-11-18T18:00:00+08:00,2026-11-18T18:00:30+08:00,-5\n",
        "utf-8",
    )
    out, err = io.StringIO(), io.StringIO()
    assert price_file(card, turns, out, err) == 1
    lines = out.getvalue().splitlines()[1:]
    assert lines[0] == "t1,120,250,300,0,0,300,1.20 × 2.5 晚高峰+加成 = 3.00"
    assert lines[1] == "t2,120,200,240,0,0,240,1.20 × 2.0 晚高峰 = 2.40"
    assert "第 4 行" in err.getvalue()
