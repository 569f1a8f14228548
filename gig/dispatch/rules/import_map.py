"""What a file of inquiries calls things, and what we call them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TARGETS = (
    "external_id",
    "queue",
    "issue_type",
    "text",
    "side",
    "priority",
    "arrived_at",
    "customer.external_id",
    "customer.name",
    "order.external_id",
    "order.kind",
)
_PARTS = {"from", "values", "default"}


class BadMap(ValueError):
    """The map cannot be used; the message says why."""


class NoValue(ValueError):
    """The map says nothing about a value of a row."""


@dataclass(frozen=True)
class Rule:
    """One field of ours: from a field of the file, translated by `values` if given, else the default."""

    source: str | None
    values: Mapping[str, Any] | None
    default: Any

    def value(self, row: Mapping[str, Any], target: str) -> Any:
        """What the field is for the row; None when it has none."""
        raw = row.get(self.source) if self.source else None
        if raw is None:
            return self.default
        if self.values is None:
            return raw
        if str(raw) in self.values:
            return self.values[str(raw)]
        if self.default is None:
            raise NoValue(f"{target}: the map has no value for {raw!r} and no default")
        return self.default


@dataclass(frozen=True)
class ImportMap:
    """Rules by target. A row's fields of our own names are taken as they are unless a rule names them;
    anything else in the row is left out."""

    rules: Mapping[str, Rule]

    @classmethod
    def read(cls, document: object) -> ImportMap:
        """`{"queue": {"from": "category", "values": {"外卖": "takeaway"}, "default": "general"}, …}`"""
        if not isinstance(document, dict):
            raise BadMap("the map is not a JSON object")
        rules = {}
        for target, said in document.items():
            if target not in TARGETS:
                raise BadMap(f"{target}: there is no such field; there are {', '.join(TARGETS)}")
            if not isinstance(said, dict) or not said or set(said) - _PARTS:
                raise BadMap(f"{target}: a rule has `from`, `values` and `default`, and nothing else")
            values = said.get("values")
            if not isinstance(said.get("from", ""), str) or not isinstance(values or {}, dict):
                raise BadMap(f"{target}: `from` is the name of a field, `values` an object")
            rules[target] = Rule(said.get("from"), values, said.get("default"))
        return cls(rules)

    def apply(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row in our words; NoValue when the map does not cover it."""
        tops = {target.partition(".")[0] for target in TARGETS}
        mapped: dict[str, Any] = {name: row[name] for name in tops if row.get(name) is not None}
        for target, rule in self.rules.items():
            top, _, part = target.partition(".")
            value = rule.value(row, target)
            if not part:
                mapped.pop(top, None)
                if value is not None:
                    mapped[top] = value
            elif value is not None:
                inner = mapped.get(top)
                mapped[top] = {**(inner if isinstance(inner, dict) else {}), part: value}
        return mapped
