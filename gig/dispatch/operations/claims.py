"""抢单: one conditional write decides who gets an inquiry."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from gig.core import clock, outbox, tunables
from gig.core.db import is_sqlite, made, rows_changed, transaction
from gig.core.errors import NotFound, Refused
from gig.core.money import yuan
from gig.core.text import N_
from gig.dispatch.models import Inquiry, Queue, Turn, TurnQuote
from gig.dispatch.operations import clocks, expiry
from gig.dispatch.queries.refusals import why_not
from gig.dispatch.values import CLAIMED, OPEN, SWEEP_WAIT, head_start, limit, seconds
from gig.identity.models import Agent, AgentSkill
from gig.payouts.rates import queries as rates
from gig.payouts.rates.rules.quote import quote

Found = sa.Row[*tuple[Any, ...]]
"""What one read found, by column name."""

SEEN_EVERY = dt.timedelta(seconds=60)


@dataclass(frozen=True)
class Claimed:
    """The inquiry is the agent's; `already` says that it was before this call."""

    inquiry_id: str
    turn_id: str | None
    already: bool


def claim(
    *, inquiry_id: str, agent_id: str, now: dt.datetime, expected_gross_fen: int | None = None
) -> Claimed:
    """The agent owns the inquiry and their clock runs, or Refused says why not and nothing has changed.

    Of any number of agents at once exactly one wins. Claiming what one owns changes nothing. A turn
    held before keeps its first clock and quote.
    """
    with transaction() as session:
        found = _look(session, inquiry_id, agent_id, now)
        if found.state == "claimed" and found.owner_id != agent_id and _spent(found.expires_at, now):
            expiry.expire(session, inquiry_id, now=now, wait=False)
            found = _look(session, inquiry_id, agent_id, now)
        if found.state == "claimed" and found.owner_id == agent_id:
            return _already(session, found)
        if found.state == "claimed":
            raise Refused("already-claimed", N_("手慢了，这条刚被抢走，没扣分。"))
        if found.state != "open":
            raise Refused("not-open", N_("这条咨询已经不在排队了。"))
        row = _quote_row(session, found, agent_id, now)
        if expected_gross_fen is not None and row["gross_fen"] < expected_gross_fen:
            raise Refused(
                "quote-changed",
                N_("价格变了：现在是 ¥%(now)s，没有抢单。"),
                now=yuan(row["gross_fen"]),
            )
        numbers = tunables.values(session, found.revision)
        taken = rows_changed(session, _conditional(found, agent_id, row["expires_at"], numbers, now))
        if not taken:
            found = _look(session, inquiry_id, agent_id, now)
            if found.owner_id == agent_id:
                return _already(session, found)
            raise why_not(session, inquiry_id, agent_id, numbers, now)
        _keep(session, found, row)
        if found.last_seen_at <= now - SEEN_EVERY:
            session.execute(sa.update(Agent).where(Agent.id == agent_id).values(last_seen_at=now))
        events: list[outbox.Event] = [
            (f"queue:{found.queue}", "feed.taken", {"inquiry_id": inquiry_id}),
            (
                f"agent:{agent_id}",
                "turn.open",
                {
                    "inquiry_id": inquiry_id,
                    "turn_id": found.open_turn_id,
                    "deadline_at": row["deadline_at"].isoformat(),
                },
            ),
        ]
        outbox.emit_all(session, events, now=now)
        return Claimed(inquiry_id, found.open_turn_id, already=False)


def _already(session: Session, found: Found) -> Claimed:
    made(session, already="1")
    return Claimed(found.id, found.open_turn_id, already=True)


def _look(session: Session, inquiry_id: str, agent_id: str, now: dt.datetime) -> Found:
    """The agent (locked, so that two claims of one agent queue up), the inquiry, and a kept quote."""
    kept = TurnQuote.__table__
    statement = (
        sa.select(
            Agent.tier,
            Agent.last_seen_at,
            Inquiry.id,
            Inquiry.state,
            Inquiry.owner_id,
            Inquiry.open_turn_id,
            Inquiry.queue,
            Inquiry.issue_type,
            Inquiry.paid_replies,
            Inquiry.expires_at,
            Turn.asked_at,
            kept.c.clock_started_at.label("kept_started_at"),
            kept.c.deadline_at.label("kept_deadline_at"),
            kept.c.expires_at.label("kept_expires_at"),
            kept.c.gross_fen.label("kept_gross_fen"),
            Queue.easy,
            tunables.revision().label("revision"),
            rates.card_in_force_id(now).label("card_id"),
        )
        .select_from(Agent)
        .join(Inquiry, Inquiry.id == inquiry_id)
        .join(Queue, Queue.slug == Inquiry.queue)
        .outerjoin(Turn, Turn.id == Inquiry.open_turn_id)
        .outerjoin(kept, sa.and_(kept.c.turn_id == Inquiry.open_turn_id, kept.c.agent_id == agent_id))
        .where(Agent.id == agent_id)
    )
    if not is_sqlite(session):
        statement = statement.with_for_update(of=Agent, key_share=True)
    found = session.execute(statement).one_or_none()
    if found is None:
        raise NotFound
    return found


def _spent(expires_at: dt.datetime | None, now: dt.datetime) -> bool:
    """Past its expiry for as long as a reply in flight could have needed."""
    return expires_at is not None and expires_at + SWEEP_WAIT * clock.current().speed <= now


def _quote_row(session: Session, found: Found, agent_id: str, now: dt.datetime) -> dict[str, Any]:
    """The clock and price: the kept ones if the agent held this turn before, else of this instant."""
    if found.kept_started_at is not None:
        if found.kept_expires_at < now:
            raise Refused("not-eligible", N_("这一轮你的时间已用完，留给别人。"))
        return {
            "clock_started_at": found.kept_started_at,
            "deadline_at": found.kept_deadline_at,
            "expires_at": found.kept_expires_at,
            "gross_fen": found.kept_gross_fen,
            "agent_id": agent_id,
        }
    started = max(now, found.asked_at)
    quoted = quote(
        rates.card(session, found.card_id),
        queue=found.queue,
        issue_type=found.issue_type,
        tier=found.tier,
        clock_started_at=started,
        paid_so_far=found.paid_replies,
    )
    return clocks.row(
        inquiry_id=found.id,
        turn_id=found.open_turn_id,
        agent_id=agent_id,
        card_id=found.card_id,
        quoted=quoted,
        clock_started_at=started,
    )


def visible(
    agent_id: str, tier: str, numbers: Any, now: dt.datetime, easy: sa.ColumnElement[bool]
) -> sa.ColumnElement[bool]:
    """Which open inquiries an agent of this tier may see and claim at this instant."""
    reserved = sa.and_(Inquiry.reserved_until.is_not(None), Inquiry.reserved_until > now)
    ours = sa.and_(reserved, Inquiry.reserved_for == agent_id)
    open_to_all = [sa.not_(reserved), Inquiry.entered_at <= now - head_start(numbers, tier)]
    if tier != "trainee":
        trainees_first = sa.and_(
            easy,
            Inquiry.bucket < numbers["trainee_share_percent"],
            Inquiry.queued_at > now - seconds(numbers, "trainee_window_s"),
        )
        open_to_all.append(sa.not_(trainees_first))
    return sa.or_(ours, sa.and_(*open_to_all))


def _conditional(
    found: Found, agent_id: str, expires_at: dt.datetime, numbers: Any, now: dt.datetime
) -> sa.Update:
    """The write that decides. All conditions of RULES §3.2 stand in it."""
    other = aliased(Inquiry)
    held = (
        sa.select(sa.func.count())
        .select_from(other)
        .where(other.owner_id == agent_id, other.state == CLAIMED)
        .scalar_subquery()
    )
    able = (
        sa.select(Agent.id)
        .join(AgentSkill, AgentSkill.agent_id == Agent.id)
        .where(
            Agent.id == agent_id,
            Agent.stage.in_(("probation", "active")),
            Agent.presence == "online",
            Agent.tier == found.tier,
            AgentSkill.queue == found.queue,
        )
        .exists()
    )
    return (
        sa.update(Inquiry)
        .where(
            Inquiry.id == found.id,
            Inquiry.open_turn_id == found.open_turn_id,
            Inquiry.state == OPEN,
            visible(agent_id, found.tier, numbers, now, sa.literal(bool(found.easy))),
            able,
            held < limit(numbers, found.tier),
        )
        .values(
            state="claimed",
            owner_id=agent_id,
            last_owner_id=agent_id,
            claimed_at=now,
            expires_at=expires_at,
            due_at=None,
            reserved_for=None,
            reserved_until=None,
            version=Inquiry.version + 1,
        )
        .execution_options(synchronize_session=False)
    )


def _keep(session: Session, found: Found, row: dict[str, Any]) -> None:
    """The quote is stored for this turn and owner; a kept one is theirs again."""
    if found.kept_started_at is None:
        session.execute(sa.insert(TurnQuote), row)
    else:
        mine = sa.and_(TurnQuote.turn_id == found.open_turn_id, TurnQuote.agent_id == row["agent_id"])
        session.execute(sa.update(TurnQuote).where(mine).values(ended=None))
