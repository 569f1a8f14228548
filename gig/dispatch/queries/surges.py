"""Surges with what they promised and what of it was paid."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.dispatch.models import TurnQuote
from gig.identity.models import Person
from gig.payouts.earnings.models import Earning
from gig.payouts.surges.models import Surge
from gig.payouts.surges.queries import can_promise, newest


@dataclass(frozen=True, slots=True)
class SurgeRow:
    """`state` is live, spent (its budget is promised), over or ended (by hand)."""

    surge: Surge
    state: str
    paid_fen: int
    paid_replies: int
    by: str | None


def rows(session: Session, now: dt.datetime) -> list[SurgeRow]:
    """The newest first. Three statements; what was paid is read along the quotes of each surge."""
    found = newest(session)
    ids = [each.id for each in found]
    paid = {id or "": (int(fen or 0), n) for id, fen, n in session.execute(_paid(ids))} if ids else {}
    people = {each.made_by for each in found if each.made_by}
    names = dict(session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(people))).all())
    return [
        SurgeRow(each, _state(each, now), *paid.get(each.id, (0, 0)), names.get(each.made_by or ""))
        for each in found
    ]


def _paid(ids: list[str]) -> sa.Select[str | None, int | None, int]:
    """Of each surge, what its answered quotes earned beyond the card, before any penalty."""
    return (
        sa.select(TurnQuote.surge_id, sa.func.sum(TurnQuote.surge_fen), sa.func.count())
        .join(Earning, sa.and_(Earning.turn_id == TurnQuote.turn_id, Earning.agent_id == TurnQuote.agent_id))
        .where(TurnQuote.surge_id.in_(ids), TurnQuote.surge_id.is_not(None), Earning.gross_fen > 0)
        .group_by(TurnQuote.surge_id)
    )


def _state(surge: Surge, now: dt.datetime) -> str:
    if surge.ended_by is not None:
        return "ended"
    if now >= surge.ends_at:
        return "over"
    return "live" if can_promise(surge, now) else "spent"
