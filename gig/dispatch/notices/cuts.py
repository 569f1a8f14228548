"""Telling the agents concerned that a published rate card will pay them less, and taking it back with it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import outbox
from gig.core.ids import new_id
from gig.core.text import N_
from gig.dispatch.notices.models import Notice
from gig.identity.models import Agent, AgentSkill
from gig.payouts.rates.queries import card_of, version
from gig.payouts.rates.rules.comparison import Difference
from gig.payouts.rates.rules.concerns import concerning

TOLD = N_(
    "费率卡 %(name)s 从 %(at)s 起生效，有 %(n)s 处会比之前少付。打开「收入」看哪几处；已抢到的不受影响。"
)


def tell_of_cuts(session: Session, card_id: str, lower: Sequence[Difference], now: dt.datetime) -> None:
    """Each working agent who will be paid less for something reads so on every page until the card holds."""
    value = card_of(version(session, card_id))  # `card` would remember what may yet be rolled back
    skills: dict[str, set[str]] = {}
    for agent_id, queue in session.execute(sa.select(AgentSkill.agent_id, AgentSkill.queue)):
        skills.setdefault(agent_id, set()).add(queue)
    working = sa.select(Agent.id, Agent.tier).where(Agent.stage.in_(("probation", "active")))
    at = f"{value.zone.local(value.valid_from):%Y-%m-%d %H:%M}"

    @cache
    def places(tier: str, queues: frozenset[str]) -> int:
        return len(concerning(lower, tier=tier, queues=queues))

    rows: list[dict[str, Any]] = []
    for agent_id, tier in session.execute(working):
        if count := places(tier, frozenset(skills.get(agent_id, ()))):
            params = {"name": value.name, "at": at, "n": count, "card": card_id}
            rows.append(
                {**_told(params), "agent_id": agent_id, "made_at": now, "expires_at": value.valid_from}
            )
    if rows:
        session.execute(sa.insert(Notice), rows)
        _ring(session, [row["agent_id"] for row in rows], now)


def take_back_cuts(session: Session, card_id: str, now: dt.datetime) -> None:
    """The card will not hold: what was told of it is not shown any more."""
    told = (
        Notice.text == TOLD,
        Notice.audience == "agent",
        Notice.expires_at > now,
        Notice.withdrawn_at.is_(None),
        Notice.params.contains(json.dumps({"card": card_id})[1:-1], autoescape=True),
    )
    agents = session.scalars(sa.select(Notice.agent_id).where(*told)).all()
    session.execute(
        sa.update(Notice).where(*told).values(withdrawn_at=now).execution_options(synchronize_session=False)
    )
    _ring(session, [id for id in agents if id], now)


def _told(params: dict[str, object]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "text": TOLD,
        "params": json.dumps(params, ensure_ascii=False),
        "audience": "agent",
    }


def _ring(session: Session, agents: Sequence[str], now: dt.datetime) -> None:
    outbox.emit_all(session, [(f"agent:{id}", "notice.changed", {}) for id in agents], now=now)
