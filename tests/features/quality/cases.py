"""Late replies, misses and ratings of agents, as dispatch makes them, and appeals against them."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import db
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.expiry import sweep_expired
from gig.dispatch.operations.replies import reply
from gig.dispatch.operations.resolution import rate, resolve
from gig.payouts.ledger.audit import audit
from gig.payouts.ledger.models import LedgerEntry
from gig.quality.models import Appeal
from gig.quality.operations.deciding import Ruling, decide
from gig.quality.operations.filing import file_appeal
from gig.scoring.models import ScoreEvent
from gig.scoring.operations.scoring import take_in_events
from tests import builders as a
from tests.builders import NOON, seconds

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
ANSWER = "退款已原路退回，一般 1 到 3 个工作日到账。"
TEXT = "我 52 秒就点了发送，一直转圈。"
REPLY = "记录显示当时平台断线，已返还。"


def late_reply(agent: str, *, at: dt.datetime = NOON, latency_s: float = 74) -> str:
    """The agent answered late; the id of the event that says so. 74 s late costs a fifth of the reply."""
    inquiry = a.inquiry(at=at)
    claim(inquiry_id=inquiry, agent_id=agent, now=at + seconds(10))
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=at + seconds(10 + latency_s))
    resolve(inquiry_id=inquiry, agent_id=agent, now=at + seconds(15 + latency_s))
    take_in_events(now=at + seconds(20 + latency_s))
    return newest_event("late", agent)


def missed_turn(agent: str, *, at: dt.datetime = NOON) -> str:
    claim(inquiry_id=a.inquiry(at=at), agent_id=agent, now=at + seconds(10))
    sweep_expired(now=at + seconds(400), wait=seconds(0))
    take_in_events(now=at + seconds(400))
    return newest_event("missed", agent)


def poor_rating(agent: str, *, at: dt.datetime = NOON) -> str:
    """One star, and not solved."""
    inquiry = a.inquiry(at=at)
    claim(inquiry_id=inquiry, agent_id=agent, now=at + seconds(10))
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=at + seconds(20))
    resolve(inquiry_id=inquiry, agent_id=agent, now=at + seconds(30))
    rate(
        channel_id=a.channel(),
        inquiry_id=inquiry,
        stars=1,
        resolved=False,
        comment="没用",
        now=at + seconds(60),
    )
    take_in_events(now=at + seconds(70))
    return newest_event("rating", agent)


def newest_event(kind: str, agent: str) -> str:
    session = db.session()
    session.rollback()
    query = sa.select(ScoreEvent.id).where(ScoreEvent.kind == kind, ScoreEvent.agent_id == agent)
    return session.scalars(query.order_by(ScoreEvent.at.desc())).first() or ""


def appealed(agent: str, event: str, *, at: dt.datetime = NOON + HOUR) -> str:
    return file_appeal(event_id=event, agent_id=agent, text=TEXT, now=at)


def ruled(
    appeal: str,
    verdict: str = "upheld",
    *,
    by: str | None = None,
    part_fen: int | None = None,
    strike: bool = False,
    at: dt.datetime = NOON + DAY,
) -> int:
    """A reviewer, new unless told, decides."""
    ruling = Ruling(verdict, "platform", REPLY, part_fen, strike)
    return decide(appeal_id=appeal, ruling=ruling, actor_id=by or a.person(roles="reviewer"), now=at)


def found(session: Session, appeal: str) -> Appeal:
    session.rollback()
    return session.get_one(Appeal, appeal, populate_existing=True)


def reversals(session: Session) -> list[LedgerEntry]:
    session.rollback()
    reversals = sa.select(LedgerEntry).where(LedgerEntry.kind == "reversal").order_by(LedgerEntry.id)
    return list(session.scalars(reversals))


def faults(session: Session) -> list[str]:
    """What `gig audit` would find; empty is good."""
    session.rollback()
    return [f"{one.claim}: {each}" for one in audit(session) for each in one.differences]
