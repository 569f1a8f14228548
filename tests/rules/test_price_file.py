"""A file of turns, priced without a database."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from gig.payouts.rates.price_file import PRICED, price_file
from tests.rules.cards import card_json

HEADER = "turn_id,inquiry_id,queue,issue_type,tier,clock_started_at,replied_at"


def run(
    tmp_path: Path, *rows: str, header: str = HEADER, **card: Any
) -> tuple[int, list[dict[str, str]], str]:
    (tmp_path / "card.json").write_text(json.dumps(card_json(**card)), encoding="utf-8")
    (tmp_path / "turns.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    code = price_file(tmp_path / "card.json", tmp_path / "turns.csv", out, err)
    return code, list(csv.DictReader(io.StringIO(out.getvalue()))), err.getvalue()


def turn(
    name: str, replied: str, *, started: str = "18:00:00", inquiry: str = "q1", tier: str = "gold"
) -> str:
    day = "2026-11-20T"
    return f"{name},{inquiry},refund,late,{tier},{day}{started}+08:00,{day}{replied}+08:00"


def test_each_turn_is_printed_with_every_step(tmp_path: Path) -> None:
    code, rows, err = run(tmp_path, turn("t1", "18:01:11.3"), turn("t2", "18:00:20", tier="silver"))
    assert (code, err) == (0, "")
    assert list(rows[0].values()) == [
        "t1",
        "200",
        "200",
        "400",
        "20",
        "80",
        "320",
        "2.00 × 2.0 晚高峰 = 4.00 − 20% 超时(71.3 s) 0.80 = 3.20",
    ]
    assert tuple(rows[0]) == PRICED
    assert rows[1]["gross_fen"] == "240"


def test_paid_replies_are_counted_in_the_order_of_the_replies_not_of_the_file(tmp_path: Path) -> None:
    code, rows, _ = run(
        tmp_path,
        turn("c", "18:03:00", started="18:02:30"),
        turn("b", "18:02:00", started="18:01:30"),
        turn("other", "18:09:00", started="18:08:30", inquiry="q2"),
        turn("gone", "18:01:20", started="17:50:00"),
        turn("a", "18:01:00"),
        max_paid_replies=2,
    )
    assert code == 0
    assert [row["turn_id"] for row in rows] == ["c", "b", "other", "gone", "a"]
    assert [row["gross_fen"] for row in rows] == ["0", "400", "400", "0", "400"]
    assert (rows[0]["why"], rows[3]["why"]) == ("0.00 本单计费回复已满 2 条", "expired")


def test_replies_of_one_instant_are_ordered_by_clock_and_then_by_name(tmp_path: Path) -> None:
    _, rows, _ = run(
        tmp_path,
        turn("b", "18:01:00"),
        turn("a", "18:01:00"),
        turn("z", "18:01:00", started="17:59:00"),
        max_paid_replies=2,
    )
    assert {row["turn_id"]: row["gross_fen"] for row in rows} == {"z": "400", "a": "400", "b": "0"}


def test_a_bad_row_is_named_with_its_line_and_the_rest_is_printed(tmp_path: Path) -> None:
    code, rows, err = run(
        tmp_path,
        turn("early", "17:59:59.999999"),
        "",
        '"two\nlines",q1,refund,late,gold,2026-11-20T18:00:00,2026-11-20T18:00:30+08:00',
        "short,q1",
        turn("good", "18:00:30"),
    )
    assert code == 1
    assert [row["turn_id"] for row in rows] == ["good"]
    assert [line.split("：")[0] for line in err.splitlines()] == ["第 2 行", "第 4 行", "第 6 行"]


def test_a_bad_row_uses_up_no_paid_reply(tmp_path: Path) -> None:
    _, rows, _ = run(tmp_path, turn("early", "17:00:00"), turn("good", "18:00:30"), max_paid_replies=1)
    assert [row["gross_fen"] for row in rows] == ["400"]


def test_a_card_in_the_past_is_no_fault_here_and_a_bad_one_prices_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, turn("t", "18:00:30"), valid_from="2001-01-01T00:00:00Z")[0] == 0
    code, rows, err = run(tmp_path, turn("t", "18:00:30"), late=[], base=[])
    assert (code, rows) == (1, [])
    assert [line.split(":")[0] for line in err.splitlines()] == ["/base", "/late"]


def test_a_file_without_its_columns_or_not_there_says_so(tmp_path: Path) -> None:
    code, rows, err = run(tmp_path, header="turn_id,queue")
    assert (code, rows) == (1, [])
    assert "inquiry_id" in err
    out, err_stream = io.StringIO(), io.StringIO()
    assert price_file(tmp_path / "none.json", tmp_path / "none.csv", out, err_stream) == 1
    assert "none.json" in err_stream.getvalue()


def test_columns_may_come_in_any_order_with_others_and_a_byte_order_mark(tmp_path: Path) -> None:
    header = "\ufeffreplied_at,note,tier,issue_type,queue,inquiry_id,turn_id,clock_started_at"
    row = "2026-11-20T10:00:30Z,x,gold,late,refund,q1,t1,2026-11-20T10:00:00Z"
    code, rows, _ = run(tmp_path, row, header=header)
    assert (code, rows[0]["pay_fen"]) == (0, "400")
