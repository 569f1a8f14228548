"""Rates outside their bounds, bands over each other, a card in the past: refused, and no card changes."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from gig.core.clock import real_now
from tests.features.bad_input.conftest import Caller, problem, wrong_fields
from tests.rules.cards import band, base_row, card_json


def cards(ops: Caller) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ops.get("/rate-cards").get_json()["items"]
    return found


@pytest.mark.parametrize("fen", [49, 401, 0, -120, 10**30, 120.5, "1.20", True, None])
def test_a_rate_outside_its_bounds_is_refused(ops: Caller, fen: Any) -> None:
    before = cards(ops)
    assert wrong_fields(ops.post("/rate-cards", card_json(base=[base_row(fen)]))) == ["/base/0/fen"]
    assert cards(ops) == before


@pytest.mark.parametrize("fen", [50, 400])
def test_the_bounds_themselves_are_rates(ops: Caller, fen: int) -> None:
    assert ops.post("/rate-cards", card_json(base=[base_row(fen)])).status_code == 201


@pytest.mark.parametrize(
    "bands",
    [
        [band("mon-sun", "10:00", "12:00"), band("wed", "11:59", "13:00")],
        [band("sun", "22:00", "02:00"), band("mon", "01:00", "03:00")],
    ],
    ids=["by a minute", "over midnight and the week's end"],
)
def test_overlapping_bands_are_refused(ops: Caller, bands: list[dict[str, Any]]) -> None:
    before = cards(ops)
    assert wrong_fields(ops.post("/rate-cards", card_json(bands=bands, dates=[]))) == ["/bands/1"]
    assert cards(ops) == before


@pytest.mark.parametrize("ago", [dt.timedelta(0), dt.timedelta(seconds=1), dt.timedelta(days=400)])
def test_a_card_in_the_past_is_not_published(ops: Caller, ago: dt.timedelta) -> None:
    id = ops.post("/rate-cards", card_json()).get_json()["id"]
    wanted = {"valid_from": (real_now() - ago).isoformat()}
    assert wrong_fields(ops.post(f"/rate-cards/{id}/publication", wanted)) == ["/valid_from"]
    assert [card["state"] for card in cards(ops) if card["id"] == id] == ["draft"]


def test_an_instant_beyond_the_calendar_is_no_instant(ops: Caller) -> None:
    id = ops.post("/rate-cards", card_json()).get_json()["id"]
    late = {"valid_from": "9999-12-31T23:59:59-12:00"}
    assert wrong_fields(ops.post(f"/rate-cards/{id}/publication", late)) == ["valid_from"]
    wrong_fields(ops.post("/rate-cards", card_json(valid_from="9999-12-31T23:59:59-12:00")))


@pytest.mark.parametrize("name", ["a\x00b", "half \ud83d", "bell\x07", "x" * 5000, ""])
def test_a_name_that_cannot_be_kept_is_refused(ops: Caller, name: str) -> None:
    wrong_fields(ops.post("/rate-cards", card_json(name=name)))


def test_a_field_that_is_written_twice_is_refused_at_its_place(ops: Caller) -> None:
    before = cards(ops)
    text = json.dumps(card_json()).replace('"fen": 120', '"fen": 50, "fen": 120')
    assert wrong_fields(ops.post("/rate-cards", data=text, content_type="application/json")) == [
        "/base/0/fen"
    ]
    assert cards(ops) == before


def test_an_agent_changes_no_rate(agent: Caller) -> None:
    problem(agent.post("/rate-cards", card_json(base=[base_row(400)])), 403, "forbidden")
