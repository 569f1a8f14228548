"""What runs of back pay gave for each reply and what is left of it, and which runs paid the same days."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.adjustments.became import reversed_fen
from gig.payouts.adjustments.models import Adjustment, BackPayRun, BackPayShare, BackPayTaken
from gig.payouts.earnings.models import Earning

STANDS = ("proposed", "posted")
"""An agent's part of a started run is given, unless it was left out (withdrawn) while it was posted."""


def left() -> sa.ColumnElement[int]:
    """What reversals have left of a share, as a column beside `BackPayShare`."""
    taken = (
        sa.select(sa.func.coalesce(sa.func.sum(BackPayTaken.fen), 0))
        .where(BackPayTaken.adjustment_id == BackPayShare.adjustment_id)
        .where(BackPayTaken.earning_id == BackPayShare.earning_id)
        .correlate(BackPayShare)
        .scalar_subquery()
    )
    return BackPayShare.fen - taken


def by_runs(
    session: Session, run: BackPayRun, agent_ids: Collection[str], *of: sa.ColumnElement[bool]
) -> dict[str, int]:
    """By reply of these agents in its span, what is left of what the runs before it gave for the reply.

    More conditions on `Earning` narrow the replies.
    """
    theirs = (Adjustment.agent_id.in_(agent_ids), _knows(run), _meets(run))
    fen_of: dict[str, int] = {}
    for share in _shares(session, theirs, _within(run), *of):
        fen_of[share.earning_id] = fen_of.get(share.earning_id, 0) + share.fen
    return fen_of


@dataclass(frozen=True)
class Share:
    """What is left of an agent's back pay for one reply."""

    adjustment_id: str
    earning_id: str
    fen: int


def in_inquiry(session: Session, agent_id: str, inquiry_id: str) -> list[Share]:
    """What is left of the agent's posted back pay for replies of the inquiry."""
    theirs = (Adjustment.agent_id == agent_id, Adjustment.state == "posted")
    return _shares(session, theirs, Earning.inquiry_id == inquiry_id)


def for_turns(session: Session, agent_ids: Collection[str], turn_ids: Collection[str]) -> int:
    """What is left of the back pay that was posted to these agents for their replies of the turns."""
    theirs = (Adjustment.agent_id.in_(agent_ids), Adjustment.state == "posted")
    return sum(share.fen for share in _shares(session, theirs, Earning.turn_id.in_(turn_ids)))


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
        .where(Earning.turn_id.in_(turns), BackPayRun.started_no.is_not(None), Adjustment.state == "posted")
    )
    return set(session.scalars(query))


def placed(session: Session, run: BackPayRun, inquiries: sa.Select[str]) -> dict[str, set[str]]:
    """By inquiry, its replies that were priced at 0 and that the runs before this one have paid.

    Each takes one of the inquiry's paid replies. What was wholly taken back takes none.
    """
    beyond = (Earning.inquiry_id.in_(inquiries), Earning.gross_fen == 0)
    unpaid = session.scalars(sa.select(Earning.id).where(*beyond)).all()
    if not unpaid:
        return {}
    query = (
        sa.select(Earning.inquiry_id, Earning.id, left())
        .join(Adjustment, Adjustment.agent_id == Earning.agent_id)
        .join(BackPayRun, BackPayRun.id == Adjustment.run_id)
        .join(BackPayShare, _share_of(Adjustment.id, Earning.id))
        .where(Earning.id.in_(unpaid), _knows(run), Adjustment.state.in_(STANDS))
        .where(BackPayRun.starts_at <= Earning.received_at, BackPayRun.ends_at > Earning.received_at)
    )
    found: dict[str, set[str]] = {}
    for inquiry_id, earning_id, fen in session.execute(query):
        if fen:
            found.setdefault(inquiry_id, set()).add(earning_id)
    return found


def _shares(
    session: Session, theirs: Sequence[sa.ColumnElement[bool]], *replies: sa.ColumnElement[bool]
) -> list[Share]:
    """What is left of these agents' back pay for each of the replies, where anything is."""
    parts = session.scalars(
        sa.select(Adjustment.id)
        .join(BackPayRun, BackPayRun.id == Adjustment.run_id)
        .where(Adjustment.state.in_(STANDS), *theirs)
    ).all()
    if not parts:
        return []
    query = (
        sa.select(BackPayShare.adjustment_id, BackPayShare.earning_id, left())
        .join(Earning, Earning.id == BackPayShare.earning_id)
        .where(BackPayShare.adjustment_id.in_(parts), *replies)
        .order_by(BackPayShare.adjustment_id, BackPayShare.earning_id)
    )
    return [Share(*row) for row in session.execute(query) if row[2]]


@dataclass(frozen=True)
class Earlier:
    """A run that paid days of another one already, what of it was not taken back, and whether it is known
    for which replies."""

    run: BackPayRun
    left_fen: int
    by_reply: bool


def earlier(session: Session, run: BackPayRun) -> Sequence[Earlier]:
    """The other runs that paid days of this one, the newest first, but for those taken back altogether."""
    left_fen = sa.func.sum(Adjustment.amount_fen - reversed_fen())
    known = sa.and_(BackPayRun.by_reply, ~_without_shares(BackPayRun.id))
    rows = session.execute(
        sa.select(BackPayRun, left_fen, known)
        .join(Adjustment, Adjustment.run_id == BackPayRun.id)
        .where(BackPayRun.id != run.id, BackPayRun.started_no.is_not(None), _meets(run))
        .where(Adjustment.state.in_(STANDS))
        .group_by(BackPayRun.id)
        .having(left_fen > 0)
        .order_by(BackPayRun.id.desc())
    )
    return [Earlier(each, int(fen), bool(by_reply)) for each, fen, by_reply in rows]


def to_confirm(run: BackPayRun, found: Sequence[Earlier]) -> Sequence[Earlier]:
    """Those whose money comes on top: a run by a card counts what a run gave for each reply as paid, if that
    was written down."""
    return [each for each in found if run.mode != "card" or not each.by_reply]


def newest(session: Session) -> int:
    """The number of the run that was started last; 0 before the first."""
    return int(session.scalar(sa.select(sa.func.coalesce(sa.func.max(BackPayRun.started_no), 0))) or 0)


def overtook(session: Session, run: BackPayRun, *, after: int | None = None) -> BackPayRun | None:
    """The first run that was started since this one by a card was drafted, or since number `after`, and that
    changes what it gives: it pays days of it, or takes paid replies of inquiries that it pays for too."""
    if run.card_id is None:
        return None
    since = run.drafted_after if after is None else after
    others = sa.select(BackPayRun).where(BackPayRun.started_no > since, BackPayRun.id != run.id)
    for other in session.scalars(others.order_by(BackPayRun.started_no)):
        if other.starts_at < run.ends_at and other.ends_at > run.starts_at:
            return other
        if other.takes_places and _takes_from(session, other, run):
            return other
    return None


def takes_places(session: Session, run: BackPayRun) -> bool:
    """Whether it pays a reply that was priced at 0, and so takes a paid reply of an inquiry."""
    return run.card_id is not None and session.scalars(_places(run).limit(1)).first() is not None


def _takes_from(session: Session, other: BackPayRun, run: BackPayRun) -> bool:
    both = _paid_by(run).where(Earning.inquiry_id.in_(_places(other)))
    return session.scalars(both.limit(1)).first() is not None


def _places(run: BackPayRun) -> sa.Select[str]:
    """The inquiries of which it takes paid replies."""
    return _paid_by(run).where(Earning.gross_fen == 0)


def _paid_by(run: BackPayRun) -> sa.Select[str]:
    return (
        sa.select(Earning.inquiry_id)
        .join(BackPayShare, BackPayShare.earning_id == Earning.id)
        .join(Adjustment, Adjustment.id == BackPayShare.adjustment_id)
        .where(Adjustment.run_id == run.id)
    )


def overtaken() -> sa.ColumnElement[bool]:
    """Whether another run over days of it was started since one by a card was drafted, as a column beside
    `BackPayRun`."""
    other = sa.alias(BackPayRun.__table__).c
    newer = sa.exists().where(
        other.started_no > BackPayRun.drafted_after,
        other.id != BackPayRun.id,
        other.starts_at < BackPayRun.ends_at,
        other.ends_at > BackPayRun.starts_at,
    )
    return sa.and_(BackPayRun.mode == "card", newer)


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


def _knows(run: BackPayRun) -> sa.ColumnElement[bool]:
    """The runs that were started before it was drafted; whoever starts later and matters outdates it."""
    return BackPayRun.started_no <= run.drafted_after
