"""What a back-pay run gives for each reply of the next agents. It only reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.ids import new_id
from gig.payouts.adjustments import became, given
from gig.payouts.adjustments.models import BackPayRun
from gig.payouts.adjustments.rules.back_pay import PaidReply, by_card, fixed, percent
from gig.payouts.earnings.models import Earning
from gig.payouts.rates import queries as rates
from gig.payouts.whatif.repricing import met_surges, reprice, turns

Shares = list[tuple[str, int]]

LOOKED_AT_ONCE = 500


def next_shares(session: Session, run: BackPayRun, *, agents: int, replies: int) -> dict[str, Shares]:
    """By each of the next agents who answered in the span: their replies that get something, and how much.

    So many agents at most, and no more than have so many replies together; one at least.
    """
    ids = _next_agents(session, run, agents, replies)
    found: dict[str, Shares] = {id: [] for id in ids}
    for agent_id, earning_id, fen in _priced(session, run, ids, _span(run)):
        if fen:
            found[agent_id].append((earning_id, fen))
    return found


def part_of(run: BackPayRun, agent_id: str, shares: Shares, *, now: dt.datetime) -> dict[str, Any]:
    """The row of the adjustment that gives the agent these shares of the run."""
    return {
        "id": new_id(),
        "kind": "back_pay",
        "agent_id": agent_id,
        "amount_fen": sum(fen for _reply, fen in shares),
        "replies": len(shares),
        "run_id": run.id,
        "reason": run.reason,
        "evidence": "",
        "state": "proposed",
        "maker_id": run.maker_id,
        "made_at": now,
    }


def changed_since(session: Session, run: BackPayRun, agent_ids: Collection[str] | None = None) -> set[str]:
    """The agents to whom the run would give another amount for some reply, were it counted now.

    Only replies of which something was taken or given back since are priced anew.
    """
    found: set[str] = set()
    touched = became.touched_since(session, run, agent_ids)
    for start in range(0, len(touched), LOOKED_AT_ONCE):
        some = touched[start : start + LOOKED_AT_ONCE]
        ids = {agent_id for agent_id, _reply, _fen in some}
        kept = {reply: fen for _agent, reply, fen in some}
        for agent_id, reply, fen in _priced(session, run, ids, [Earning.id.in_(kept)]):
            if fen != kept[reply]:
                found.add(agent_id)
    return found


def _next_agents(session: Session, run: BackPayRun, agents: int, replies: int) -> list[str]:
    query = sa.select(Earning.agent_id, sa.func.count()).where(
        Earning.agent_id > run.counted_after,
        Earning.received_at >= run.starts_at,
        Earning.received_at < run.ends_at,
    )
    ids: list[str] = []
    for agent_id, count in session.execute(
        query.group_by(Earning.agent_id).order_by(Earning.agent_id).limit(agents)
    ).all():
        replies -= count
        if ids and replies < 0:
            break
        ids.append(agent_id)
    return ids


def _priced(
    session: Session, run: BackPayRun, ids: Collection[str], of: Sequence[sa.ColumnElement[bool]]
) -> Iterator[tuple[str, str, int]]:
    """(agent, reply, fen) of these replies of these agents; 0 where the reply gets nothing."""
    return (_by_card if run.card_id else _flat)(session, run, ids, of)


def _span(run: BackPayRun) -> Sequence[sa.ColumnElement[bool]]:
    """The replies that a run looks at. A card may pay one that was beyond its inquiry's paid replies."""
    span = (Earning.received_at >= run.starts_at, Earning.received_at < run.ends_at)
    return span if run.card_id else (*span, Earning.gross_fen > 0)


def _flat(
    session: Session, run: BackPayRun, ids: Collection[str], of: Sequence[sa.ColumnElement[bool]]
) -> Iterator[tuple[str, str, int]]:
    figure, rule = run.figure or 0, fixed if run.mode == "fixed" else percent
    theirs = (Earning.agent_id.in_(ids), *of)
    since = _Became(session, theirs, became.barred(session, *theirs))
    columns = (Earning.agent_id, Earning.id, Earning.gross_fen, Earning.penalty_fen)
    for row in session.execute(sa.select(*columns).where(*theirs)):
        reply = since.of(row)
        yield row.agent_id, row.id, 0 if reply.is_gone else rule(reply, figure)


def _by_card(
    session: Session, run: BackPayRun, ids: Collection[str], of: Sequence[sa.ColumnElement[bool]]
) -> Iterator[tuple[str, str, int]]:
    """Whole inquiries are priced, for their replies use up the paid ones together, whoever answered.

    What became of a reply, and what it was given, is read of the wanted ones alone.
    """
    card = rates.card(session, run.card_id or "")
    given_fen = given.by_runs(session, run, ids, *of)
    theirs = sa.select(Earning.id).where(Earning.agent_id.in_(ids), *of)
    wanted = set(session.scalars(theirs))
    whole = theirs.with_only_columns(Earning.inquiry_id)
    placed, barred = given.placed(session, run, whole), became.barred(session, Earning.inquiry_id.in_(whole))
    since = _Became(session, (Earning.agent_id.in_(ids), *of), barred)
    answered = turns(session, whole, run.ends_at)
    surges = met_surges(session, run.starts_at, run.ends_at)
    for turn, would in reprice(session, card, answered, surges, run.starts_at, placed, barred):
        if turn.id in wanted:
            reply = since.of(turn, given_fen.get(turn.id, 0))
            yield turn.agent_id, turn.id, 0 if reply.is_gone else by_card(reply, would)


class _Became:
    """What became of these replies after they were priced."""

    def __init__(
        self, session: Session, which: Sequence[sa.ColumnElement[bool]], barred: Collection[str]
    ) -> None:
        self.excused = became.returned(session, "penalty", *which)
        self.taken = became.returned(session, "earning", *which)
        self.clawed = became.clawed_back(session, *which)
        self.barred = barred

    def of(self, row: Any, given_fen: int = 0) -> PaidReply:
        return PaidReply(
            gross_fen=row.gross_fen,
            penalty_fen=row.penalty_fen,
            excused_fen=self.excused.get(row.id, 0),
            given_fen=given_fen,
            taken_fen=self.taken.get(row.id, 0) + self.clawed.get(row.id, 0),
            barred=row.id in self.barred,
        )
