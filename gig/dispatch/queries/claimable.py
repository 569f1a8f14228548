"""All that a claim needs to know, in one read: the agent, the inquiry, its price, its conversation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.db import Instant
from gig.core.errors import NotFound
from gig.core.prepared import Prepared
from gig.core.rows import Part
from gig.dispatch.models import Draft, Inquiry, Message, Queue, Turn, TurnQuote
from gig.dispatch.queries.threads import Thread
from gig.identity.models import Agent
from gig.payouts.rates import queries as rates
from gig.payouts.surges import queries as surges
from gig.payouts.surges.models import Surge

Row = Any


@dataclass(frozen=True, slots=True)
class Claimable:
    """`row` has, by name, the agent's tier, what prices the turn, and the inquiry's own columns.

    `kept` is the quote of a turn that this agent has held before.
    """

    row: Row
    kept: TurnQuote | None
    _rows: Sequence[Row]

    def thread(self, quote: TurnQuote | None, **now: Any) -> Thread:
        """The conversation as the inquiry's owner sees it, with what has changed `now` in the inquiry."""
        return Thread(
            inquiry=_inquiry(self.row)._replace(**now),  # type: ignore[attr-defined]
            owned=True,
            messages=[_message(row) for row in self._rows if _message.found(row)],
            quote=quote,
            draft=self.row.draft or "",
        )


def look(session: Session, inquiry_id: str, agent_id: str, now: dt.datetime) -> Claimable:
    """What there is to claim; NotFound if there is no such inquiry. One statement.

    The agent is locked, so that two claims of one agent queue up. Who claims compares the inquiry's version
    in the write that decides: every word of the customer raises it, so none is missed.
    """
    rows = _LOOK.all(session, {"inquiry": inquiry_id, "agent": agent_id, "at": now})
    if not rows:
        raise NotFound
    return Claimable(rows[0], _quote(rows[0]) if _quote.found(rows[0]) else None, rows)


_agent: sa.BindParameter[str] = sa.bindparam("agent")
_at = sa.bindparam("at", type_=Instant())
_asked: list[Any] = [
    Agent.tier,
    Agent.last_seen_at,
    Turn.asked_at,
    Queue.easy,
    Draft.text.label("draft"),
    tunables.revision().label("revision"),
    rates.card_in_force_id(_at).label("card_id"),
    surges.surge.id.label("surge_id"),
    surges.surge.percent.label("surge_percent"),
]
_inquiry = Part(Inquiry, len(_asked))
_quote = Part(TurnQuote, _inquiry.end)
_message = Part(Message, _quote.end)

_kept_here = sa.and_(
    TurnQuote.turn_id == Inquiry.open_turn_id,
    TurnQuote.inquiry_id == Inquiry.id,
    TurnQuote.agent_id == _agent,
)
_LOOK = Prepared(
    sa.select(*_asked, *_inquiry.columns, *_quote.columns, *_message.columns)
    .select_from(Agent)
    .join(Inquiry, Inquiry.id == sa.bindparam("inquiry"))
    .join(Queue, Queue.slug == Inquiry.queue)
    .outerjoin(Turn, Turn.id == Inquiry.open_turn_id)
    .outerjoin(TurnQuote, _kept_here)
    .outerjoin(Surge, surges.in_force(Inquiry.queue, _at))
    .outerjoin(Draft, sa.and_(Draft.inquiry_id == Inquiry.id, Draft.agent_id == _agent))
    .outerjoin(Message, Message.inquiry_id == Inquiry.id)
    .where(Agent.id == _agent)
    .order_by(Message.sent_at, Message.id)
    .with_for_update(of=Agent, key_share=True)
)
