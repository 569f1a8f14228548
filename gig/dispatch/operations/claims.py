"""抢单: one conditional write decides who gets an inquiry."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import clock, outbox, tunables
from gig.core.db import Instant, made, table_of, transaction
from gig.core.errors import NotFound, Refused
from gig.core.money import yuan
from gig.core.prepared import Prepared, PreparedInsert
from gig.core.text import N_
from gig.core.together import together
from gig.dispatch.models import Inquiry, Queue, Turn, TurnQuote
from gig.dispatch.operations import clocks, expiry
from gig.dispatch.operations.following import told
from gig.dispatch.queries import emergencies
from gig.dispatch.queries.escalations import not_handed_on
from gig.dispatch.queries.refusals import why_not
from gig.dispatch.values import CLAIMED, OPEN, SWEEP_WAIT, head_start, limit, seconds
from gig.identity.models import Agent, AgentSkill
from gig.identity.values import WORKING
from gig.payouts.rates import queries as rates
from gig.payouts.rates.rules.quote import quote
from gig.payouts.surges import queries as surges
from gig.payouts.surges.models import Surge
from gig.payouts.surges.operations import promise

Found = Any
"""The row of `_LOOK`, by column name."""

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
        _refuse_if_less(row, expected_gross_fen)
        numbers = tunables.values(session, found.revision)
        with together(session) as writes:
            writes.decide(*_taking(found, agent_id, row["expires_at"], numbers, now))
            _keep(session, found, row)
            if found.last_seen_at <= now - SEEN_EVERY:
                _SEEN.write(session, {"agent": agent_id, "at": now})
            outbox.emit_all(session, _events(found, agent_id, row["deadline_at"]), now=now)
        if not writes.met:
            found = _look(session, inquiry_id, agent_id, now)
            if found.owner_id == agent_id:
                return _already(session, found)
            raise why_not(session, inquiry_id, agent_id, numbers, now)
        if row.get("surge_fen") and not promise(session, found.surge_id, row["surge_fen"], now):
            row = _quote_row(session, found, agent_id, now, surge_percent=0)
            _refuse_if_less(row, expected_gross_fen)
            session.execute(_mine(found, agent_id).values(row))
        return Claimed(inquiry_id, found.open_turn_id, already=False)


def _events(found: Found, agent_id: str, deadline_at: dt.datetime) -> list[outbox.Event]:
    opened = {
        "inquiry_id": found.id,
        "turn_id": found.open_turn_id,
        "deadline_at": deadline_at.isoformat(),
    }
    return [
        (f"queue:{found.queue}", "feed.taken", {"inquiry_id": found.id}),
        (f"agent:{agent_id}", "turn.open", opened),
        *told(found.id, found.followed),
    ]


def _refuse_if_less(row: dict[str, Any], expected_gross_fen: int | None) -> None:
    if expected_gross_fen is not None and row["gross_fen"] < expected_gross_fen:
        said = N_("价格变了：现在是 ¥%(now)s，没有抢单。")
        raise Refused("quote-changed", said, now=yuan(row["gross_fen"]))


def _already(session: Session, found: Found) -> Claimed:
    made(session, already="1")
    return Claimed(found.id, found.open_turn_id, already=True)


def _look(session: Session, inquiry_id: str, agent_id: str, now: dt.datetime) -> Found:
    """The agent (locked, so that two claims of one agent queue up), the inquiry, and a kept quote."""
    found: Found = _LOOK.first(session, {"inquiry": inquiry_id, "agent": agent_id, "at": now})
    if found is None:
        raise NotFound
    return found


def _looking() -> sa.Select[*tuple[Any, ...]]:
    kept = TurnQuote.__table__.c
    agent: sa.BindParameter[str] = sa.bindparam("agent")
    return (
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
            Inquiry.followed,
            Inquiry.expires_at,
            Turn.asked_at,
            kept.clock_started_at.label("kept_started_at"),
            kept.deadline_at.label("kept_deadline_at"),
            kept.expires_at.label("kept_expires_at"),
            kept.gross_fen.label("kept_gross_fen"),
            Queue.easy,
            tunables.revision().label("revision"),
            rates.card_in_force_id(sa.bindparam("at", type_=Instant())).label("card_id"),
            surges.surge.id.label("surge_id"),
            surges.surge.percent.label("surge_percent"),
        )
        .select_from(Agent)
        .join(Inquiry, Inquiry.id == sa.bindparam("inquiry"))
        .join(Queue, Queue.slug == Inquiry.queue)
        .outerjoin(Turn, Turn.id == Inquiry.open_turn_id)
        .outerjoin(TurnQuote.__table__, sa.and_(kept.turn_id == Inquiry.open_turn_id, kept.agent_id == agent))
        .outerjoin(Surge, surges.in_force(Inquiry.queue, sa.bindparam("at", type_=Instant())))
        .where(Agent.id == agent)
        .with_for_update(of=Agent, key_share=True)
    )


_LOOK = Prepared(_looking())


def _spent(expires_at: dt.datetime | None, now: dt.datetime) -> bool:
    """Past its expiry for as long as a reply in flight could have needed."""
    return expires_at is not None and expires_at + SWEEP_WAIT * clock.current().speed <= now


def _quote_row(
    session: Session, found: Found, agent_id: str, now: dt.datetime, surge_percent: int | None = None
) -> dict[str, Any]:
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
        surge_percent=(found.surge_percent or 0) if surge_percent is None else surge_percent,
    )
    return clocks.row(
        inquiry_id=found.id,
        turn_id=found.open_turn_id,
        agent_id=agent_id,
        card_id=found.card_id,
        quoted=quoted,
        clock_started_at=started,
        surge_id=found.surge_id,
    )


def visible(
    agent_id: str, tier: str, numbers: Any, now: dt.datetime, easy: sa.ColumnElement[bool]
) -> sa.ColumnElement[bool]:
    """Which open inquiries an agent of this tier may see and claim at this instant."""
    return _seen(
        agent=agent_id,
        now=now,
        opened_by=now - head_start(numbers, tier),
        share=numbers["trainee_share_percent"],
        first_since=now - seconds(numbers, "trainee_window_s"),
        easy=easy,
        trainee=tier == "trainee",
    )


def _seen(
    *, agent: Any, now: Any, opened_by: Any, share: Any, first_since: Any, easy: Any, trainee: bool
) -> sa.ColumnElement[bool]:
    """The condition, over values or over parameters of a statement that is built once."""
    reserved = sa.and_(Inquiry.reserved_until.is_not(None), Inquiry.reserved_until > now)
    ours = sa.and_(reserved, Inquiry.reserved_for == agent)
    open_to_all = [sa.not_(reserved), Inquiry.entered_at <= opened_by]
    if not trainee:
        trainees_first = sa.and_(easy, Inquiry.bucket < share, Inquiry.queued_at > first_since)
        open_to_all.append(sa.not_(trainees_first))
    everyone = sa.or_(ours, sa.and_(*open_to_all))
    return sa.and_(everyone, not_handed_on(agent), emergencies.reach(agent))


def _taking(
    found: Found, agent_id: str, expires_at: dt.datetime, numbers: Any, now: dt.datetime
) -> tuple[Prepared, dict[str, Any]]:
    """The write that decides, with its values: whether the inquiry is the agent's now."""
    asked = {
        "agent": agent_id,
        "inquiry": found.id,
        "turn": found.open_turn_id,
        "agents_tier": found.tier,
        "agents_queue": found.queue,
        "at": now,
        "opened_by": now - head_start(numbers, found.tier),
        "most": limit(numbers, found.tier),
        "ends": expires_at,
    }
    trainee = found.tier == "trainee"
    if not trainee:
        asked |= {
            "share": numbers["trainee_share_percent"],
            "first_since": now - seconds(numbers, "trainee_window_s"),
            "easy": bool(found.easy),
        }
    return _TAKE[trainee], asked


def _deciding(*, trainee: bool) -> sa.Update:
    """All conditions of RULES §3.2 stand in this one write."""
    inquiry = table_of(Inquiry)
    other = inquiry.alias()
    agent: sa.BindParameter[str] = sa.bindparam("agent")
    at = sa.bindparam("at", type_=Instant())
    held = (
        sa.select(sa.func.count())
        .select_from(other)
        .where(other.c.owner_id == agent, other.c.state == CLAIMED)
        .scalar_subquery()
    )
    able = (
        sa.select(Agent.id)
        .join(AgentSkill, AgentSkill.agent_id == Agent.id)
        .where(
            Agent.id == agent,
            sa.or_(*(Agent.stage == stage for stage in WORKING)),
            Agent.presence == "online",
            Agent.tier == sa.bindparam("agents_tier"),
            AgentSkill.queue == sa.bindparam("agents_queue"),
        )
        .exists()
    )
    seen = _seen(
        agent=agent,
        now=at,
        opened_by=sa.bindparam("opened_by", type_=Instant()),
        share=sa.bindparam("share", type_=sa.Integer()),
        first_since=sa.bindparam("first_since", type_=Instant()),
        easy=sa.bindparam("easy", type_=sa.Boolean()),
        trainee=trainee,
    )
    return (
        sa.update(inquiry)
        .where(
            inquiry.c.id == sa.bindparam("inquiry"),
            inquiry.c.open_turn_id == sa.bindparam("turn"),
            inquiry.c.queue == sa.bindparam("agents_queue"),
            inquiry.c.state == OPEN,
            seen,
            able,
            held < sa.bindparam("most", type_=sa.Integer()),
        )
        .values(
            state="claimed",
            owner_id=agent,
            last_owner_id=agent,
            claimed_at=at,
            expires_at=sa.bindparam("ends", type_=Instant()),
            due_at=None,
            reserved_for=None,
            reserved_until=None,
            version=inquiry.c.version + 1,
        )
    )


_TAKE = {trainee: Prepared(_deciding(trainee=trainee)) for trainee in (True, False)}
_KEEP = PreparedInsert(table_of(TurnQuote))
_kept = table_of(TurnQuote)
_AGAIN = Prepared(
    sa.update(_kept)
    .where(_kept.c.turn_id == sa.bindparam("turn"), _kept.c.agent_id == sa.bindparam("agent"))
    .values(ended=None)
)
_SEEN = Prepared(
    sa.update(table_of(Agent))
    .where(table_of(Agent).c.id == sa.bindparam("agent"))
    .values(last_seen_at=sa.bindparam("at", type_=Instant()))
)


def _keep(session: Session, found: Found, row: dict[str, Any]) -> None:
    """The quote is stored for this turn and owner; a kept one is theirs again."""
    if found.kept_started_at is None:
        _KEEP.write(session, [row])
    else:
        _AGAIN.write(session, {"turn": found.open_turn_id, "agent": row["agent_id"]})


def _mine(found: Found, agent_id: str) -> sa.Update:
    return sa.update(TurnQuote).where(TurnQuote.turn_id == found.open_turn_id, TurnQuote.agent_id == agent_id)
