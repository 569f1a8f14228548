"""What one card pays differently from another, for the editor."""

from __future__ import annotations

from dataclasses import dataclass

from gig.payouts.rates.rules.card import RateCard


@dataclass(frozen=True)
class BaseChange:
    """A base row that is new, gone or of another amount; None where a card has no such row."""

    key: tuple[str, str, str]
    before_fen: int | None
    after_fen: int | None

    @property
    def delta_fen(self) -> int | None:
        return None if self.before_fen is None or self.after_fen is None else self.after_fen - self.before_fen


def base_changes(before: RateCard, after: RateCard) -> tuple[BaseChange, ...]:
    """The base rows that differ, in the order of the later card, then those that it dropped."""
    old = {row.key: row.fen for row in before.base}
    new = {row.key: row.fen for row in after.base}
    return tuple(
        BaseChange(key, old.get(key), new.get(key))
        for key in [*new, *(key for key in old if key not in new)]
        if old.get(key) != new.get(key)
    )


def changed_terms(before: RateCard, after: RateCard) -> dict[str, tuple[object, object]]:
    """Every other field that differs, as JSON: name → (before, after)."""
    old, new = before.to_json(), after.to_json()
    return {
        name: (old[name], new[name])
        for name in new
        if name not in ("name", "valid_from", "base") and old[name] != new[name]
    }
