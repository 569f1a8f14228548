"""Results of a bank that a program brings."""

from __future__ import annotations

import io

import pytest
from sqlalchemy.orm import Session

from tests.features.disbursement.payday import (
    approved_week,
    as_csv,
    exported,
    lines,
    row,
    states,
)
from tests.features.settlement import books
from tests.features.settlement.conftest import Program

pytestmark = pytest.mark.usefixtures("after_closing_time", "programs_here")


class TestProgram:
    def test_results_are_posted_by_api_once(self, session: Session, program: Program) -> None:
        approved_week(1200)
        batch_id = exported()
        content = as_csv(row(lines(session)[0]))
        finance = program()
        path = f"/api/v1/batches/{batch_id}/results"
        first = finance._client.post(path, data=content, content_type="text/csv", headers=finance._headers)
        assert (first.status_code, first.json["counts"], first.json["lines"]) == (
            201,
            {"paid": 1},
            {"settled": 1},
        )
        form = {"file": (io.BytesIO(content), "r.csv")}
        again = finance._client.post(path, data=form, headers={**finance._headers, "Idempotency-Key": "r1"})
        assert again.json == first.json
        form = {"file": (io.BytesIO(content), "r.csv")}
        third = finance._client.post(path, data=form, headers={**finance._headers, "Idempotency-Key": "r1"})
        assert third.json == first.json
        assert books.state(session) == "settled"

    def test_what_does_not_match_is_a_problem_with_its_rows(self, session: Session, program: Program) -> None:
        approved_week(1200, 3400)
        batch_id = exported()
        one, two = lines(session)
        finance = program()
        path = f"/api/v1/batches/{batch_id}/results"
        content = as_csv(row(one, amount="99.00"), row(two))
        wrong = finance._client.post(path, data=content, content_type="text/csv", headers=finance._headers)
        assert wrong.status_code == 422
        assert "第 2 行" in wrong.json["errors"]["file"][0]
        assert states(session) == ["in_transit", "in_transit"]
        form = {"file": (io.BytesIO(content), "r.csv"), "skip": "一行待查"}
        posted = finance._client.post(path, data=form, headers=finance._headers)
        assert posted.json["counts"] == {"differs": 1, "paid": 1}
        missing = finance._client.post(
            f"/api/v1/batches/{'0' * 26}/results",
            data=b"x",
            content_type="text/csv",
            headers=finance._headers,
        )
        assert missing.status_code == 404
