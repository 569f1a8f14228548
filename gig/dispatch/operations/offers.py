"""派单: a waiting inquiry is pushed to one idle agent after the other; each may take it, or not.

An offer reserves nothing. Whoever claims first has the inquiry, and accepting is the ordinary claim. It
leaves as soon as a customer of the agent waits for an answer, and counts for nothing then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gig.core import outbox, tunables
from gig.core.db import db, is_sqlite, table_of, transaction
from gig.core.errors import Refused
from gig.core.ids import new_id
from gig.core.text import N_
from gig.core.transitions import move
from gig.dispatch.models import Inquiry
from gig.dispatch.models_offers import LIVE, Offer
from gig.dispatch.operations.claims import Claimed, claim
from gig.dispatch.operations.locks import lock_agent
from gig.dispatch.queries import offers
from gig.dispatch.queries.refusals import policy
from gig.dispatch.rules.offers import Choice, assign, unanswered_in_row
from gig.dispatch.states import OFFER
from gig.dispatch.values import seconds
from gig.identity.models import Agent
from gig.identity.operations.presence import set_aside

ONE_AT_A_TIME = 7_043_219
"""The name of the lock that keeps two sweeps of one PostgreSQL from deciding at once."""

AWAY = N_("连续几次派单没有应答，已转为小休，先不派给你。准备好了再上线。")
GONE = N_("这条派单已经过时了。还在大厅的话，可以直接抢。")
ENDS = {
    "refused": N_("这条派单你已经选了不接。还在大厅的话，可以直接抢。"),
    "lapsed": GONE,
    "void": N_("这条派单收回了，不算你没应答。还在大厅的话，可以直接抢。"),
}
TAKEN = N_("这条咨询刚被别人接走，不算你没应答。")


def sweep_offers(*, now: dt.datetime, wait: dt.timedelta) -> int:
    """Offers that are over have ended, and what waits long enough is offered; returns how many are new.

    `wait` leaves an acceptance that came in at the last instant the chance to land.
    """
    _settle(now, wait)
    with transaction() as session:
        if not _alone(session):
            return 0
        numbers = tunables.values(session)
        idle = offers.idle_agents(session, numbers, now)
        queues = {queue for agent in idle for queue in agent.skills}
        asking = offers.asking(session, queues, numbers, now)
        choices = assign(asking, idle, policy(numbers), now=now)
        turns = _turns(session, choices)
        rows = [
            _row(choice, turns[choice.inquiry_id], now, seconds(numbers, "offer_open_s"))
            for choice in choices
            if choice.inquiry_id in turns
        ]
        return _make(session, rows, now)


def _alone(session: Session) -> bool:
    if is_sqlite(session):
        return True
    return bool(session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(ONE_AT_A_TIME))))


def _turns(session: Session, choices: Sequence[Choice]) -> dict[str, str]:
    """The open turn of each chosen inquiry that is still open."""
    ids = [choice.inquiry_id for choice in choices]
    query = sa.select(Inquiry.id, Inquiry.open_turn_id).where(Inquiry.id.in_(ids), Inquiry.state == "open")
    return {id: turn_id for id, turn_id in session.execute(query) if turn_id}


def _row(choice: Choice, turn_id: str, now: dt.datetime, open_for: dt.timedelta) -> dict[str, Any]:
    agent = choice.agent
    return {
        "id": new_id(),
        "inquiry_id": choice.inquiry_id,
        "turn_id": turn_id,
        "agent_id": agent.agent_id,
        "state": "live",
        "free": False,
        "load": agent.load,
        "score_tenths": agent.score_tenths,
        "idle_since": agent.idle_since,
        "idle_agents": choice.idle_agents,
        "made_at": now,
        "expires_at": now + open_for,
        "ended_at": None,
    }


def _make(session: Session, rows: list[dict[str, Any]], now: dt.datetime) -> int:
    """The offers that no other live one stands against are there, and their agents are told."""
    if not rows:
        return 0
    insert = (sqlite if is_sqlite(session) else postgresql).insert(table_of(Offer))
    session.execute(insert.on_conflict_do_nothing(), rows)
    made = set(session.scalars(sa.select(Offer.id).where(Offer.state == LIVE, Offer.made_at == now)))
    events: list[outbox.Event] = [
        (
            f"agent:{row['agent_id']}",
            "dispatch.offer",
            {
                "offer_id": row["id"],
                "inquiry_id": row["inquiry_id"],
                "expires_at": row["expires_at"].isoformat(),
            },
        )
        for row in rows
        if row["id"] in made
    ]
    outbox.emit_all(session, events, now=now)
    return len(events)


def _settle(now: dt.datetime, wait: dt.timedelta) -> None:
    """Live offers that cannot be answered any more have ended, each as what it was."""
    over = sa.or_(
        Offer.expires_at < now - wait,
        Inquiry.state != "open",
        Inquiry.open_turn_id.is_distinct_from(Offer.turn_id),
        Agent.presence != "online",
        offers.is_answering(Offer.agent_id),
    )
    query = (
        sa.select(Offer.id)
        .join(Inquiry, Inquiry.id == Offer.inquiry_id)
        .join(Agent, Agent.id == Offer.agent_id)
        .where(Offer.state == LIVE, over)
    )
    if db.session.execute(query.limit(1)).first() is None:
        return
    with transaction() as session:
        found = session.execute(
            query.add_columns(
                Offer.agent_id,
                Offer.expires_at,
                Inquiry.state,
                Inquiry.owner_id,
                sa.and_(
                    Inquiry.open_turn_id == Offer.turn_id,
                    Agent.presence == "online",
                    ~offers.is_answering(Offer.agent_id),
                ).label("still"),
            )
            .order_by(Offer.agent_id)
            .with_for_update(of=Agent, key_share=True, skip_locked=True)
        ).all()
        ends = [(row.id, row.agent_id, _end(row, now, wait)) for row in found]
        for state, ended in groupby(sorted(ends, key=lambda end: end[2]), key=lambda end: end[2]):
            _mark(session, [id for id, _agent, _state in ended], state, now)
        _away(session, {agent_id for _id, agent_id, state in ends if state == "lapsed"}, now)
        _tell(session, ends, now)


def _end(row: sa.Row[*tuple[Any, ...]], now: dt.datetime, wait: dt.timedelta) -> str:
    if row.owner_id == row.agent_id:
        return "accepted"
    if row.state == "open" and row.still and row.expires_at < now - wait:
        return "lapsed"
    return "void"


def _mark(session: Session, ids: Sequence[str], state: str, now: dt.datetime) -> None:
    session.execute(
        sa.update(Offer)
        .where(Offer.id.in_(ids), Offer.state == "live")
        .values(state=state, ended_at=now)
        .execution_options(synchronize_session=False)
    )


def _away(session: Session, agent_ids: Iterable[str], now: dt.datetime) -> None:
    """Whoever let several offers in a row go by since they last answered or came online is away."""
    enough = tunables.values(session)["lapses_to_away"]
    ends = session.execute(
        sa.select(Offer.agent_id, Offer.state, Offer.free)
        .join(Agent, Agent.id == Offer.agent_id)
        .where(
            Offer.agent_id.in_(sorted(agent_ids)),
            Offer.state != "live",
            Offer.made_at >= sa.func.coalesce(Agent.idle_since, Agent.created_at),
            Offer.made_at > now - dt.timedelta(days=1),
        )
        .order_by(Offer.agent_id, Offer.made_at.desc(), Offer.id.desc())
    )
    silent = [
        agent_id
        for agent_id, rows in groupby(ends, key=lambda row: row.agent_id)
        if unanswered_in_row((row.state, row.free) for row in rows) >= enough
    ]
    set_aside(session, silent, state="away", reason=AWAY, now=now)


def accept(
    *, offer_id: str, agent_id: str, now: dt.datetime, expected_gross_fen: int | None = None
) -> Claimed:
    """The offered inquiry is the agent's, by the ordinary claim; accepting again changes nothing.

    Refused when the time was over, or for whatever a claim is refused for; the offer then stands as it was.
    """
    with transaction() as session:
        lock_agent(session, agent_id)
        offer = offers.own(session, offer_id, agent_id)
        if offer.state in ENDS:
            _refuse_over(session, offer)
        if offer.state == "live" and offer.expires_at < now:
            raise Refused("offer-lapsed", GONE)
        claimed = claim(
            inquiry_id=offer.inquiry_id, agent_id=agent_id, expected_gross_fen=expected_gross_fen, now=now
        )
        if offer.state == "live":
            move(session, OFFER, Offer, offer_id, origin="live", target="accepted", ended_at=now)
            _tell(session, [(offer_id, agent_id, "accepted")], now)
        return claimed


def _refuse_over(session: Session, offer: Offer) -> None:
    """Says why an offer that has ended cannot be taken any more.

    Of an inquiry that is theirs by now, or that nobody can have, the claim says what it always says.
    """
    if offer.state != "void":
        raise Refused(f"offer-{offer.state}", ENDS[offer.state])
    inquiry = sa.select(Inquiry.state, Inquiry.owner_id).where(Inquiry.id == offer.inquiry_id)
    state, owner_id = session.execute(inquiry).one()
    if state == "open":
        raise Refused("offer-lapsed", ENDS["void"])
    if state == "claimed" and owner_id != offer.agent_id:
        raise Refused("already-claimed", TAKEN)


def refuse(*, offer_id: str, agent_id: str, zone: str, now: dt.datetime) -> int:
    """The next one is asked; returns how many refusals of this day are free yet.

    A free one has no effect whatever; beyond them each counts like no answer. Refusing what is over
    changes nothing.
    """
    with transaction() as session:
        lock_agent(session, agent_id)
        offer = offers.own(session, offer_id, agent_id)
        numbers = tunables.values(session)
        left = offers.free_refusals_left(session, agent_id, numbers, zone, now)
        if offer.state == "accepted":
            raise Refused("already-accepted", N_("这条你已经接了。不想做的话，可以在会话里退单。"))
        if offer.state != "live":
            return left
        move(session, OFFER, Offer, offer_id, origin="live", target="refused", free=left > 0, ended_at=now)
        if not left:
            _away(session, [agent_id], now)
        _tell(session, [(offer_id, agent_id, "refused")], now)
        return max(0, left - 1)


def _tell(session: Session, ends: Iterable[tuple[str, str, str]], now: dt.datetime) -> None:
    """Every open page of each agent takes the offer away."""
    events: list[outbox.Event] = [
        (f"agent:{agent_id}", "offer.ended", {"offer_id": id, "state": state}) for id, agent_id, state in ends
    ]
    outbox.emit_all(session, events, now=now)
