"""How far one agent's money has come, beside the others of the period."""

from __future__ import annotations

import pytest

from gig.payouts.settlement.shown import stage_of


@pytest.mark.parametrize(
    ("period", "lines", "stage"),
    [
        ("closed", ["planned"], "closed"),
        ("approved", ["held"], "approved"),
        ("exported", ["in_transit"], "exported"),
        ("exported", ["settled"], "settled"),
        ("exported", ["planned"], "approved"),
        ("exported", ["failed"], "approved"),
        ("exported", ["settled", "in_transit"], "exported"),
        ("settled", ["settled", "settled"], "settled"),
        ("settled", [], "settled"),
    ],
)
def test_the_money_is_where_its_own_lines_are(period: str, lines: list[str], stage: str) -> None:
    assert stage_of(period, lines) == stage
