"""Periods, batches and statements by API."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.features.settlement import books
from tests.features.settlement.books import WEEK
from tests.features.settlement.conftest import Program

pytestmark = pytest.mark.usefixtures("after_closing_time")


def test_a_week_is_closed_approved_batched_and_exported(session: Session, program: Program) -> None:
    lin = books.agent(name="䶮")
    books.earn(lin, 4120, base=400)
    maker, checker = program(), program()
    closed = maker.post(f"/periods/{WEEK}/close", key="close-1")
    assert closed.status_code == 201
    assert closed.json["tie"] == {
        "ledger_fen": 4120,
        "statements_fen": 4120,
        "payable_fen": 4120,
        "lines_fen": 4120,
        "held_fen": 0,
        "holds": True,
    }
    assert maker.post(f"/periods/{WEEK}/close", key="close-1").json == closed.json
    assert maker.post(f"/periods/{WEEK}/approval").json["type"] == "/problems/two-people"
    assert checker.post(f"/periods/{WEEK}/approval").json["state"] == "approved"
    made = maker.post("/batches", {"period_id": WEEK, "template": "generic"}, key="batch-1")
    assert (made.status_code, made.json["lines"], made.json["total_fen"]) == (201, 1, 4120)
    assert maker.post("/batches", {"period_id": WEEK, "template": "generic"}, key="batch-1").json == made.json
    batch = f"/batches/{made.json['id']}"
    assert maker.get(f"{batch}/sheet").status_code == 409
    assert maker.post(f"{batch}/approval").status_code == 409
    assert checker.post(f"{batch}/approval").json["state"] == "approved"
    exported = maker.post(f"{batch}/export")
    assert (exported.status_code, exported.json["state"]) == (201, "exported")
    assert maker.post(f"{batch}/export").json == exported.json
    sheet = maker.get(f"{batch}/sheet")
    assert sheet.data[:2] == b"PK"
    assert sheet.data == maker.get(f"{batch}/sheet?format=xlsx").data
    assert "䶮,41.20" in maker.get(f"{batch}/sheet?format=csv").data.decode("utf-8-sig")
    assert [row["state"] for row in maker.get("/periods").json["items"]] == ["open", "exported"]
    assert books.faults() == []


def test_bad_input_is_told_by_field(session: Session, program: Program) -> None:
    finance = program()
    books.earn(books.agent(), 1200, base=400)
    books.close()
    books.approve()
    wrong = finance.post("/batches", {"period_id": WEEK, "template": "nobank", "payment_date": "2020-01-01"})
    assert wrong.status_code == 422
    assert set(wrong.json["errors"]) == {"template", "payment_date"}
    assert finance.post("/batches", {"template": "generic"}).status_code == 422
    assert finance.post("/batches", {"period_id": WEEK, "x": 1}).status_code == 422
    assert finance.post("/batches", {"period_id": "week-1999-01-04"}).status_code == 404
    assert finance.post("/periods/nonsense/close").status_code == 404
    assert finance.get("/batches/nonsense/sheet").status_code == 404


def test_a_period_that_runs_is_not_closed_by_hand(session: Session, program: Program) -> None:
    books.earn(books.agent(), 1200, base=400, at=books.CLOSING_TIME)
    answer = program().post("/periods/week-2026-11-23/close")
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/period-not-over")


def test_periods_and_statements_come_a_page_at_a_time(session: Session, program: Program) -> None:
    lin, other = books.agent(), books.agent()
    for weeks in range(4):
        books.earn(lin, 400, at=books.WEDNESDAY - weeks * books.WEEKS)
    books.earn(other, 300, at=books.WEDNESDAY - books.WEEKS)
    books.close()
    for path, caller in (("/periods", program()), ("/me/statements", program(person_id=lin))):
        whole = caller.get(path).json["items"]
        read, cursor = [], ""
        while cursor is not None:
            answer = caller.get(f"{path}?limit=2" + (f"&cursor={cursor}" if cursor else "")).json
            assert 0 < len(answer["items"]) <= 2
            read, cursor = read + answer["items"], answer["next_cursor"]
        assert read == whole and len({row["id"] for row in whole}) == len(whole) >= 4
        assert caller.get(f"{path}?cursor=nonsense").json["errors"]["cursor"]
        assert caller.get(f"{path}?limit=201").status_code == 422
    sums = {row["id"]: (row["agents"], row["gross_fen"]) for row in program().get("/periods").json["items"]}
    assert (sums[WEEK], sums["week-2026-11-09"]) == ((2, 400), (2, 700))


def test_an_agent_reads_their_own_statements_alone(session: Session, program: Program) -> None:
    lin = books.agent()
    books.earn(lin, 1200, base=400, penalty=240)
    books.close()
    mine = program(person_id=lin).get("/me/statements").json["items"]
    assert [(row["gross_fen"], row["payable_fen"], row["late_fen"]) for row in mine] == [(960, 0, 240)]
    assert program(person_id=books.agent()).get("/me/statements").json["items"] == []
    assert program(person_id=lin).get("/periods").status_code == 403
    assert program("ops").post(f"/periods/{WEEK}/close").status_code == 403
