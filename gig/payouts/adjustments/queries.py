"""Adjustments and back-pay runs: what waits, what was decided, what is left to take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.text import N_
from gig.core.tunables import Step
from gig.identity.models import Person
from gig.payouts.adjustments import given
from gig.payouts.adjustments.models import WAITING, Adjustment, BackPayRun
from gig.payouts.adjustments.values import ALONE
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.rehearsal import SHOWN, Finding, Item


@dataclass(frozen=True)
class Row:
    """An adjustment as finance sees it in a list."""

    adjustment: Adjustment
    name: str


def adjustments(
    session: Session,
    *,
    waiting: bool = False,
    kind: str = "",
    agent_id: str = "",
    run_id: str = "",
    before: str = "",
    limit: int,
) -> list[Row]:
    """The newest adjustments that match; those of a back-pay run only if it is asked for."""
    query = (
        sa.select(Adjustment, sa.func.coalesce(Person.name, ""))
        .outerjoin(Person, Person.id == Adjustment.agent_id)
        .order_by(Adjustment.id.desc())
        .limit(limit)
    )
    if waiting:
        query = query.where(sa.text(WAITING))
    if kind:
        query = query.where(Adjustment.kind == kind)
    if agent_id:
        query = query.where(Adjustment.agent_id == agent_id)
    if before:
        query = query.where(Adjustment.id < before)
    query = query.where(Adjustment.run_id == run_id) if run_id else query.where(Adjustment.run_id.is_(None))
    return [Row(adjustment, name) for adjustment, name in session.execute(query)]


def waiting_count(session: Session) -> int:
    """How many adjustments and back-pay runs wait for a second person."""
    one = sa.select(sa.func.count()).select_from(Adjustment).where(sa.text(WAITING)).scalar_subquery()
    return int(session.scalar(sa.select(one + _runs_to_confirm())) or 0)


def waiting_runs(session: Session) -> int:
    """How many back-pay runs wait for a second person; their adjustments are in no other list."""
    return int(session.scalar(sa.select(_runs_to_confirm())) or 0)


def _runs_to_confirm() -> sa.ScalarSelect[int]:
    """How many runs can be posted: those that pay nobody, or whose days another has paid since, cannot."""
    pays = sa.exists().where(Adjustment.run_id == BackPayRun.id)
    query = sa.select(sa.func.count()).where(BackPayRun.state == "ready", ~given.overtaken(), pays)
    return query.scalar_subquery()


def posted_alone(session: Session, maker_id: str, agent_id: str, since: dt.datetime) -> int:
    """What one person has posted for the agent without another since the instant, given and taken alike."""
    query = sa.select(sa.func.coalesce(sa.func.sum(Adjustment.amount_fen), 0)).where(
        Adjustment.agent_id == agent_id,
        Adjustment.maker_id == maker_id,
        Adjustment.state == "posted",
        Adjustment.decided_by.is_(None),
        Adjustment.run_id.is_(None),
        Adjustment.made_at >= since,
    )
    return int(session.scalar(query) or 0)


def runs_started_alone(session: Session, maker_id: str, since: dt.datetime) -> int:
    """What the back-pay runs come to that one person started without another since the instant."""
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(Adjustment.amount_fen), 0))
        .join(BackPayRun, BackPayRun.id == Adjustment.run_id)
        .where(
            BackPayRun.maker_id == maker_id, BackPayRun.approved_by.is_(None), BackPayRun.started_at >= since
        )
        .where(Adjustment.state.in_(given.STANDS))
    )
    return int(session.scalar(query) or 0)


def left_of(session: Session, entry: LedgerEntry) -> int:
    """What reversals have left of an entry."""
    gone = sa.select(sa.func.coalesce(sa.func.sum(LedgerEntry.amount_fen), 0)).where(
        LedgerEntry.reverses_id == entry.id
    )
    return entry.amount_fen - int(session.scalar(gone) or 0)


def taken_from(session: Session, earning_id: str) -> int:
    """What is taken from a reply: its penalty, clawbacks that name it, and reversals of what it earned,
    each less what was given back of it."""
    clawbacks = sa.select(sa.literal("adjustment:") + Adjustment.id).where(
        Adjustment.earning_id == earning_id, Adjustment.kind == "clawback"
    )
    keys = sa.union_all(
        sa.select(sa.literal(f"earning:{earning_id}")),
        sa.select(sa.literal(f"penalty:{earning_id}")),
        clawbacks,
    )
    back = sa.alias(LedgerEntry.__table__, "back")
    given_back = (
        sa.select(sa.func.coalesce(sa.func.sum(back.c.amount_fen), 0))
        .where(back.c.reverses_id == LedgerEntry.id)
        .scalar_subquery()
    )
    part = sa.case((LedgerEntry.kind == "earning", given_back), else_=LedgerEntry.amount_fen - given_back)
    query = sa.select(sa.func.coalesce(sa.func.sum(part), 0)).where(LedgerEntry.source_key.in_(keys))
    return int(session.scalar(query) or 0)


def back_paid_in(session: Session, agent_id: str, inquiry_id: str) -> int:
    """What the agent still has of the back pay for replies of the inquiry."""
    return sum(share.fen for share in given.in_inquiry(session, agent_id, inquiry_id))


def back_paid_for(session: Session, agent_ids: Collection[str], turn_ids: Collection[str]) -> int:
    """What these agents still have of the back pay for their replies of the turns."""
    return given.for_turns(session, agent_ids, turn_ids) if turn_ids else 0


def with_back_pay(session: Session, turns: sa.Select[str]) -> set[str]:
    """Those of the turns whose replies some run has given back pay, whatever became of it."""
    return given.turns_paid(session, turns)


def entry_key(adjustment: Adjustment) -> str | None:
    """The source key of the entry that a posted adjustment has in the book."""
    if adjustment.state != "posted":
        return None
    if adjustment.kind == "reversal":
        return f"reversal:{adjustment.id}:{adjustment.reverses_id}"
    return f"{'award' if adjustment.kind in ('bonus', 'award') else 'adjustment'}:{adjustment.id}"


def runs(session: Session, *, limit: int = 20) -> Sequence[BackPayRun]:
    """The newest back-pay runs."""
    return session.scalars(sa.select(BackPayRun).order_by(BackPayRun.id.desc()).limit(limit)).all()


def card_names(session: Session, runs: Sequence[BackPayRun]) -> dict[str, str]:
    """What the rate cards are called by which these runs pay."""
    ids = {run.card_id for run in runs if run.card_id}
    if not ids:
        return {}
    query = sa.select(RateCardVersion.id, RateCardVersion.name).where(RateCardVersion.id.in_(ids))
    return dict(session.execute(query).all())


@dataclass(frozen=True)
class Counted:
    """What a run counted so far: people, replies, fen; how many of the people are posted, and how many were
    left out of a run that is posted, and are not among the rest."""

    agents: int
    replies: int
    fen: int
    posted: int
    left_out: int


def counted(session: Session, run_id: str) -> Counted:
    out = sa.and_(Adjustment.state == "withdrawn", BackPayRun.state.in_(("posting", "posted")))
    agents, replies, fen, posted, left_out = session.execute(
        sa.select(
            sa.func.count(sa.case((~out, 1))),
            sa.func.coalesce(sa.func.sum(sa.case((~out, Adjustment.replies))), 0),
            sa.func.coalesce(sa.func.sum(sa.case((~out, Adjustment.amount_fen))), 0),
            sa.func.count(sa.case((Adjustment.state == "posted", 1))),
            sa.func.count(sa.case((out, 1))),
        )
        .join(BackPayRun, BackPayRun.id == Adjustment.run_id)
        .where(Adjustment.run_id == run_id)
    ).one()
    return Counted(agents, int(replies or 0), int(fen or 0), posted, left_out)


def alone_fen(session: Session) -> int:
    """What one person may decide alone; to raise it takes two."""
    return tunables.values(session)[ALONE.name]


def limit_changes(session: Session) -> list[Step]:
    """The latest changes of what one person may do alone, each with what became of it."""
    return tunables.steps(session, ALONE.name)[:10]


def waiting_for_two(session: Session, _period: Period) -> Finding:
    """Adjustments that nobody else has looked at: what is approved after a close counts in the next one."""
    count = session.scalar(sa.select(sa.func.count()).select_from(Adjustment).where(sa.text(WAITING))) or 0
    rows = adjustments(session, waiting=True, limit=SHOWN) if count else []
    return Finding(
        N_("等人复核的调整"),
        N_("关账后才同意的，记到下一期。"),
        int(count),
        [
            Item(
                row.name or row.adjustment.agent_id[-6:],
                f"/console/adjustments/{row.adjustment.id}",
                row.adjustment.amount_fen,
            )
            for row in rows
        ],
    )
