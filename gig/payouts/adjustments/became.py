"""What became of replies after they were priced: what was given back, and what was taken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from gig.payouts.adjustments.models import Adjustment, BackPayRun, BackPayShare
from gig.payouts.disbursement.models import PayHold
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.models import Period

LATEST_WRITE = dt.timedelta(hours=1)
"""What is posted bears the instant at which it was asked for, and is there later: by no more than this."""


def reversed_fen(of: Any = Adjustment) -> sa.ScalarSelect[int]:
    """What was taken back of an adjustment, for use as a column beside it."""
    return _reversed("adjustment:", of)


def gone() -> sa.ColumnElement[bool]:
    """What `PaidReply.is_gone` says, as a column beside `Earning`."""
    return sa.or_(_taken_whole(Earning), _barred())


def returned(session: Session, of: str, *which: sa.ColumnElement[bool]) -> dict[str, int]:
    """By reply of `which`, what was reversed of its entry `earning` or `penalty`."""
    entry, back = sa.alias(LedgerEntry.__table__), sa.alias(LedgerEntry.__table__)
    rows = session.execute(
        sa.select(Earning.id, sa.func.sum(back.c.amount_fen))
        .join(entry, entry.c.source_key == sa.literal(f"{of}:") + Earning.id)
        .join(back, back.c.reverses_id == entry.c.id)
        .where(*which, Earning.penalty_fen > 0 if of == "penalty" else Earning.gross_fen > 0)
        .group_by(Earning.id)
    )
    return {id: int(fen) for id, fen in rows}


def clawed_back(session: Session, *which: sa.ColumnElement[bool]) -> dict[str, int]:
    """By reply of `which`, what clawbacks took of it, less what was given back of them."""
    rows = session.execute(
        sa.select(Earning.id, sa.func.sum(Adjustment.amount_fen - reversed_fen()))
        .join(Adjustment, Adjustment.earning_id == Earning.id)
        .where(*which, Adjustment.kind == "clawback", Adjustment.state == "posted")
        .group_by(Earning.id)
    )
    return {id: int(fen) for id, fen in rows}


def barred(session: Session, *which: sa.ColumnElement[bool]) -> set[str]:
    """Those of these replies that get nothing: unpaid ones in inquiries of which their agents kept nothing,
    and all in inquiries whose customers were the agents themselves."""
    return set(session.scalars(sa.select(Earning.id).where(*which, _barred())))


def touched_since(
    session: Session, run: BackPayRun, agent_ids: Collection[str] | None = None
) -> list[tuple[str, str, int]]:
    """(agent, reply, fen) of a counted run in whose inquiry something of theirs was taken, or given back,
    since it was asked for.

    What was posted a little before is among them too: it may not have been there when the run was counted.
    Those of one agent follow each other.
    """
    since = run.made_at - LATEST_WRITE
    theirs = [Adjustment.run_id == run.id]
    if agent_ids is not None:
        theirs.append(Adjustment.agent_id.in_(agent_ids))
    columns = (Adjustment.agent_id, BackPayShare.earning_id, BackPayShare.fen)
    back, entry, clawback = (
        sa.alias(LedgerEntry.__table__),
        sa.alias(LedgerEntry.__table__),
        sa.alias(Adjustment.__table__),
    )
    touched, mate = sa.alias(Earning.__table__), sa.alias(Earning.__table__)
    # Whose pay goes may have paid another of the inquiry. A share is of a reply of its agent: were that said
    # of the mate too, SQLite would look through all that the agent ever answered.
    mates = mate.c.inquiry_id == touched.c.inquiry_id
    # `earning:` and `penalty:` are of one length
    reply = sa.func.substr(entry.c.source_key, 9)
    reversals = (
        sa.select(*columns)
        .join(back, back.c.agent_id == Adjustment.agent_id)
        .join(entry, entry.c.id == back.c.reverses_id)
        .join(touched, touched.c.id == reply)
        .join(mate, mates)
        .join(BackPayShare, _share(mate.c.id))
        .where(*theirs, entry.c.kind.in_(("earning", "penalty")), back.c.posted_at >= since)
        .where(*_in_the_few(back), back.c.period_id.in_(sa.select(Period.id).where(Period.ends_at >= since)))
    )
    clawbacks = (
        sa.select(*columns)
        .join(clawback, clawback.c.agent_id == Adjustment.agent_id)
        .join(touched, touched.c.id == clawback.c.earning_id)
        .join(mate, mates)
        .join(BackPayShare, _share(mate.c.id))
        .where(*theirs, clawback.c.kind == "clawback", clawback.c.earning_id.is_not(None))
        .where(clawback.c.state == "posted", clawback.c.decided_at >= since)
    )
    # also that somebody was their own customer, of which nothing was taken if they were paid nothing
    forfeited = (
        sa.select(mate.c.id)
        .join(PayHold, PayHold.inquiry_id == mate.c.inquiry_id)
        .where(PayHold.forfeited)  # however long ago: the version before knew nothing of it when it counted
    )
    decisions = (
        sa.select(*columns)
        .join(BackPayShare, BackPayShare.adjustment_id == Adjustment.id)
        .where(*theirs, BackPayShare.earning_id.in_(forfeited))
    )
    found = session.execute(sa.union(reversals, clawbacks, decisions))
    return sorted((agent_id, id, fen) for agent_id, id, fen in found)


def _share(earning_id: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(BackPayShare.adjustment_id == Adjustment.id, BackPayShare.earning_id == earning_id)


def _in_the_few(back: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """The reversals, in the words of the book's index of what is neither an earning nor a penalty."""
    kind = back.c.kind
    named = [kind != sa.literal_column(f"'{each}'") for each in ("earning", "penalty")]
    return [*named, back.c.payable_fen != sa.literal_column("0"), kind == "reversal"]


def _reversed(key: str, of: Any) -> sa.ScalarSelect[int]:
    back, entry = sa.alias(LedgerEntry.__table__), sa.alias(LedgerEntry.__table__)
    return (
        sa.select(sa.func.coalesce(sa.func.sum(back.c.amount_fen), 0))
        .select_from(entry.join(back, back.c.reverses_id == entry.c.id))
        .where(entry.c.source_key == sa.literal(key) + of.id)
        .correlate(of)
        .scalar_subquery()
    )


def _taken_whole(reply: Any) -> sa.ColumnElement[bool]:
    clawback = aliased(Adjustment)
    clawed = (
        sa.select(sa.func.coalesce(sa.func.sum(clawback.amount_fen - reversed_fen(clawback)), 0))
        .where(clawback.earning_id == reply.id, clawback.kind == "clawback", clawback.state == "posted")
        .correlate(reply)
        .scalar_subquery()
    )
    taken = _reversed("earning:", reply) + clawed
    kept = reply.gross_fen - reply.penalty_fen + _reversed("penalty:", reply)
    return sa.and_(taken > 0, taken >= kept)


def _barred() -> sa.ColumnElement[bool]:
    own = sa.select(PayHold.agent_id).where(
        PayHold.agent_id == Earning.agent_id, PayHold.inquiry_id == Earning.inquiry_id, PayHold.forfeited
    )
    return sa.or_(own.correlate(Earning).exists(), _beyond_what_is_gone())


def _beyond_what_is_gone() -> sa.ColumnElement[bool]:
    """Beyond the paid replies of its inquiry, of which its agent has kept nothing."""
    mate = aliased(Earning)
    paid = sa.select(mate.id).where(
        mate.inquiry_id == Earning.inquiry_id, mate.agent_id == Earning.agent_id, mate.gross_fen > 0
    )
    kept = paid.where(~_taken_whole(mate))
    return sa.and_(
        Earning.gross_fen == 0, paid.correlate(Earning).exists(), ~kept.correlate(Earning).exists()
    )
