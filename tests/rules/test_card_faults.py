"""What a rate card may not say. Every fault is listed, not the first alone."""

from __future__ import annotations

import datetime as dt
import json
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gig.payouts.rates.rules.document import read_card, read_document, written_twice
from gig.payouts.rates.rules.validation import validate
from tests.rules.cards import CHRISTMAS, a_card, band, base_row, card_json, faults_of
from tests.rules.examples import QUICK

ONE_FAULT: list[tuple[str, dict[str, Any]]] = [
    ("/bands/0/percent", {"bands": [band("mon", "10:00", "12:00", 99)]}),
    ("/bands/0/percent", {"bands": [band("mon", "10:00", "12:00", 501)]}),
    ("/bands/0/percent", {"bands": [band("mon", "10:00", "12:00") | {"percent": 150.0}]}),
    ("/bands/0/percent", {"bands": [band("mon", "10:00", "12:00") | {"percent": True}]}),
    ("/late/0/over_s", {"late": [{"over_s": 61, "percent": 20}]}),
    ("/late/1/over_s", {"late": [{"over_s": 60, "percent": 20}, {"over_s": 60, "percent": 50}]}),
    ("/late/1/over_s", {"late": [{"over_s": 60, "percent": 20}, {"over_s": 300, "percent": 50}]}),
    ("/late/1/percent", {"late": [{"over_s": 60, "percent": 20}, {"over_s": 120, "percent": 20}]}),
    ("/late/0/percent", {"late": [{"over_s": 60, "percent": 101}]}),
    ("/late/0/percent", {"late": [{"over_s": 60, "percent": -1}]}),
    ("/late", {"late": []}),
    ("/late", {"late": None}),
    ("/base/1", {"base": [base_row(120), base_row(130)]}),
    ("/base", {"base": [base_row(120, queue="refund")]}),
    ("/base", {"base": []}),
    ("/base/0/fen", {"base": [base_row(49)]}),
    ("/base/0/fen", {"base": [base_row(401)]}),
    ("/base/0/fen", {"base": [base_row(120) | {"fen": "120"}]}),
    ("/base/1/tier", {"base": [base_row(120), base_row(120, tier="platinum")]}),
    ("/dates/1/date", {"dates": [CHRISTMAS, CHRISTMAS]}),
    ("/dates/0/date", {"dates": [{"date": "2026-02-30", "bands": []}]}),
    ("/dates/0/bands/0/days", {"dates": [{"date": "2026-12-25", "bands": [band("mon", "10:00", "11:00")]}]}),
    ("/bands/0/to", {"bands": [band("mon", "10:00", "10:00")]}),
    ("/bands/0/to", {"bands": [band("mon", "10:00", "24:01")]}),
    ("/bands/0/from", {"bands": [band("mon", "24:00", "10:00")]}),
    ("/bands/0/from", {"bands": [band("mon", "9:00", "10:00")]}),
    ("/bands/0/days", {"bands": [band("fri-mon", "10:00", "12:00")]}),
    ("/bands/0/days", {"bands": [band("mon,,tue", "10:00", "12:00")]}),
    ("/bands/0/days", {"bands": [band("Mon", "10:00", "12:00")]}),
    ("/valid_from", {"valid_from": "2026-11-01T00:00:00"}),
    ("/timezone", {"timezone": "Asia/Nowhere"}),
    ("/triage_fee_fen", {"triage_fee_fen": -1}),
    ("/name", {"name": ""}),
    ("/surprise", {"surprise": 1}),
    ("/a~1b~0c", {"a/b~c": 1}),
]


@pytest.mark.parametrize(("pointer", "changes"), ONE_FAULT)
def test_one_fault_is_found_where_it_is(pointer: str, changes: dict[str, Any]) -> None:
    assert list(faults_of(**changes)) == [pointer]


def test_every_fault_is_listed_at_once() -> None:
    found = faults_of(
        base=[base_row(10), base_row(120, tier="x")],
        bands=[band("mon", "10:00", "12:00", 90), band("mon", "11:00", "13:00"), band("x", "10:00", "10:00")],
        late=[],
        reply_within_s="60",
    )
    assert list(found) == [
        "/reply_within_s",
        "/base/0/fen",
        "/base/1/tier",
        "/bands/0/percent",
        "/bands/2/to",
        "/bands/2/days",
        "/bands/1",
        "/late",
    ]


@pytest.mark.parametrize("name", [name for name in card_json() if name != "triage_fee_fen"])
def test_a_missing_field_is_a_fault_unless_it_has_a_default(name: str) -> None:
    document = card_json()
    del document[name]
    assert f"/{name}" in [fault.pointer for fault in validate(document)[1]]


def test_the_triage_fee_may_be_left_out() -> None:
    document = card_json()
    del document["triage_fee_fen"]
    card, _ = validate(document)
    assert card is not None
    assert card.triage_fee_fen == 0


@pytest.mark.parametrize("document", [None, [], "card", 1, {}])
def test_what_is_no_card_at_all_is_refused_without_a_crash(document: object) -> None:
    card, faults = validate(document)
    assert card is None
    assert faults


@QUICK
@given(
    st.sampled_from(list(card_json())),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text("ab*:-0/~", max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("ab*:-0/~", max_size=5), inner, max_size=3)
        ),
        max_leaves=5,
    ),
)
def test_no_value_of_a_field_crashes_the_reading(name: str, value: object) -> None:
    card, faults = validate(card_json(**{name: value}))
    assert (card is None) == bool(faults)


def test_a_card_is_read_back_as_it_was_written() -> None:
    assert a_card().to_json() == card_json()


@pytest.mark.parametrize("text", ["", "{", "NaN", '{"name": NaN}', "[" * 100_000])
def test_a_file_that_is_no_json_says_so(text: str) -> None:
    card, faults = read_card(text)
    assert card is None
    assert [fault.pointer for fault in faults] == [""]


def test_a_field_that_is_written_twice_is_a_fault() -> None:
    text = json.dumps(card_json()).replace('"fen": 120', '"fen": 50, "fen": 120')
    card, faults = read_card(text)
    assert card is None
    assert [fault.pointer for fault in faults] == ["/base/0/fen"]


def test_a_document_remembers_what_was_written_twice_and_reads_the_last() -> None:
    document = read_document('{"late": [{"over_s": 60, "over_s": 70, "percent": 20}]}')
    assert document == {"late": [{"over_s": 70, "percent": 20}]}
    assert [fault.pointer for fault in written_twice(document)] == ["/late/0/over_s"]
    assert written_twice(card_json()) == []


def dated(date: str, start: str, end: str) -> dict[str, Any]:
    return {"date": date, "bands": [{"from": start, "to": end, "percent": 200, "name": "节"}]}


def test_a_friday_tail_against_saturday_s_early_band_names_both() -> None:
    found = faults_of(
        bands=[band("fri", "22:00", "02:00", name="夜"), band("sat", "00:00", "03:00", name="晨")]
    )
    assert list(found) == ["/bands/1"]
    assert "周五 22:00–02:00「夜」" in found["/bands/1"]
    assert "周六 00:00–03:00「晨」" in found["/bands/1"]


def test_the_week_goes_round() -> None:
    assert list(faults_of(bands=[band("mon", "00:00", "01:00"), band("sun", "23:00", "00:30")])) == [
        "/bands/1"
    ]


def test_a_tail_into_a_date_s_own_bands_is_an_overlap() -> None:
    night = band("fri", "22:00", "02:00", name="夜")
    saturday = {
        "date": "2026-12-26",
        "bands": [{"from": "01:00", "to": "03:00", "percent": 200, "name": "节"}],
    }
    found = faults_of(bands=[night], dates=[saturday])
    assert list(found) == ["/dates/0/bands/0"]
    assert "2026-12-25 周五 22:00–02:00「夜」" in found["/dates/0/bands/0"]
    assert "2026-12-26 01:00–03:00「节」" in found["/dates/0/bands/0"]


def test_a_date_s_own_tail_meets_the_next_day() -> None:
    assert list(faults_of(dates=[dated("2026-12-25", "22:00", "11:00")])) == ["/dates/0/bands/0"]


def test_a_date_replaces_the_bands_that_would_start_on_it() -> None:
    assert faults_of(dates=[{"date": "2026-12-25", "bands": []}]) == {}
    shifted = {
        "date": "2026-12-25",
        "bands": [{"from": "11:00", "to": "13:00", "percent": 200, "name": "节"}],
    }
    assert faults_of(dates=[shifted]) == {}


def test_neighbours_that_only_touch_do_not_overlap() -> None:
    touching = [band("mon-sun", "00:00", "08:00"), band("mon-sun", "08:00", "24:00")]
    assert faults_of(bands=touching, dates=[CHRISTMAS]) == {}
    assert faults_of(bands=[band("mon-sun", "00:00", "00:00")]) == {}


HALF_HOURS = st.integers(0, 47)
DAY_SETS = st.sampled_from(["mon", "sun", "fri-sat", "mon-sun", "tue,sat-sun"])


def _half_hour(index: int) -> str:
    return f"{index // 2:02d}:{index % 2 * 30:02d}"


def _brute_force(bands: list[dict[str, Any]]) -> bool:
    """Marks each half hour of three weeks and looks for one that is marked twice in the middle one."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    marked: list[set[int]] = []
    for each in bands:
        days: set[int] = set()
        for part in each["days"].split(","):
            first, _, last = part.partition("-")
            days.update(range(names.index(first), names.index(last or first) + 1))
        start, end = (int(each[key][:2]) * 2 + int(each[key][3:]) // 30 for key in ("from", "to"))
        length = (end - start) % 48 or 48
        marked.append({d * 48 + start + n for d in range(21) if d % 7 in days for n in range(length)})
    middle = set(range(7 * 48, 14 * 48))
    return any(one & other & middle for one, other in combinations(marked, 2))


@QUICK
@given(
    st.lists(
        st.tuples(DAY_SETS, HALF_HOURS, HALF_HOURS).filter(lambda b: b[1] != b[2]), min_size=2, max_size=3
    )
)
def test_overlaps_are_found_exactly_where_a_marked_calendar_shows_them(
    found: list[tuple[str, int, int]],
) -> None:
    bands = [band(days, _half_hour(start), _half_hour(end)) for days, start, end in found]
    faults = faults_of(bands=bands, dates=[])
    assert bool(faults) == _brute_force(bands)


def test_a_date_long_ago_is_still_a_date() -> None:
    card = a_card(dates=[{"date": "2000-02-29", "bands": []}])
    assert card.hours_starting_on(dt.date(2000, 2, 29)) == ()
