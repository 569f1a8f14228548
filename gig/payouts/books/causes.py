"""What decided an entry, and where that can be read. Features say it of what they post."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.identity.access import Capability
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry


@dataclass(frozen=True)
class Cause:
    """In a word what it is, its page, and who may open that."""

    words: str
    url: str
    by: Capability = "settle"


Finder = Callable[[Session, LedgerEntry], Cause | None]
finders: list[Finder] = []
"""Each looks whether an entry is its feature's; the others are none of its business."""


def register(finder: Finder) -> None:
    """The feature's causes are told from now on."""
    if finder not in finders:
        finders.append(finder)


def causes_of(session: Session, entry: LedgerEntry) -> list[Cause]:
    """All that is known of why the entry is in the book."""
    return [cause for finder in finders if (cause := finder(session, entry)) is not None]


def parts_of(entry: LedgerEntry) -> tuple[str, str, str]:
    """The parts of its source key: (kind, what decided or made it, the rest)."""
    kind, _colon, rest = entry.source_key.partition(":")
    what, _colon, rest = rest.partition(":")
    return kind, what, rest


def decision_of(entry: LedgerEntry, prefix: str = "") -> str:
    """The id behind the prefix of the decision that a reversal follows; empty for any other entry."""
    kind, what, _rest = parts_of(entry)
    return what.removeprefix(prefix) if kind == "reversal" and what.startswith(prefix) else ""


def _answered_after(session: Session, entry: LedgerEntry) -> Cause | None:
    """A fee for handing a turn on: the reply that another agent gave then."""
    if entry.kind != "triage":
        return None
    turn_id = parts_of(entry)[1]
    found = session.scalar(sa.select(Earning.id).where(Earning.turn_id == turn_id))
    return Cause(N_("接手后的那条回复"), f"/console/ledger?source=earning:{found}") if found else None


register(_answered_after)
