"""The feed: what an agent may claim now, at which price, and why; never the customer's words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.dispatch.models import Inquiry, Queue
from gig.dispatch.models_lists import IssueType
from gig.dispatch.operations.deciding import seeing, visible
from gig.dispatch.queries.feed_statements import (
    SERVED,
    STANDING,
    asking_for,
    columns,
    not_spent,
    the_agent,
)
from gig.dispatch.values import OPEN, seconds
from gig.identity.models import Agent
from gig.payouts.rates import queries as rates
from gig.payouts.rates.rules.bands import holds_until
from gig.payouts.rates.rules.card import RateCard
from gig.payouts.rates.rules.quote import Quote, quote
from gig.payouts.surges.queries import Uplift

PAGE = 30
COUNT_UP_TO = 100


@dataclass(frozen=True)
class FeedRow:
    """One open inquiry as its claimers see it.

    `kept_until` is set when the agent held this turn before: their first clock runs on until then.
    `reserved`: nobody else sees it yet. `for_trainees`: only trainees see it yet, of whom they are one.
    """

    id: str
    queue: str
    side: str
    issue_type: str
    order_kind: str | None
    length: int
    priority: int
    queued_at: dt.datetime
    waiting_s: int
    base_fen: int
    multiplier_percent: int
    band: str
    gross_fen: int
    reply_within_s: int
    until: dt.datetime | None
    why: str
    kept_until: dt.datetime | None
    reserved: bool
    for_trainees: bool
    handovers: int = 0


@dataclass(frozen=True)
class Standing:
    """The agent as the feed needs them: one row, with the revision of the numbers and the card in force.

    `surges` are those in force, by queue.
    """

    agent: Agent
    queues: tuple[tuple[str, bool], ...]
    revision: int
    card_id: str
    next_card_at: dt.datetime | None
    surges: Mapping[str, Uplift]


def standing(session: Session, agent_id: str, now: dt.datetime) -> Standing:
    """The agent and the queues they may serve, as (slug, easy). Two statements."""
    found = STANDING.first(session, {"agent": agent_id, "at": now})
    rows = SERVED.all(session, {"agent": agent_id, "at": now})
    queues = tuple((row.slug, row.easy) for row in rows)
    surges = {row.slug: Uplift(row.id, row.percent, row.ends_at) for row in rows if row.id}
    return Standing(the_agent(found), queues, found.revision, found.card_id, found.next_card_at, surges)


def feed(
    session: Session,
    who: Standing,
    now: dt.datetime,
    *,
    queue: str | None = None,
    issue_type: str | None = None,
    after: tuple[int, dt.datetime, str] | None = None,
    limit: int = PAGE,
) -> list[FeedRow]:
    """The first `limit` rows in feed order, beyond the cursor (priority, queued_at, id). One statement.

    Each queue is read along its own index, so the cost does not grow with what is waiting.
    """
    queues = [each for each in who.queues if queue in (None, each[0])]
    if not queues:
        return []
    numbers = tunables.values(session, who.revision)
    agent = who.agent
    shape = (len(queues), agent.tier == "trainee", bool(issue_type), bool(after))
    values = {
        **seeing(agent.id, agent.tier, numbers, now),
        **{f"queue_{place}": slug for place, (slug, _) in enumerate(queues)},
        **{f"easy_{place}": easy for place, (_, easy) in enumerate(queues)},
        "most": limit,
    }
    if issue_type:
        values["issue_type"] = issue_type
    if after:
        values |= dict(zip(("after_priority", "after_queued_at", "after_id"), after, strict=True))
    rows = asking_for(*shape).all(session, values)
    return _priced(session, who, now, rows)


def row(session: Session, who: Standing, inquiry_id: str, now: dt.datetime) -> FeedRow:
    """One inquiry as its claimers see it, whatever its state. One statement."""
    found = session.execute(columns(who.agent.id).where(Inquiry.id == inquiry_id)).all()
    return _priced(session, who, now, found)[0]


def _priced(
    session: Session, who: Standing, now: dt.datetime, rows: Sequence[sa.Row[*tuple[Any, ...]]]
) -> list[FeedRow]:
    card = rates.card(session, who.card_id)
    changes = [at for at in (holds_until(card, now), who.next_card_at) if at is not None]
    until = min(changes, default=None)
    return [_row(session, row, card, who, now, until) for row in rows]


def _for_trainees(session: Session, row: sa.Row[*tuple[Any, ...]], who: Standing, now: dt.datetime) -> bool:
    numbers = tunables.values(session, who.revision)
    easy = dict(who.queues).get(row.queue, False)
    new = row.queued_at > now - seconds(numbers, "trainee_window_s")
    share = row.bucket < numbers["trainee_share_percent"]
    return easy and new and share and who.agent.tier == "trainee"


def _row(
    session: Session,
    row: sa.Row[*tuple[Any, ...]],
    card: RateCard,
    who: Standing,
    now: dt.datetime,
    until: dt.datetime | None,
) -> FeedRow:
    surge = who.surges.get(row.queue)
    if row.clock_started_at is not None:
        within = int((row.deadline_at - row.clock_started_at).total_seconds())
        price = (row.base_fen, row.multiplier_percent, row.band or "", row.gross_fen, within)
        why, until, kept_until = row.why, row.expires_at, row.expires_at
    else:
        quoted: Quote = quote(
            card,
            queue=row.queue,
            issue_type=row.issue_type,
            tier=who.agent.tier,
            clock_started_at=now,
            paid_so_far=row.paid_replies,
            surge_percent=surge.percent if surge else 0,
        )
        if surge and quoted.surge_fen:
            until = min(surge.until, until or surge.until)
        price = (
            quoted.base_fen,
            quoted.multiplier_percent,
            quoted.band,
            quoted.gross_fen,
            quoted.reply_within_s,
        )
        why, kept_until = quoted.why, None
    return FeedRow(
        id=row.id,
        queue=row.queue,
        side=row.side,
        issue_type=row.issue_type,
        order_kind=row.order_kind,
        length=row.length,
        priority=row.priority,
        queued_at=row.queued_at,
        waiting_s=max(0, int((now - row.queued_at).total_seconds())),
        base_fen=price[0],
        multiplier_percent=price[1],
        band=price[2],
        gross_fen=price[3],
        reply_within_s=price[4],
        until=until,
        why=why,
        kept_until=kept_until,
        reserved=row.reserved_for == who.agent.id and row.reserved_until > now,
        for_trainees=_for_trainees(session, row, who, now),
        handovers=row.handovers,
    )


def counts(session: Session, who: Standing, now: dt.datetime) -> dict[str, int]:
    """How many inquiries wait for this agent by queue, counted up to 100 each. One statement."""
    if not who.queues:
        return {}
    numbers = tunables.values(session, who.revision)
    parts = []
    for slug, easy in who.queues:
        seen = (
            sa.select(sa.literal(1).label("one"))
            .where(Inquiry.queue == slug, Inquiry.state == OPEN)
            .where(visible(who.agent.id, who.agent.tier, numbers, now, sa.literal(easy)))
            .where(not_spent(who.agent.id, now))
            .limit(COUNT_UP_TO)
            .subquery()
        )
        parts.append(sa.select(sa.literal(slug).label("queue"), sa.func.count().label("n")).select_from(seen))
    return dict(session.execute(sa.union_all(*parts)).all())


def names(session: Session) -> tuple[dict[str, Queue], dict[str, IssueType]]:
    """What queues and issue types are called. Two statements over two short tables."""
    queues: Sequence[Queue] = session.execute(sa.select(Queue)).scalars().all()
    issues: Sequence[IssueType] = session.execute(sa.select(IssueType)).scalars().all()
    return {each.slug: each for each in queues}, {each.slug: each for each in issues}
