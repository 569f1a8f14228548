"""A file's own words, translated into ours."""

from __future__ import annotations

from typing import Any

import pytest

from gig.dispatch.rules.import_map import BadMap, ImportMap, NoValue

CONTRACT: dict[str, Any] = {
    "queue": {"from": "category", "values": {"外卖": "takeaway"}, "default": "general"},
    "issue_type": {"default": "general"},
}
ROW = {"external_id": "a1", "text": "到哪了？", "category": "外卖", "label": 1}


def applied(document: dict[str, Any], **row: Any) -> dict[str, Any]:
    return ImportMap.read(document).apply({**ROW, **row})


def test_a_row_is_said_in_our_words_and_what_is_not_ours_is_left_out() -> None:
    assert applied(CONTRACT) == {
        "external_id": "a1",
        "text": "到哪了？",
        "queue": "takeaway",
        "issue_type": "general",
    }


def test_a_value_that_is_not_listed_takes_the_default() -> None:
    assert applied(CONTRACT, category="水果")["queue"] == "general"


def test_a_missing_field_takes_the_default() -> None:
    assert applied(CONTRACT, category=None)["queue"] == "general"


def test_without_a_default_a_value_that_is_not_listed_is_a_fault_of_the_row() -> None:
    with pytest.raises(NoValue, match="水果"):
        applied({"queue": {"from": "category", "values": {"外卖": "takeaway"}}}, category="水果")


def test_without_values_the_files_own_value_is_taken() -> None:
    assert applied({"queue": {"from": "category"}})["queue"] == "外卖"


def test_parts_of_the_customer_and_the_order_can_be_named() -> None:
    mapped = applied(
        {"customer.external_id": {"from": "user"}, "order.kind": {"default": "外卖"}},
        user="u7",
        order={"external_id": "o1"},
    )
    assert mapped["customer"] == {"external_id": "u7"}
    assert mapped["order"] == {"external_id": "o1", "kind": "外卖"}


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"colour": {"default": "red"}},
        {"queue": {}},
        {"queue": "category"},
        {"queue": {"from": 3}},
        {"queue": {"values": ["外卖"]}},
        {"queue": {"form": "category"}},
    ],
)
def test_a_map_that_makes_no_sense_is_refused(document: object) -> None:
    with pytest.raises(BadMap):
        ImportMap.read(document)
