"""The scripts for one conversation, best first, with what the conversation fills in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from gig.core.businesstime import BusinessZone
from gig.core.money import yuan
from gig.dispatch.queries.threads import Thread
from gig.dispatch.scripts.queries.figures import figures, habits
from gig.dispatch.scripts.queries.library import Entry, library
from gig.dispatch.scripts.rules.fields import Piece, filled, pieces, work_name
from gig.dispatch.scripts.rules.ranking import Situation, fitting, ranked

FAVOURITES = "favourites"
"""Beside the stages, the one other way to narrow the list."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A script as the agent would put it into this conversation.

    `fits` is False for one of another queue or issue type, which is only found by searching.
    """

    entry: Entry
    pieces: tuple[Piece, ...]
    text: str
    fits: bool
    exact: bool
    favourite: bool
    own_uses: int

    @property
    def blanks(self) -> bool:
        return any(piece.kind == "blank" for piece in self.pieces)


def offered(
    session: Session,
    thread: Thread,
    *,
    agent_id: str,
    agent_name: str,
    zone: BusinessZone,
    now: dt.datetime,
    query: str = "",
    only: str = "",
    everything: bool = False,
) -> list[Offered]:
    """What may be said now, in the order of ranking; with a query, what it finds, better hits first.

    Scripts of other queues and issue types come last, and only to a query or when everything is asked for.
    """
    values = field_values(thread, agent_name)
    mine = habits(session, agent_id, now)
    entries = library(session)
    records = {id: each.record for id, each in figures(session, zone, now).items()}
    situation = situation_of(thread, agent_id)
    order = ranked(
        (each.candidate for each in entries.values() if not each.retired), situation, mine, records
    )
    made = []
    for candidate in order:
        entry = entries[candidate.id]
        hit, fits = entry.found(query), fitting(candidate, situation)
        favourite = candidate.id in mine.favourites
        if (
            not hit
            or not (fits or everything or query.strip())
            or not _within(only, candidate.stage, favourite)
        ):
            continue
        parts = tuple(pieces(entry.text, values))
        one = Offered(
            entry=entry,
            pieces=parts,
            text=filled(entry.text, values),
            fits=fits,
            exact=candidate.issue_type == situation.issue_type,
            favourite=favourite,
            own_uses=mine.uses.get(candidate.id, 0),
        )
        made.append((-hit, one))
    return [one for _, one in sorted(made, key=lambda pair: pair[0])]


def situation_of(thread: Thread, agent_id: str) -> Situation:
    inquiry = thread.inquiry
    return Situation(
        queue=inquiry.queue,
        issue_type=inquiry.issue_type,
        spoken=any(message.agent_id == agent_id for message in thread.messages),
        waiting=inquiry.open_turn_id is not None,
    )


def field_values(thread: Thread, agent_name: str) -> Mapping[str, str]:
    """What the conversation knows; what it does not know is not there."""
    inquiry, order = thread.inquiry, thread.order
    fen = order.get("amount_fen")
    known = {
        "customer": inquiry.customer_name if thread.owned else None,
        "order": order.get("external_id"),
        "kind": order.get("kind"),
        "shop": order.get("shop") or order.get("merchant"),
        "amount": yuan(fen) if isinstance(fen, int) else order.get("amount"),
        "agent": work_name(agent_name),
    }
    return {name: str(value) for name, value in known.items() if isinstance(value, str | int) and str(value)}


def _within(only: str, stage: str, favourite: bool) -> bool:
    return not only or only == stage or (only == FAVOURITES and favourite)
