"""Conversations, each seen only as far as the one who asks may see."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import NotFound
from gig.core.prepared import Prepared
from gig.core.rows import Part
from gig.dispatch.models import Draft, Inquiry, Message, Turn, TurnQuote
from gig.payouts.earnings.models import Earning


@dataclass(frozen=True)
class Thread:
    """An inquiry, its messages, and, for its owner, the quote of the open turn: rows to read, of no session.

    A former owner gets `owned` False and their own messages alone. `earnings` are the agent's own, by
    turn, where they were asked for.
    """

    inquiry: Inquiry
    owned: bool
    messages: Sequence[Message]
    quote: TurnQuote | None
    draft: str
    earnings: Mapping[str, Earning] = field(default_factory=dict)

    @property
    def order(self) -> dict[str, Any]:
        """What the channel told of the order; nothing for a former owner."""
        if not self.owned or not self.inquiry.order_detail:
            return {}
        detail: dict[str, Any] = json.loads(self.inquiry.order_detail)
        return detail


def thread(session: Session, inquiry_id: str, agent_id: str) -> Thread:
    """The conversation for the agent who holds it, or the part of it that a former owner may see.

    NotFound for anyone else. The one who resolved it may still read it until it is closed. One
    statement.
    """
    rows = _THREAD.all(session, {"inquiry": inquiry_id, "agent": agent_id})
    if not rows:
        raise NotFound
    owned, draft = rows[0][:2]
    return Thread(
        inquiry=_inquiry(rows[0]),
        owned=bool(owned),
        messages=[_message(row) for row in rows if _message.found(row)],
        quote=_quote(rows[0]) if owned and _quote.found(rows[0]) else None,
        draft=draft or "",
    )


_inquiry = Part(Inquiry, 2)
_quote = Part(TurnQuote, _inquiry.end)
_message = Part(Message, _quote.end)


def _threading() -> sa.Select[*tuple[Any, ...]]:
    agent: sa.BindParameter[str] = sa.bindparam("agent")
    mine = sa.or_(
        Inquiry.owner_id == agent,
        sa.and_(Inquiry.state == "resolved", Inquiry.resolved_by == agent),
    )
    held = (
        sa.select(TurnQuote.turn_id)
        .where(TurnQuote.agent_id == agent, TurnQuote.inquiry_id == Inquiry.id)
        .correlate(Inquiry)
        .exists()
    )
    return (
        sa.select(mine, Draft.text, *_inquiry.columns, *_quote.columns, *_message.columns)
        .outerjoin(TurnQuote, sa.and_(TurnQuote.turn_id == Inquiry.open_turn_id, TurnQuote.agent_id == agent))
        .outerjoin(Draft, sa.and_(Draft.inquiry_id == Inquiry.id, Draft.agent_id == agent))
        .outerjoin(
            Message, sa.and_(Message.inquiry_id == Inquiry.id, sa.or_(mine, Message.agent_id == agent))
        )
        .where(Inquiry.id == sa.bindparam("inquiry"), sa.or_(Inquiry.owner_id == agent, held))
        .order_by(Message.sent_at, Message.id)
    )


_THREAD = Prepared(_threading())


def messages(session: Session, inquiry_id: str, of_agent: str | None = None) -> Sequence[Message]:
    """The messages in the order they were sent; of one agent alone, if told."""
    query = sa.select(Message).where(Message.inquiry_id == inquiry_id)
    if of_agent:
        query = query.where(Message.agent_id == of_agent)
    return session.execute(query.order_by(Message.sent_at, Message.id)).scalars().all()


def thread_with_pay(session: Session, inquiry_id: str, agent_id: str) -> Thread:
    """The conversation with what the agent earned in it. Two statements."""
    query = sa.select(Earning).where(Earning.inquiry_id == inquiry_id, Earning.agent_id == agent_id)
    found = thread(session, inquiry_id, agent_id)
    return replace(found, earnings={each.turn_id: each for each in session.execute(query).scalars()})


@dataclass(frozen=True)
class Held:
    """One conversation in the agent's hands; `deadline_at` is set while the customer waits."""

    inquiry: Inquiry
    turn_number: int | None
    quote: TurnQuote | None
    last_text: str


def held(session: Session, agent_id: str) -> list[Held]:
    """What the agent holds now, the most urgent first. One statement."""
    last = (
        sa.select(Message.text)
        .where(Message.inquiry_id == Inquiry.id, Message.author != "system")
        .order_by(Message.sent_at.desc(), Message.id.desc())
        .limit(1)
        .correlate(Inquiry)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(Inquiry, Turn.number, TurnQuote, last)
        .outerjoin(Turn, Turn.id == Inquiry.open_turn_id)
        .outerjoin(
            TurnQuote,
            sa.and_(TurnQuote.turn_id == Inquiry.open_turn_id, TurnQuote.agent_id == agent_id),
        )
        .where(Inquiry.owner_id == agent_id, Inquiry.state == "claimed")
        .order_by(sa.case((TurnQuote.deadline_at.is_(None), 1), else_=0), TurnQuote.deadline_at)
        .execution_options(populate_existing=True)
    )
    return [Held(inquiry, number, quote, text or "") for inquiry, number, quote, text in rows]


def recent(session: Session, agent_id: str, since: dt.datetime, limit: int = 20) -> Sequence[Inquiry]:
    """What the agent resolved since the instant, the newest first."""
    query = (
        sa.select(Inquiry)
        .where(Inquiry.resolved_by == agent_id, Inquiry.resolved_at >= since)
        .order_by(Inquiry.resolved_at.desc())
        .limit(limit)
    )
    return session.execute(query).scalars().all()


def open_turns(session: Session, agent_id: str) -> int:
    """How many customers wait for this agent's answer."""
    query = sa.select(sa.func.count()).where(
        Inquiry.owner_id == agent_id, Inquiry.state == "claimed", Inquiry.open_turn_id.is_not(None)
    )
    return session.execute(query).scalar_one()
