"""What a proof of the book found, as people read it: rule by rule, the worst first, each thing by its name.

A proof is kept as plain values with the sentence that says each, so that it can be read in any language
later, and also when a rule has changed since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from gig.payouts.ledger.audit import MANY, PLAIN, Check, Difference, Finding, checks
from gig.web import things
from gig.web.filters import clock_seconds, day, thousands, yuan
from gig.web.things import Place, Thing

Kept = Mapping[str, Any]
HASH_SHOWN = 8


def kept(finding: Finding, *, since: str | None) -> dict[str, Any]:
    """What is stored of a claim that did not hold; `since` is the first proof in a row that found it so."""
    return {
        "rule": finding.check.name,
        "claim": finding.claim,
        "count": finding.count,
        "fen": finding.fen,
        "since": since,
        "differences": [_kept(one) for one in finding.differences],
    }


def _kept(one: Difference) -> dict[str, Any]:
    return {
        "subject": one.subject,
        "expected": _text(one.expected),
        "found": _text(one.found),
        "says": one.says,
        "about": one.about,
        "are": one.are,
        "fen": one.fen,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def rules_of(found: Kept | Sequence[Mapping[str, str]]) -> list[Kept]:
    """The rules in what was stored. Proofs from before they had names kept a plain list of differences."""
    if isinstance(found, Mapping):
        return list(found["rules"])
    by_claim: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        by_claim.setdefault(one["claim"], []).append(
            {**one, "says": PLAIN, "about": None, "are": ("", ""), "fen": 0}
        )
    names = {check.claim: check.name for check in checks}
    return [
        {
            "rule": names.get(claim, ""),
            "claim": claim,
            "count": len(ones),
            "fen": 0,
            "since": None,
            "differences": ones,
        }
        for claim, ones in by_claim.items()
    ]


@dataclass(frozen=True)
class Row:
    """One difference in one sentence, how far money is off, and where to look, the nearest first."""

    words: str
    fen: int
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Group:
    """One rule that does not hold: `more` were counted beyond the rows, `capped` if not all were."""

    rule: str
    asks: str
    then: str
    count: int
    fen: int
    since: dt.datetime | None
    rows: list[Row]
    capped: bool

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


def groups(rules: Sequence[Kept]) -> list[Group]:
    """The rules in the page's language, the most money first, then the most differences."""
    known = {check.name: check for check in checks}
    names = things.named(_to_name(one for rule in rules for one in rule["differences"]))
    told = [_group(rule, known.get(rule["rule"]), names) for rule in rules]
    return sorted(told, key=lambda each: (-each.fen, -each.count, each.rule))


def _to_name(differences: Iterable[Kept]) -> Iterator[tuple[str, str]]:
    for one in differences:
        if one["about"]:
            yield one["about"][0], one["about"][1]
        for value, kind in zip((one["expected"], one["found"]), one["are"], strict=True):
            if value is not None and kind and kind not in PRIMITIVE:
                yield kind, value


def _group(rule: Kept, check: Check | None, names: Mapping[tuple[str, str], Thing]) -> Group:
    since = rule["since"]
    return Group(
        rule=rule["rule"],
        asks=_(check.asks) if check else rule["claim"],
        then=_(check.then) if check else "",
        count=rule["count"],
        fen=rule["fen"],
        since=dt.datetime.fromisoformat(since) if since else None,
        rows=[_row(one, names) for one in rule["differences"]],
        capped=rule["count"] >= MANY,
    )


def _row(one: Kept, names: Mapping[tuple[str, str], Thing]) -> Row:
    thing = names[one["about"][0], one["about"][1]] if one["about"] else Thing(one["subject"])
    expected, found = (
        _value(value, kind, names)
        for value, kind in zip((one["expected"], one["found"]), one["are"], strict=True)
    )
    says: str = one["says"]
    words = _(says, thing=thing.words, expected=expected, found=found, off=_off(one["fen"]))
    return Row(words, one["fen"], thing.places)


def _off(fen: int) -> str:
    """多 ¥0.50, 少 ¥0.50"""
    if not fen:
        return str(_("金额一样"))
    return str(_("多 %(fen)s", fen=yuan(fen)) if fen > 0 else _("少 %(fen)s", fen=yuan(-fen)))


def _value(value: str | None, kind: str, names: Mapping[tuple[str, str], Thing]) -> str:
    if value is None:
        return str(_("没有"))
    if kind in PRIMITIVE:
        return PRIMITIVE[kind](value)
    return names[kind, value].words if kind else value


def _instant(text: str) -> str:
    """11月18日 12:00:03; SQLite gives what it keeps, which is UTC without saying so."""
    at = dt.datetime.fromisoformat(text)
    at = at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at
    return f"{day(at)} {clock_seconds(at)}"


PRIMITIVE: Mapping[str, Callable[[str], str]] = {
    "fen": lambda text: yuan(int(text)),
    "count": lambda text: thousands(int(text)),
    "instant": _instant,
    "day": lambda text: day(dt.date.fromisoformat(text)),
    "hash": lambda text: text[:HASH_SHOWN],
}
"""Kinds of value that need no name: how each is said."""


def holding(broken: Iterable[Kept]) -> list[Check]:
    """The rules of today that the proof did not find broken."""
    names = {rule["rule"] for rule in broken}
    return [check for check in checks if check.name not in names]
