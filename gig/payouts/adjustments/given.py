"""What runs of back pay gave for each reply, and which runs paid the same days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.adjustments.became import gone, reversed_fen
from gig.payouts.adjustments.models import Adjustment, BackPayRun, BackPayShare
from gig.payouts.earnings.models import Earning

GIVEN = ("posting", "posted")
"""A run that began to be posted is posted to its end."""

STANDS = ("proposed", "posted")
"""An agent's part of such a run is given, unless it was left out (withdrawn) while it was posted."""


def by_runs(session: Session, run: BackPayRun, agent_ids: Collection[str]) -> dict[str, int]:
    """By reply of these agents in its span, what the runs before it over days of it gave for the reply."""
    theirs = (Adjustment.agent_id.in_(agent_ids), BackPayRun.state.in_(GIVEN), _meets(run), _before(run))
    fen_of: dict[str, int] = {}
    for share in _live(session, theirs, _within(run)):
        fen_of[share.earning_id] = fen_of.get(share.earning_id, 0) + share.fen
    return fen_of


def in_inquiry(session: Session, agent_id: str, inquiry_id: str) -> dict[str, int]:
    """By posted adjustment, what is left of the agent's back pay for replies of the inquiry.

    It is as much before the inquiry's pay is taken as after: what was taken of an adjustment was taken for
    other replies that are gone, then for these, then for the rest.
    """
    theirs = (Adjustment.agent_id == agent_id, Adjustment.state == "posted")
    these = sa.and_(Earning.inquiry_id == inquiry_id, Earning.agent_id == agent_id)
    fen_of: dict[str, int] = {}
    for share in _live(session, theirs, these, asked=these):
        fen_of[share.adjustment_id] = fen_of.get(share.adjustment_id, 0) + share.fen
    return fen_of


def hold_posting(session: Session, agent_id: str, inquiry_id: str) -> None:
    """Runs that are being posted and pay the agent for the inquiry stand still until the transaction ends."""
    runs = (
        sa.select(Adjustment.run_id)
        .join(BackPayShare, BackPayShare.adjustment_id == Adjustment.id)
        .join(Earning, Earning.id == BackPayShare.earning_id)
        .where(Adjustment.agent_id == agent_id, Earning.agent_id == agent_id)
        .where(Earning.inquiry_id == inquiry_id)
    )
    posting = sa.select(BackPayRun.id).where(BackPayRun.state == "posting", BackPayRun.id.in_(runs))
    session.execute(posting.order_by(BackPayRun.id).with_for_update(read=True)).all()


def for_turns(session: Session, agent_ids: Collection[str], turn_ids: Collection[str]) -> int:
    """What is left of the back pay that was posted to these agents for their replies of the turns."""
    theirs = (Adjustment.agent_id.in_(agent_ids), Adjustment.state == "posted")
    return sum(share.fen for share in _live(session, theirs, Earning.turn_id.in_(turn_ids)))


def turns_paid(session: Session, turns: sa.Select[str]) -> set[str]:
    """Those of the turns whose replies a posted run has paid, also what was taken back since."""
    query = (
        sa.select(Earning.turn_id)
        .join(
            BackPayRun,
            sa.and_(BackPayRun.starts_at <= Earning.received_at, BackPayRun.ends_at > Earning.received_at),
        )
        .join(
            Adjustment, sa.and_(Adjustment.run_id == BackPayRun.id, Adjustment.agent_id == Earning.agent_id)
        )
        .join(BackPayShare, _share_of(Adjustment.id, Earning.id))
        .where(Earning.turn_id.in_(turns), BackPayRun.state.in_(GIVEN), Adjustment.state == "posted")
    )
    return set(session.scalars(query))


def slots(session: Session, run: BackPayRun, inquiries: sa.Select[str]) -> dict[str, int]:
    """By inquiry, how many of its replies outside of the run's span are paid by back pay alone.

    Each takes one of the inquiry's paid replies, although it was priced at 0. Only what was wholly taken
    back takes none.
    """
    beyond = (Earning.inquiry_id.in_(inquiries), Earning.gross_fen == 0, ~_within(run))
    unpaid = session.scalars(sa.select(Earning.id).where(*beyond)).all()
    if not unpaid:
        return {}
    query = (
        sa.select(Earning.inquiry_id, sa.func.count(Earning.id.distinct()))
        .join(Adjustment, Adjustment.agent_id == Earning.agent_id)
        .join(BackPayRun, BackPayRun.id == Adjustment.run_id)
        .join(BackPayShare, _share_of(Adjustment.id, Earning.id))
        .where(Earning.id.in_(unpaid))
        .where(BackPayRun.state.in_(GIVEN), _before(run), Adjustment.state.in_(STANDS))
        .where(BackPayRun.starts_at <= Earning.received_at, BackPayRun.ends_at > Earning.received_at)
        .where(Adjustment.amount_fen > reversed_fen())
        .group_by(Earning.inquiry_id)
    )
    return {inquiry_id: int(count) for inquiry_id, count in session.execute(query)}


@dataclass(frozen=True)
class _Share:
    adjustment_id: str
    earning_id: str
    fen: int


def _live(
    session: Session,
    theirs: Sequence[sa.ColumnElement[bool]],
    *replies: sa.ColumnElement[bool],
    asked: sa.ColumnElement[bool] | None = None,
) -> Iterator[_Share]:
    """What is left of these agents' back pay for each of the replies.

    What was taken back of an adjustment was taken for its replies that are gone, as far as they reach, then
    for the `asked` ones, and then from its last ones: what one reply lost is never missing from another that
    kept its own.
    """
    parts = session.execute(
        sa.select(
            Adjustment.id, Adjustment.amount_fen, (Adjustment.amount_fen - reversed_fen()).label("left")
        )
        .join(BackPayRun, BackPayRun.id == Adjustment.run_id)
        .where(Adjustment.state.in_(STANDS), *theirs)
    ).all()
    whole = [part.id for part in parts if part.left == part.amount_fen]
    if whole:
        columns = (BackPayShare.adjustment_id, BackPayShare.earning_id, BackPayShare.fen)
        query = sa.select(*columns).join(Earning, Earning.id == BackPayShare.earning_id)
        for row in session.execute(query.where(BackPayShare.adjustment_id.in_(whole), *replies)):
            yield _Share(*row)
    left = {part.id: int(part.left) for part in parts if 0 < part.left < part.amount_fen}
    if left:
        yield from _lived(session, left, replies, asked)


def _lived(
    session: Session,
    left: dict[str, int],
    replies: Sequence[sa.ColumnElement[bool]],
    asked: sa.ColumnElement[bool] | None,
) -> Iterator[_Share]:
    kept_first = [(gone(), 2)] if asked is None else [(asked, 1), (gone(), 2)]
    upto = sa.func.sum(BackPayShare.fen).over(
        partition_by=BackPayShare.adjustment_id,
        order_by=(sa.case(*kept_first, else_=0), BackPayShare.earning_id),
    )
    laid = (
        sa.select(BackPayShare.adjustment_id, BackPayShare.earning_id, BackPayShare.fen, upto.label("upto"))
        .join(Earning, Earning.id == BackPayShare.earning_id)
        .where(BackPayShare.adjustment_id.in_(left))
        .subquery()
    )
    query = sa.select(laid).join(Earning, Earning.id == laid.c.earning_id).where(*replies)
    for row in session.execute(query):
        if fen := min(row.fen, max(0, left[row.adjustment_id] - int(row.upto - row.fen))):
            yield _Share(row.adjustment_id, row.earning_id, fen)


@dataclass(frozen=True)
class Earlier:
    """A run that paid days of another one already, what of it was not taken back, and whether it is known
    for which replies."""

    run: BackPayRun
    left_fen: int
    by_reply: bool


def earlier(session: Session, run: BackPayRun) -> Sequence[Earlier]:
    """The other runs that paid days of this one, the newest first, but for those taken back altogether."""
    left = sa.func.sum(Adjustment.amount_fen - reversed_fen())
    known = sa.and_(BackPayRun.by_reply, ~_without_shares(BackPayRun.id))
    rows = session.execute(
        sa.select(BackPayRun, left, known)
        .join(Adjustment, Adjustment.run_id == BackPayRun.id)
        .where(BackPayRun.id != run.id, BackPayRun.state.in_(GIVEN), _meets(run))
        .where(Adjustment.state.in_(STANDS))
        .group_by(BackPayRun.id)
        .having(left > 0)
        .order_by(BackPayRun.id.desc())
    )
    return [Earlier(each, int(fen), bool(by_reply)) for each, fen, by_reply in rows]


def to_confirm(run: BackPayRun, found: Sequence[Earlier]) -> Sequence[Earlier]:
    """Those whose money comes on top: a run by a card counts what a run gave for each reply as paid, if that
    was written down."""
    return [each for each in found if run.mode != "card" or not each.by_reply]


def outdate(session: Session, run: BackPayRun) -> None:
    """Runs by a card that wait know that they were counted before this one: if they pay its days, if they
    use up the paid replies of an inquiry together with it, and in any case if they are being counted."""
    placed = (
        sa.select(Earning.inquiry_id)
        .join(BackPayShare, BackPayShare.earning_id == Earning.id)
        .join(Adjustment, Adjustment.id == BackPayShare.adjustment_id)
        .where(Adjustment.run_id == run.id, Earning.gross_fen == 0)
    )
    together = (
        sa.select(Adjustment.run_id)
        .join(BackPayShare, BackPayShare.adjustment_id == Adjustment.id)
        .join(Earning, Earning.id == BackPayShare.earning_id)
        .join(BackPayRun, BackPayRun.id == Adjustment.run_id)
        .where(BackPayRun.state == "ready", Earning.gross_fen == 0, Earning.inquiry_id.in_(placed))
    )
    waits = sa.or_(
        BackPayRun.state == "counting",
        sa.and_(BackPayRun.state == "ready", sa.or_(_meets(run), BackPayRun.id.in_(together))),
    )
    session.execute(
        sa.update(BackPayRun)
        .where(BackPayRun.id != run.id, BackPayRun.mode == "card", waits)
        .values(outdated_by=run.id)
        .execution_options(synchronize_session=False)
    )


def is_written_down(session: Session, run: BackPayRun) -> bool:
    """Whether the shares of each agent's part are there and sum to it, if the run keeps them."""
    shares = sa.select(sa.func.coalesce(sa.func.sum(BackPayShare.fen), 0)).where(
        BackPayShare.adjustment_id == Adjustment.id
    )
    apart = sa.select(Adjustment.id).where(
        Adjustment.run_id == run.id, Adjustment.amount_fen != shares.correlate(Adjustment).scalar_subquery()
    )
    return not run.by_reply or not session.scalar(sa.select(apart.exists()))


def _without_shares(run_id: sa.SQLColumnExpression[str]) -> sa.ColumnElement[bool]:
    """Whether a part of the run has no shares, as one that was counted by an older version."""
    part = sa.alias(Adjustment.__table__)
    share = sa.select(BackPayShare.fen).where(BackPayShare.adjustment_id == part.c.id)
    return (
        sa.select(part.c.id)
        .where(part.c.run_id == run_id, ~share.correlate(part).exists())
        .correlate(BackPayRun)
        .exists()
    )


def _share_of(
    adjustment_id: sa.SQLColumnExpression[str], earning_id: sa.SQLColumnExpression[str]
) -> sa.ColumnElement[bool]:
    return sa.and_(BackPayShare.adjustment_id == adjustment_id, BackPayShare.earning_id == earning_id)


def _within(run: BackPayRun) -> sa.ColumnElement[bool]:
    return sa.and_(Earning.received_at >= run.starts_at, Earning.received_at < run.ends_at)


def _meets(run: BackPayRun) -> sa.ColumnElement[bool]:
    return sa.and_(BackPayRun.starts_at < run.ends_at, BackPayRun.ends_at > run.starts_at)


def _before(run: BackPayRun) -> sa.ColumnElement[bool]:
    """Other runs; of a run that is being posted, those that were started before it."""
    other = BackPayRun.id != run.id
    started_at: dt.datetime | None = run.started_at
    return other if started_at is None else sa.and_(other, BackPayRun.started_at <= started_at)
