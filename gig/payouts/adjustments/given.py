"""What the replies of a back-pay run have got since they were priced, and which runs paid the same days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.adjustments.models import Adjustment, BackPayRun, BackPayShare
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry

GIVEN = ("posting", "posted")
"""A run that began to be posted is posted to its end."""


def reversed_fen() -> sa.ScalarSelect[int]:
    """What was taken back of an adjustment, for use as a column beside it."""
    back, entry = sa.alias(LedgerEntry.__table__), sa.alias(LedgerEntry.__table__)
    return (
        sa.select(sa.func.coalesce(sa.func.sum(back.c.amount_fen), 0))
        .select_from(entry.join(back, back.c.reverses_id == entry.c.id))
        .where(entry.c.source_key == sa.literal("adjustment:") + Adjustment.id)
        .correlate(Adjustment)
        .scalar_subquery()
    )


def by_runs(session: Session, run: BackPayRun, agent_ids: Collection[str]) -> dict[str, int]:
    """By reply of these agents, what earlier runs over days of this one gave for it.

    What was reversed of an agent's back pay counts as not given; a part of it as taken from its last replies.
    """
    before = sa.func.sum(BackPayShare.fen).over(
        partition_by=BackPayShare.adjustment_id, order_by=BackPayShare.earning_id
    )
    shares = (
        sa.select(
            BackPayShare.earning_id,
            BackPayShare.fen,
            (before - BackPayShare.fen).label("before"),
            (Adjustment.amount_fen - reversed_fen()).label("left"),
        )
        .join(Adjustment, Adjustment.id == BackPayShare.adjustment_id)
        .join(BackPayRun, BackPayRun.id == Adjustment.run_id)
        .where(Adjustment.agent_id.in_(agent_ids), BackPayRun.state.in_(GIVEN), _meets(run))
    )
    given: dict[str, int] = {}
    for earning_id, fen, earlier, left in session.execute(shares):
        given[earning_id] = given.get(earning_id, 0) + min(fen, max(0, int(left) - int(earlier)))
    return given


def returned(
    session: Session, of: str, agent_ids: Collection[str], since: dt.datetime, until: dt.datetime
) -> dict[str, int]:
    """By reply of these agents in the span, what was reversed of its entry `earning` or `penalty`."""
    entry, back = sa.alias(LedgerEntry.__table__), sa.alias(LedgerEntry.__table__)
    rows = session.execute(
        sa.select(Earning.id, sa.func.sum(back.c.amount_fen))
        .join(entry, entry.c.source_key == sa.literal(f"{of}:") + Earning.id)
        .join(back, back.c.reverses_id == entry.c.id)
        .where(Earning.agent_id.in_(agent_ids), Earning.received_at >= since, Earning.received_at < until)
        .where(Earning.penalty_fen > 0 if of == "penalty" else Earning.gross_fen > 0)
        .group_by(Earning.id)
    )
    return {id: int(fen) for id, fen in rows}


@dataclass(frozen=True)
class Earlier:
    """A run that paid days of another one already, and what of it was not taken back."""

    run: BackPayRun
    left_fen: int


def earlier(session: Session, run: BackPayRun) -> Sequence[Earlier]:
    """The other runs that paid days of this one, the newest first, but for those taken back altogether."""
    left = sa.func.sum(Adjustment.amount_fen - reversed_fen())
    rows = session.execute(
        sa.select(BackPayRun, left)
        .join(Adjustment, Adjustment.run_id == BackPayRun.id)
        .where(BackPayRun.id != run.id, BackPayRun.state.in_(GIVEN), _meets(run))
        .group_by(BackPayRun.id)
        .having(left > 0)
        .order_by(BackPayRun.id.desc())
    )
    return [Earlier(each, int(fen)) for each, fen in rows]


def to_confirm(run: BackPayRun, found: Sequence[Earlier]) -> Sequence[Earlier]:
    """Those whose money comes on top: a run by a card counts what a run gave for each reply as paid, if that
    was written down."""
    return [each for each in found if run.mode != "card" or not each.run.by_reply]


def outdate(session: Session, run: BackPayRun) -> None:
    """Runs by a card over days of this one that wait know that they were counted before it."""
    waiting = BackPayRun.state.in_(("counting", "ready"))
    session.execute(
        sa.update(BackPayRun)
        .where(BackPayRun.id != run.id, BackPayRun.mode == "card", waiting, _meets(run))
        .values(outdated_by=run.id)
        .execution_options(synchronize_session=False)
    )


def _meets(run: BackPayRun) -> sa.ColumnElement[bool]:
    return sa.and_(BackPayRun.starts_at < run.ends_at, BackPayRun.ends_at > run.starts_at)
