"""Reads a rate card from the text of a JSON file, strictly."""

from __future__ import annotations

import json
from typing import Any

from gig.core.text import N_, Sentence
from gig.payouts.rates.rules.card import RateCard
from gig.payouts.rates.rules.faults import Fault, join
from gig.payouts.rates.rules.validation import validate

TWICE = N_("字段 %(field)s 写了两次。")


class _Repeated(dict[str, Any]):
    """An object of which some field was written more than once."""

    names: tuple[str, ...] = ()


def read_card(text: str) -> tuple[RateCard | None, list[Fault]]:
    """The card that the text holds, or every fault; a field written twice is one of them."""
    try:
        document = read_document(text)
    except (ValueError, RecursionError) as error:
        return None, [Fault("", Sentence(N_("不是有效的 JSON：%(reason)s"), {"reason": str(error)}))]
    repeated = written_twice(document)
    card, faults = validate(document)
    return (None if repeated else card), [*repeated, *faults]


def read_document(text: str) -> Any:
    """What the text holds; its objects remember what was written twice. ValueError if it is no JSON."""
    return json.loads(text, object_pairs_hook=remembered, parse_constant=_no_constant)


def written_twice(document: object) -> list[Fault]:
    """A fault for each field that stands twice in an object of a document so read."""
    return _repeated(document, "")


def remembered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON from its fields; it remembers those that were written more than once."""
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    names = [name for name, _ in pairs]
    marked = _Repeated(value)
    marked.names = tuple(name for name in value if names.count(name) > 1)
    return marked


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _repeated(value: object, pointer: str) -> list[Fault]:
    found: list[Fault] = []
    if isinstance(value, _Repeated):
        for name in value.names:
            found.append(Fault(join(pointer, name), Sentence(TWICE, {"field": name})))
    if isinstance(value, dict):
        for name, each in value.items():
            found += _repeated(each, join(pointer, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            found += _repeated(each, join(pointer, index))
    return found
