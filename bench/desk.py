"""Agents and open inquiries for the benches of claim and reply, written in bulk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.crypto import keyring
from gig.core.db import transaction
from gig.core.ids import new_id
from gig.core.tunables import change
from gig.dispatch.models import Inquiry, Message, Queue, Turn
from gig.identity.keys import hashed
from gig.identity.models import Agent, AgentSkill, ApiToken, Channel, Person

QUEUE = "refund"
WORDS = "我的退款到哪里了？"
CHUNK = 5_000


@dataclass(frozen=True)
class Desk:
    """`tokens` are of gold agents who are online and may each hold 20 inquiries."""

    channel_id: str
    agents: list[str]
    tokens: list[str]


def staff(count: int, *, now: dt.datetime) -> Desk:
    """A queue, a channel, and so many agents."""
    channel_id = new_id()
    with transaction() as session:
        session.add(Queue(slug=QUEUE, name=QUEUE, name_en=QUEUE))
        session.add(Channel(id=channel_id, name="bench", key_hash=hashed("gig_c_bench"), created_at=now))
        change(session, "limit_gold", 20, actor_id=None, reason="bench", now=now)
        session.flush()
        agents = hire(session, count, queues=[QUEUE], now=now)
    return Desk(channel_id, agents, [token_of(id) for id in agents])


def token_of(agent_id: str) -> str:
    """With which an agent of `hire` comes."""
    return f"gig_p_bench{agent_id}"


def hire(session: Session, count: int, *, queues: Sequence[str], now: dt.datetime) -> list[str]:
    """So many gold agents are at work, with these skills; their ids."""
    agents = [new_id() for _ in range(count)]
    for number, id in enumerate(agents):
        phone = f"+86137{number:08d}"
        session.add(
            Person(
                id=id,
                phone=phone,
                phone_index=keyring().index(phone, "person.phone"),
                name="客服",
                roles="agent",
                created_at=now,
            )
        )
    session.flush()
    session.add_all(
        Agent(
            id=id,
            stage="active",
            tier="gold",
            presence="online",
            last_seen_at=now,
            verified_at=now,
            answered_turns=100,
            created_at=now,
        )
        for id in agents
    )
    session.flush()
    session.add_all(AgentSkill(agent_id=id, queue=queue, granted_at=now) for id in agents for queue in queues)
    session.add_all(
        ApiToken(id=new_id(), person_id=id, token_hash=hashed(token_of(id)), scopes="", created_at=now)
        for id in agents
    )
    session.flush()
    return agents


def waiting(desk: Desk, count: int, *, now: dt.datetime) -> list[str]:
    """So many open inquiries, oldest first; returns their ids."""
    ids: list[str] = []
    for start in range(0, count, CHUNK):
        with transaction() as session:
            ids += _chunk(session, desk, min(CHUNK, count - start), now)
    return ids


def _chunk(session: Session, desk: Desk, count: int, now: dt.datetime) -> list[str]:
    ids = [new_id() for _ in range(count)]
    turns = [new_id() for _ in range(count)]
    session.execute(
        sa.insert(Inquiry),
        [
            {
                "id": id,
                "channel_id": desk.channel_id,
                "external_id": id,
                "queue": QUEUE,
                "issue_type": "general",
                "side": "customer",
                "priority": 0,
                "state": "open",
                "open_turn_id": turn,
                "length": len(WORDS),
                "bucket": 50,
                "arrived_at": now,
                "queued_at": now,
                "entered_at": now,
                "due_at": now + dt.timedelta(days=1),
            }
            for id, turn in zip(ids, turns, strict=True)
        ],
    )
    session.execute(
        sa.insert(Turn),
        [
            {"id": turn, "inquiry_id": id, "number": 1, "state": "open", "asked_at": now}
            for id, turn in zip(ids, turns, strict=True)
        ],
    )
    session.execute(
        sa.insert(Message),
        [
            {
                "id": new_id(),
                "inquiry_id": id,
                "turn_id": turn,
                "author": "customer",
                "text": WORDS,
                "sent_at": now,
            }
            for id, turn in zip(ids, turns, strict=True)
        ],
    )
    return ids
