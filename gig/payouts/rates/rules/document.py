"""Reads a rate card from the text of a JSON file, strictly."""

from __future__ import annotations

import json
from typing import Any

from gig.core.text import N_, Sentence
from gig.payouts.rates.rules.card import RateCard
from gig.payouts.rates.rules.faults import Fault, join
from gig.payouts.rates.rules.validation import validate


class _Repeated(dict[str, Any]):
    """An object of which some field was written more than once."""

    names: tuple[str, ...] = ()


def read_card(text: str) -> tuple[RateCard | None, list[Fault]]:
    """The card that the text holds, or every fault; a field written twice is one of them."""
    try:
        document = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return None, [Fault("", Sentence(N_("不是有效的 JSON：%(reason)s"), {"reason": str(error)}))]
    repeated = list(_repeated(document, ""))
    card, faults = validate(document)
    return (None if repeated else card), [*repeated, *faults]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
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
            found.append(
                Fault(join(pointer, name), Sentence(N_("字段 %(field)s 写了两次。"), {"field": name}))
            )
    if isinstance(value, dict):
        for name, each in value.items():
            found += _repeated(each, join(pointer, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            found += _repeated(each, join(pointer, index))
    return found
