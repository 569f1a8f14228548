"""An agent's standing: admitted, online, skilled, suspended."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit, outbox
from gig.core.db import rows_changed, transaction
from gig.core.errors import NotFound, Refused
from gig.core.text import N_
from gig.identity.models import Agent, AgentSkill
from gig.identity.operations.presence import end_duty
from gig.identity.operations.presence import set_presence as set_presence
from gig.identity.values import WORKING, Stage


def admit_agent(*, agent_id: str, now: dt.datetime, actor_id: str | None) -> None:
    """The applicant's identity was verified: on probation from here on, and may go online."""
    _change_stage(
        agent_id,
        origin=("applicant",),
        values={"stage": "probation", "verified_at": now},
        action="agent.admit",
        reason=None,
        actor_id=actor_id,
        now=now,
    )


def activate_agent(*, agent_id: str, now: dt.datetime, actor_id: str | None) -> None:
    """The agent's probation is over."""
    _change_stage(
        agent_id,
        origin=("probation",),
        values={"stage": "active"},
        action="agent.activate",
        reason=None,
        actor_id=actor_id,
        now=now,
    )


def suspend_agent(*, agent_id: str, reason: str, now: dt.datetime, actor_id: str | None) -> None:
    """The agent cannot claim, be online, or hear of inquiries.

    Their claims are the caller's to return, in this transaction.
    """
    _change_stage(
        agent_id,
        origin=WORKING,
        values={"stage": "suspended", "presence": "offline", "suspended_reason": reason},
        action="agent.suspend",
        reason=reason,
        actor_id=actor_id,
        now=now,
    )


def end_agent(*, agent_id: str, reason: str, now: dt.datetime, actor_id: str | None) -> None:
    """The agent has left: they may look at what they earned, and are paid without a minimum.

    Their claims are the caller's to return, in this transaction.
    """
    _change_stage(
        agent_id,
        origin=(*WORKING, "suspended"),
        values={"stage": "left", "presence": "offline", "suspended_reason": None},
        action="agent.leave",
        reason=reason,
        actor_id=actor_id,
        now=now,
    )


def reinstate_agent(
    *, agent_id: str, reason: str, now: dt.datetime, actor_id: str | None, stage: Stage = "active"
) -> None:
    """The agent may work again, offline until they say otherwise.

    Who left comes back like this too, unless their identity has been erased since.
    """
    if stage not in WORKING:
        raise ValueError(stage)
    _change_stage(
        agent_id,
        Agent.verified_at.is_not(None),
        origin=("suspended", "left"),
        values={"stage": stage, "suspended_reason": None},
        action="agent.reinstate",
        reason=reason,
        actor_id=actor_id,
        now=now,
    )


def grant_skill(*, agent_id: str, queue: str, now: dt.datetime, actor_id: str | None) -> bool:
    """The agent may serve the queue; False if they could before."""
    with transaction() as session:
        _agent(session, agent_id, locked=True)
        if session.get(AgentSkill, (agent_id, queue)) is not None:
            return False
        session.add(AgentSkill(agent_id=agent_id, queue=queue, granted_by=actor_id, granted_at=now))
        _tell(session, agent_id, "agent.grant-skill", None, actor_id, now, {"queue": queue})
        return True


def revoke_skill(
    *, agent_id: str, queue: str, now: dt.datetime, actor_id: str | None, reason: str | None = None
) -> bool:
    """The agent may not claim from the queue any more, nor hears of it; what they hold they may finish."""
    with transaction() as session:
        gone = sa.delete(AgentSkill).where(AgentSkill.agent_id == agent_id, AgentSkill.queue == queue)
        if not rows_changed(session, gone):
            return False
        _tell(session, agent_id, "agent.revoke-skill", reason, actor_id, now, {"queue": queue})
        return True


def grant_senior(*, agent_id: str, queue: str, now: dt.datetime, actor_id: str | None) -> bool:
    """The agent may take the queue's emergencies too; False if they could before.

    NotFound without the queue's skill.
    """
    return _change_senior(agent_id, queue, actor_id, now, action="agent.grant-senior", senior_at=now)


def revoke_senior(*, agent_id: str, queue: str, now: dt.datetime, actor_id: str | None) -> bool:
    """The agent sees the queue's emergencies no more; what they hold they may finish."""
    return _change_senior(agent_id, queue, actor_id, now, action="agent.revoke-senior", senior_at=None)


def _change_senior(
    agent_id: str,
    queue: str,
    actor_id: str | None,
    now: dt.datetime,
    *,
    action: str,
    senior_at: dt.datetime | None,
) -> bool:
    with transaction() as session:
        skill = session.get(AgentSkill, (agent_id, queue), with_for_update=True, populate_existing=True)
        if skill is None:
            raise NotFound
        if (skill.senior_at is None) == (senior_at is None):
            return False
        skill.senior_at, skill.senior_by = senior_at, actor_id if senior_at else None
        session.flush()
        _tell(session, agent_id, action, None, actor_id, now, {"queue": queue})
        return True


def _change_stage(
    agent_id: str,
    *only_if: sa.ColumnElement[bool],
    origin: tuple[Stage, ...],
    values: dict[str, Any],
    action: str,
    reason: str | None,
    actor_id: str | None,
    now: dt.datetime,
) -> None:
    with transaction() as session:
        change = sa.update(Agent).where(Agent.id == agent_id, Agent.stage.in_(origin), *only_if)
        if not rows_changed(session, change.values(**values)):
            _agent(session, agent_id)
            raise Refused("wrong-stage", N_("这位客服现在的状态不能这样改，刷新后再看。"))
        if values.get("presence") == "offline":
            end_duty(session, [agent_id], now=now, since_seen=True)
        _tell(session, agent_id, action, reason, actor_id, now, {"stage": values["stage"]})


def _agent(session: Session, agent_id: str, *, locked: bool = False) -> Agent:
    found = session.get(Agent, agent_id, with_for_update=locked or None, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def _tell(
    session: Session,
    agent_id: str,
    action: str,
    reason: str | None,
    actor_id: str | None,
    now: dt.datetime,
    detail: dict[str, Any],
) -> None:
    """The change is on record; the agent's streams end, and come back with what they may hear now."""
    audit.note(
        session,
        actor_id=actor_id,
        action=action,
        object_type="agent",
        object_id=agent_id,
        reason=reason,
        detail=detail,
        now=now,
    )
    outbox.emit_all(
        session,
        [
            (f"agent:{agent_id}", "standing.changed", detail),
            (f"agent:{agent_id}", "ticket.revoked", {}),
            ("ops", "standing.changed", {"agent": agent_id, **detail}),
        ],
        now=now,
    )
