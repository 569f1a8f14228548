"""在线、小休、离线: who says it, what it does to the rest that is due, and what the agent is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gig.core import outbox, tunables
from gig.core.businesstime import BusinessZone, business_zone
from gig.core.db import Instant, is_sqlite, table_of, transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.text import N_
from gig.identity.models import Agent, Duty
from gig.identity.rules.duty import Due, Limits, Worked, due, worked
from gig.identity.values import PRESENCES, WORKING, Presence

LOOKING_BACK = dt.timedelta(hours=48)
"""No stint and no business day reaches further back."""

RESTING = N_("正在休息，%(until)s 后可以上线。手上的咨询照常能回，不会收走。")


def set_presence(*, agent_id: str, state: str, now: dt.datetime, reason: str | None = None) -> Presence:
    """The agent is online, away or offline; only who may work and has rested can be online.

    Repeating changes nothing. Going online begins a span that says when the next rest is due.
    """
    chosen = next((word for word in PRESENCES if word == state), None)
    if chosen is None:
        raise Invalid({"state": [N_("要是其中之一：online、away、offline。")]})
    with transaction() as session:
        agent = session.execute(
            sa.select(Agent.presence, Agent.stage, Agent.rest_until, Agent.last_seen_at)
            .where(Agent.id == agent_id)
            .with_for_update(key_share=True)
        ).one_or_none()
        if agent is None:
            raise NotFound
        values: dict[str, object] = {"presence": chosen, "presence_reason": reason, "last_seen_at": now}
        if chosen == "online":
            _refuse_unless_ready(agent, now)
            if agent.presence != "online":
                values |= {"idle_since": now, "rest_until": None}
            _begin_duty(session, agent_id, agent.last_seen_at, now)
        else:
            end_duty(session, [agent_id], now=now, since_seen=_gone(session, agent.last_seen_at, now))
        session.execute(sa.update(Agent).where(Agent.id == agent_id).values(**values))
        _tell(session, [agent_id], chosen, now)
    return chosen


def set_aside(
    session: Session,
    agent_ids: Collection[str] | sa.Select[str],
    *only_if: sa.ColumnElement[bool],
    state: Presence,
    reason: str,
    now: dt.datetime,
    rest_until: dt.datetime | None = None,
    since_seen: bool = False,
) -> list[str]:
    """Those of the agents who are online and meet the conditions are away or offline, and read why.

    What they hold stays theirs. With `since_seen` their time online ended at their last sign of life.
    Returns who was online until now.
    """
    values: dict[str, object] = {"presence": state, "presence_reason": reason}
    if rest_until is not None:
        values["rest_until"] = rest_until
    gone = session.scalars(
        sa.update(Agent)
        .where(Agent.id.in_(agent_ids), Agent.presence == "online", *only_if)
        .values(**values)
        .returning(Agent.id)
        .execution_options(synchronize_session=False)
    ).all()
    end_duty(session, gone, now=now, since_seen=since_seen)
    _tell(session, gone, state, now)
    return list(gone)


def forget_reason(*, agent_id: str) -> None:
    """The agent has read why they are online, away or offline."""
    with transaction() as session:
        session.execute(sa.update(Agent).where(Agent.id == agent_id).values(presence_reason=None))


def end_duty(
    session: Session, agent_ids: Collection[str], *, now: dt.datetime, since_seen: bool = False
) -> None:
    """The open span of each of these agents has ended, at the earliest when it began.

    A sweep's `now` may lie before that: the agent came back while it waited for a lock.
    """
    if not agent_ids:
        return
    ended: Any = sa.literal(now, Instant())
    if since_seen:
        ended = sa.select(Agent.last_seen_at).where(Agent.id == Duty.agent_id).scalar_subquery()
    ended = sa.case((ended > Duty.began_at, ended), else_=Duty.began_at)
    session.execute(
        sa.update(Duty)
        .where(Duty.agent_id.in_(agent_ids), Duty.ended_at.is_(None))
        .values(ended_at=ended)
        .execution_options(synchronize_session=False)
    )


def rest_due(session: Session, agent_id: str, now: dt.datetime) -> tuple[Worked, Due]:
    """How long the agent has been online, and when and why the next rest is due if they stay."""
    limits, zone = limits_of(tunables.values(session)), _zone()
    day_start, day_end = zone.day_bounds(zone.day_of(now))
    rows = session.execute(
        sa.select(Duty.began_at, Duty.ended_at)
        .where(
            Duty.agent_id == agent_id,
            sa.or_(Duty.ended_at.is_(None), Duty.ended_at > now - LOOKING_BACK),
        )
        .order_by(Duty.began_at)
    )
    spans = [(began, min(ended or now, now)) for began, ended in rows if began <= now]
    done = worked(spans, limits, day_start=day_start, now=now)
    return done, due(done, limits, now=now, day_end=day_end)


def limits_of(numbers: Mapping[str, int]) -> Limits:
    return Limits(
        stint=dt.timedelta(seconds=numbers["rest_after_s"]),
        rest=dt.timedelta(seconds=numbers["rest_s"]),
        day=dt.timedelta(seconds=numbers["day_cap_s"]),
    )


def until_words(until: dt.datetime, now: dt.datetime) -> str:
    """18:20, with the day if it is another one."""
    zone = _zone().tzinfo
    local = until.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else f"{local:%m-%d %H:%M}"


def _refuse_unless_ready(agent: sa.Row[str, str, dt.datetime | None, dt.datetime], now: dt.datetime) -> None:
    if agent.stage not in WORKING:
        raise Refused("not-eligible", N_("审核通过后才能上线接单。"))
    if agent.rest_until is not None and agent.rest_until > now:
        raise Refused("resting", RESTING, until=until_words(agent.rest_until, now))


def _begin_duty(session: Session, agent_id: str, seen_at: dt.datetime, now: dt.datetime) -> None:
    """A span is open. One without a sign of life for as long as a rest has ended when it was last seen."""
    open_since = session.scalar(
        sa.select(Duty.began_at).where(Duty.agent_id == agent_id, Duty.ended_at.is_(None))
    )
    if open_since is not None:
        if not _gone(session, max(seen_at, open_since), now):
            return
        end_duty(session, [agent_id], now=now, since_seen=True)
    next_rest = count_from(session, agent_id, now)
    if next_rest.at <= now:
        raise Refused("resting", RESTING, until=until_words(next_rest.back_at, now))


def count_from(session: Session, agent_id: str, now: dt.datetime) -> Due:
    """An open span begins now, unless there is one; returns the rest that ends it."""
    _done, next_rest = rest_due(session, agent_id, now)
    insert = (sqlite if is_sqlite(session) else postgresql).insert(table_of(Duty))
    session.execute(
        insert.on_conflict_do_nothing(),
        {"agent_id": agent_id, "began_at": now, "rest_due_at": next_rest.at, "ended_at": None},
    )
    return next_rest


def _gone(session: Session, seen_at: dt.datetime, now: dt.datetime) -> bool:
    """Without a sign of life for as long as a rest lasts: they had one."""
    return now - seen_at >= limits_of(tunables.values(session)).rest


def _zone() -> BusinessZone:
    return business_zone(current_app.config["GIG_TIMEZONE"])


def _tell(session: Session, agent_ids: Collection[str], state: Presence, now: dt.datetime) -> None:
    events: list[outbox.Event] = []
    for id in agent_ids:
        events.append((f"agent:{id}", "presence.changed", {"state": state}))
        events.append(("ops", "presence.changed", {"agent": id, "state": state}))
    outbox.emit_all(session, events, now=now)
