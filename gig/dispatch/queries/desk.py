"""What an agent's open pages ask for between two events: a few rows by their ids."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.dispatch.models import Inquiry, TurnQuote
from gig.dispatch.operations.deciding import visible
from gig.dispatch.queries.feed import Standing
from gig.dispatch.values import OPEN
from gig.payouts.earnings.models import Earning

MOST_IDS = 50


def in_view(
    session: Session, who: Standing, now: dt.datetime, ids: Collection[str], queue: str | None = None
) -> list[str]:
    """Which of these inquiries the agent could see in the feed at this instant. One statement."""
    queues = [each for each in who.queues if queue in (None, each[0])]
    if not ids or not queues:
        return []
    numbers = tunables.values(session, who.revision)
    seen = [
        sa.and_(
            Inquiry.queue == slug,
            visible(who.agent.id, who.agent.tier, numbers, now, sa.literal(easy)),
        )
        for slug, easy in queues
    ]
    query = sa.select(Inquiry.id).where(
        Inquiry.id.in_(sorted(ids)[:MOST_IDS]), Inquiry.state == OPEN, sa.or_(*seen)
    )
    return list(session.scalars(query))


def quotes(session: Session, inquiry_id: str, agent_id: str) -> Sequence[TurnQuote]:
    """The clocks that this agent had in the inquiry, the first one first."""
    query = sa.select(TurnQuote).where(TurnQuote.agent_id == agent_id, TurnQuote.inquiry_id == inquiry_id)
    query = query.order_by(TurnQuote.clock_started_at).execution_options(populate_existing=True)
    return session.scalars(query).all()


def earned(session: Session, agent_id: str, inquiry_ids: Collection[str]) -> dict[str, tuple[int, int]]:
    """Of these inquiries, how many replies the agent was paid for, and how much: {id: (count, fen)}."""
    if not inquiry_ids:
        return {}
    rows = session.execute(
        sa.select(Earning.inquiry_id, sa.func.count(), sa.func.sum(Earning.pay_fen))
        .where(Earning.agent_id == agent_id, Earning.inquiry_id.in_(sorted(inquiry_ids)))
        .group_by(Earning.inquiry_id)
    )
    return {id: (int(count), int(fen)) for id, count, fen in rows}
