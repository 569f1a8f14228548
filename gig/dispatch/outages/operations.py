"""Recording a window in which the platform failed, and excusing what met it, some agents at a time."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit, outbox, tunables
from gig.core.businesstime import format_instant
from gig.core.db import db, transaction
from gig.core.errors import Errors, Invalid
from gig.core.ids import new_id
from gig.core.money import yuan
from gig.core.text import N_, Sentence
from gig.dispatch.notices.operations import tell_agent
from gig.dispatch.outages.models import Excuse, Outage
from gig.dispatch.outages.queries import Met, agents_after, met
from gig.dispatch.outages.values import LONGEST_AGO, MARGIN, MOST_MINUTES, TOLD_FOR, WORDS
from gig.identity.models import Agent
from gig.payouts.ledger import journal
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.rates import queries as rates
from gig.payouts.settlement.operations.periods import posting_period
from gig.payouts.settlement.values import zone
from gig.scoring.operations.scoring import lock_agents
from gig.scoring.operations.striking import strike

REASON_MOST = 200


def record_outage(
    *, starts_at: dt.datetime, ends_at: dt.datetime, reason: str, actor_id: str | None, now: dt.datetime
) -> str:
    """The window is on record and its excuses begin with the next tick; returns its id.

    The same window recorded again is the one that is there. It lies in the past 30 days, is over, and is
    no longer than finance allows.
    """
    reason = reason.strip()
    with transaction() as session:
        faults = window_faults(session, starts_at, ends_at, now)
        if not reason or len(reason) > REASON_MOST:
            faults["reason"] = [N_("写明原因，最多 200 个字。")]
        if faults:
            raise Invalid(faults)
        same = sa.select(Outage.id).where(Outage.starts_at == starts_at, Outage.ends_at == ends_at)
        if (known := session.scalar(same)) is not None:
            return known
        longest = max(rates.card_in_force(session, at)[1].claim_expires_s for at in (starts_at, ends_at, now))
        made = Outage(
            id=new_id(),
            starts_at=starts_at,
            ends_at=ends_at,
            reason=reason,
            recorded_by=actor_id,
            recorded_at=now,
            settles_at=max(now, ends_at + dt.timedelta(seconds=longest) + MARGIN),
            state="excusing",
            next_at=now,
        )
        session.add(made)
        session.flush()
        audit.note(
            session,
            actor_id=actor_id,
            action="outage.record",
            object_type="outage",
            object_id=made.id,
            reason=reason,
            detail={"from": format_instant(starts_at), "until": format_instant(ends_at)},
            now=now,
        )
        for topic in ("ops", "finance"):
            outbox.emit(session, topic, "outage.recorded", {"id": made.id}, now=now)
        return made.id


def window_faults(session: Session, starts_at: dt.datetime, ends_at: dt.datetime, now: dt.datetime) -> Errors:
    """What is wrong with the window, by field."""
    most = tunables.values(session)[MOST_MINUTES.name]
    if ends_at <= starts_at:
        return {"until": [N_("结束要在开始之后。")]}
    if ends_at > now:
        return {"until": [N_("故障结束后再记，结束时间不能在现在之后。")]}
    if starts_at < now - LONGEST_AGO:
        return {"from": [N_("只能记最近 30 天内的。")]}
    if ends_at - starts_at > dt.timedelta(minutes=most):
        said = N_("一次最长 %(n)s 分钟；更长的请财务先放宽这个数。")
        return {"until": [Sentence(said, {"n": most})]}
    return {}


def excuse_due(*, now: dt.datetime) -> int:
    """Every window whose pass is due is gone through to its end; returns how many turns were excused.

    Each transaction does some agents and remembers the last, so that one that is cut off goes on there.
    """
    due = sa.select(Outage.id).where(Outage.state == "excusing", Outage.next_at <= now)
    excused = 0
    for id in db.session.scalars(due.order_by(Outage.next_at)).all():
        while (some := _excuse_some(id, now)) is not None:
            excused += some
    return excused


def _excuse_some(outage_id: str, now: dt.datetime) -> int | None:
    """The next agents of this pass; None when the pass is at its end."""
    with transaction() as session:
        outage = session.get_one(Outage, outage_id, with_for_update=True, populate_existing=True)
        if outage.state != "excusing" or outage.next_at > now:
            return None
        if outage.cursor is None:
            outage.last_pass = now >= outage.settles_at
        agent_ids = agents_after(session, outage.cursor or "")
        if not agent_ids:
            _end_pass(session, outage, now)
            return None
        outage.cursor = agent_ids[-1]
        turns = _met_and_held(session, agent_ids, outage)
        if turns:
            _excuse(session, outage, turns, now)
        session.flush()
        return len(turns)


def _met_and_held(session: Session, agent_ids: Sequence[str], outage: Outage) -> list[Met]:
    """What met the window, with what is open of it, as nobody else changes it until this transaction ends.

    Agents are held first and their penalties then, as whoever decides an appeal does; what was decided
    while we waited is read again.
    """
    window = outage.starts_at, outage.ends_at
    turns = met(session, agent_ids, *window)
    if not turns:
        return turns
    concerned = sorted({each.agent_id for each in turns})
    lock_agents(session, concerned)
    penalties = [each.penalty_id for each in turns if each.penalty_id]
    held = sa.select(LedgerEntry.id).where(LedgerEntry.id.in_(penalties)).order_by(LedgerEntry.id)
    session.execute(held.with_for_update()).all()
    return met(session, concerned, *window)


def _end_pass(session: Session, outage: Outage, now: dt.datetime) -> None:
    outage.cursor = None
    outage.next_at = outage.settles_at
    if outage.last_pass:
        outage.state, outage.settled_at = "settled", now
    session.flush()
    outbox.emit(session, "ops", "outage.changed", {"id": outage.id}, now=now)


def _excuse(session: Session, outage: Outage, turns: Sequence[Met], now: dt.datetime) -> None:
    """The events are struck out, the penalties given back, and each agent is told."""
    struck = strike(session, [each.event_id for each in turns], now=now)
    period: tuple[str, str | None] | None = None
    for agent_id, group in itertools.groupby(
        (each for each in turns if each.event_id in struck), key=lambda each: each.agent_id
    ):
        mine = list(group)
        fen = 0
        for each in mine:
            if each.penalty_id and each.open_fen > 0:
                period = period or posting_period(session, now, now)
                _give_back(session, outage, each, period, now)
            fen += each.open_fen
            session.add(
                Excuse(
                    score_event_id=each.event_id,
                    outage_id=outage.id,
                    agent_id=agent_id,
                    turn_id=each.turn_id,
                    kind=each.kind,
                    returned_fen=each.open_fen,
                    excused_at=now,
                )
            )
        late = sum(each.kind == "late" for each in mine)
        outage.late_turns += late
        outage.missed_turns += len(mine) - late
        outage.returned_fen += fen
        _forget_misses(session, agent_id, len(mine) - late)
        _tell(session, outage, agent_id, late, len(mine) - late, fen, now)


def _give_back(
    session: Session, outage: Outage, turn: Met, period: tuple[str, str | None], now: dt.datetime
) -> None:
    journal.reverse(
        session,
        session.get_one(LedgerEntry, turn.penalty_id),
        decision=outage.id,
        amount_fen=turn.open_fen,
        period_id=period[0],
        late_for_period_id=period[1],
        why=WORDS,
        now=now,
    )


def _forget_misses(session: Session, agent_id: str, missed: int) -> None:
    """An excused miss does not help to set anyone away."""
    if missed:
        fewer = sa.case((Agent.misses_in_row > missed, Agent.misses_in_row - missed), else_=0)
        session.execute(sa.update(Agent).where(Agent.id == agent_id).values(misses_in_row=fewer))


def _tell(
    session: Session,
    outage: Outage,
    agent_id: str,
    late: int,
    missed: int,
    fen: int,
    now: dt.datetime,
) -> None:
    local = zone().local
    params = {
        "day": f"{local(outage.starts_at):%m-%d}",
        "from": f"{local(outage.starts_at):%H:%M}",
        "until": f"{local(outage.ends_at):%H:%M}",
        "late": late,
        "missed": missed,
        "yuan": yuan(fen),
    }
    words = N_(
        "%(day)s %(from)s–%(until)s 平台故障：%(late)s 条迟到、%(missed)s 条漏答都不算，"
        "已返还 ¥%(yuan)s，服务分也改回。"
    )
    tell_agent(session, agent_id, words, params, lasts=TOLD_FOR, now=now)
    payload = {"outage_id": outage.id, "turns": late + missed, "fen": fen}
    outbox.emit(session, f"agent:{agent_id}", "outage.excused", payload, now=now)
