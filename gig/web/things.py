"""What things are called and where they stand, for pages that stand below the feature that knows.

A feature registers a function for a kind of thing. It is asked once for all the ids that a page names, and
answers with what it knows; of anything else the end of its id is shown. Which places a reader may open, the
page decides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from flask import Flask, current_app

KEY = "gig.web.things"


@dataclass(frozen=True, slots=True)
class Place:
    """A page about a thing: its endpoint and what fills it, who may open it, and what the link says."""

    capability: str
    endpoint: str
    words: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Thing:
    """What people call it, in the page's language, and its pages, the nearest first."""

    words: str
    places: tuple[Place, ...] = ()


Namer = Callable[[Collection[str]], Mapping[str, Thing]]


def provide(app: Flask, **namers: Namer) -> None:
    """From here on pages call things of these kinds as their functions answer."""
    app.extensions.setdefault(KEY, {}).update(namers)


def is_kind(kind: str) -> bool:
    """Whether some feature knows things of this kind."""
    return kind in current_app.extensions.get(KEY, {})


def named(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Thing]:
    """Each (kind, id) with its thing; every kind is asked once."""
    by_kind: dict[str, set[str]] = {}
    for kind, id in wanted:
        by_kind.setdefault(kind, set()).add(id)
    found: dict[tuple[str, str], Thing] = {}
    for kind, ids in by_kind.items():
        namer = current_app.extensions.get(KEY, {}).get(kind)
        known = namer(sorted(ids)) if namer else {}
        for id in ids:
            found[kind, id] = known.get(id) or Thing(f"…{id[-6:]}" if len(id) > 12 else id)
    return found
