"""Rests that are due, phones that fell silent, and what their owners read about it afterwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import outbox, tunables
from gig.core.db import db, transaction
from gig.core.text import N_
from gig.dispatch.models import Draft, Inquiry
from gig.dispatch.operations.locks import free_agents, lock_agent
from gig.dispatch.values import CLAIMED, seconds
from gig.identity.models import Agent, Duty
from gig.identity.operations import presence
from gig.identity.operations.presence import rest_due, set_aside
from gig.identity.values import Presence

CHUNK = 500
TYPED_WITHIN = dt.timedelta(seconds=60)

REASONS = {
    "stint": N_("连续在线时间到了上限，先休息一下。手上的咨询照常能回，不会收走。"),
    "day": N_("今天在线时间到了上限，明天再来。手上的咨询照常能回，不会收走。"),
}
RESTED = N_("休息好了，准备好就上线。")
BACK = N_("刚才手机断开了一会儿。手上的咨询没有动，断开时没有派单给你。")


def sweep_rests(*, now: dt.datetime) -> int:
    """Whoever reached a limit rests until a stated instant, unless they are typing an answer right now.

    Typing puts a rest off for a bounded time. Agents who are online without a span of duty have one from
    now on.
    """
    _count_everyone(now)
    due = (
        sa.select(Duty.agent_id, Duty.rest_due_at)
        .where(Duty.ended_at.is_(None), Duty.rest_due_at <= now)
        .order_by(Duty.rest_due_at)
        .limit(CHUNK)
    )
    rested = 0
    for agent_id, due_at in db.session.execute(due).all():
        with transaction() as session:
            rested += _rest(session, agent_id, due_at, now)
    return rested


def _count_everyone(now: dt.datetime) -> None:
    counted = sa.select(Duty.id).where(Duty.agent_id == Agent.id, Duty.ended_at.is_(None))
    uncounted = (Agent.presence == "online", sa.not_(counted.exists()))
    if db.session.execute(sa.select(Agent.id).where(*uncounted).limit(1)).first() is None:
        return
    with transaction() as session:
        for agent_id in session.scalars(free_agents(*uncounted).limit(CHUNK)).all():
            presence.count_from(session, agent_id, now)


def _rest(session: Session, agent_id: str, due_at: dt.datetime, now: dt.datetime) -> bool:
    if not lock_agent(session, agent_id, wait=False):
        return False
    _done, rest = rest_due(session, agent_id, now)
    if rest.at > now:  # the limits were raised meanwhile
        session.execute(
            sa.update(Duty)
            .where(Duty.agent_id == agent_id, Duty.ended_at.is_(None))
            .values(rest_due_at=rest.at)
        )
        return False
    if now < due_at + seconds(tunables.values(session), "typing_most_s") and _types(session, agent_id, now):
        return False
    state: Presence = "away" if rest.why == "stint" else "offline"
    reason = REASONS[rest.why]
    return bool(set_aside(session, [agent_id], state=state, reason=reason, rest_until=rest.back_at, now=now))


def _types(session: Session, agent_id: str, now: dt.datetime) -> bool:
    """Whether the agent's answer to a waiting customer was being typed within the last minute."""
    typed = (
        sa.select(Draft.saved_at)
        .join(Inquiry, Inquiry.id == Draft.inquiry_id)
        .where(
            Draft.agent_id == agent_id,
            Draft.saved_at > now - TYPED_WITHIN,
            Inquiry.owner_id == agent_id,
            Inquiry.state == CLAIMED,
            Inquiry.open_turn_id.is_not(None),
        )
    )
    return session.execute(typed.limit(1)).first() is not None


def sweep_rested(*, now: dt.datetime) -> int:
    """Whose rest is over may go online, and is told so."""
    with transaction() as session:
        done = session.scalars(
            sa.update(Agent)
            .where(Agent.id.in_(free_agents(Agent.rest_until <= now)))
            .values(rest_until=None, presence_reason=RESTED)
            .returning(Agent.id)
            .execution_options(synchronize_session=False)
        ).all()
        events: list[outbox.Event] = [(f"agent:{id}", "presence.rested", {}) for id in done]
        outbox.emit_all(session, events, now=now)
        return len(done)


def sweep_reach(*, now: dt.datetime) -> int:
    """Owners of an open turn who gave no sign of life for the grace are marked, and ops is told.

    Nothing is taken from them: their clock decides that. Whoever is back reads what happened.
    """
    with transaction() as session:
        quiet = now - seconds(tunables.values(session), "reach_grace_s")
        answering = sa.select(Inquiry.id).where(
            Inquiry.owner_id == Agent.id, Inquiry.state == CLAIMED, Inquiry.open_turn_id.is_not(None)
        )
        silent = free_agents(
            Agent.presence == "online",
            Agent.last_seen_at < quiet,
            Agent.unreachable_since.is_(None),
            answering.exists(),
        )
        lost = session.scalars(
            sa.update(Agent)
            .where(Agent.id.in_(silent))
            .values(unreachable_since=Agent.last_seen_at)
            .returning(Agent.id)
            .execution_options(synchronize_session=False)
        ).all()
        returned = free_agents(
            Agent.unreachable_since.is_not(None), Agent.last_seen_at > Agent.unreachable_since
        )
        back = session.execute(
            sa.update(Agent)
            .where(Agent.id.in_(returned))
            .values(
                unreachable_since=None,
                presence_reason=sa.case((Agent.presence == "online", BACK), else_=Agent.presence_reason),
            )
            .returning(Agent.id, Agent.presence)
            .execution_options(synchronize_session=False)
        ).all()
        outbox.emit_all(session, _told(lost, [(id, state) for id, state in back]), now=now)
        return len(lost)


def _told(lost: Sequence[str], back: Sequence[tuple[str, str]]) -> list[outbox.Event]:
    events: list[outbox.Event] = []
    for id in lost:
        events.append(("ops", "agent.unreachable", {"agent": id}))
        events.append((f"agent:{id}", "agent.unreachable", {}))
    for id, state in back:
        events.append(("ops", "agent.reachable", {"agent": id}))
        events.append((f"agent:{id}", "presence.changed", {"state": state}))
    return events
