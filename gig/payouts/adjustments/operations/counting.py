"""What a back-pay run gives for each reply of the next agents. It only reads: past days change no more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.adjustments import given
from gig.payouts.adjustments.models import BackPayRun
from gig.payouts.adjustments.rules.back_pay import PaidReply, by_card, fixed, percent
from gig.payouts.earnings.models import Earning
from gig.payouts.rates import queries as rates
from gig.payouts.whatif.repricing import met_surges, reprice, turns

Shares = list[tuple[str, int]]


def next_shares(session: Session, run: BackPayRun, *, agents: int) -> dict[str, Shares]:
    """By each of the next agents who answered in the span: their replies that get something, and how much."""
    query = sa.select(Earning.agent_id).where(Earning.agent_id > run.counted_after, *_span(run))
    ids = session.scalars(query.distinct().order_by(Earning.agent_id).limit(agents)).all()
    found: dict[str, Shares] = {id: [] for id in ids}
    for agent_id, earning_id, fen in _by_card(session, run, ids) if run.card_id else _flat(session, run, ids):
        if fen:
            found[agent_id].append((earning_id, fen))
    return found


def _span(run: BackPayRun) -> Sequence[sa.ColumnElement[bool]]:
    """The replies that a run looks at. A card may pay one that was beyond its inquiry's paid replies."""
    span = (Earning.received_at >= run.starts_at, Earning.received_at < run.ends_at)
    return span if run.card_id else (*span, Earning.gross_fen > 0)


def _flat(session: Session, run: BackPayRun, ids: Collection[str]) -> Iterator[tuple[str, str, int]]:
    figure, rule = run.figure or 0, fixed if run.mode == "fixed" else percent
    became = _Became(session, run, ids)
    columns = (Earning.agent_id, Earning.id, Earning.gross_fen, Earning.penalty_fen)
    for row in session.execute(sa.select(*columns).where(Earning.agent_id.in_(ids), *_span(run))):
        reply = became.of(row)
        yield row.agent_id, row.id, 0 if reply.is_gone else rule(reply, figure)


def _by_card(session: Session, run: BackPayRun, ids: Collection[str]) -> Iterator[tuple[str, str, int]]:
    """Whole inquiries are priced, for their replies use up the paid ones together, whoever answered."""
    card = rates.card(session, run.card_id or "")
    became = _Became(session, run, ids)
    given_fen = given.by_runs(session, run, ids)
    inquiries = sa.select(Earning.inquiry_id).where(Earning.agent_id.in_(ids), *_span(run))
    answered = turns(session, inquiries, run.ends_at)
    surges = met_surges(session, run.starts_at, run.ends_at)
    theirs = set(ids)
    for turn, would in reprice(session, card, answered, surges, run.starts_at):
        if turn.agent_id in theirs:
            reply = became.of(turn, given_fen.get(turn.id, 0))
            yield turn.agent_id, turn.id, 0 if reply.is_gone else by_card(reply, would)


class _Became:
    """What became of the replies of some agents after they were priced."""

    def __init__(self, session: Session, run: BackPayRun, ids: Collection[str]) -> None:
        self.excused = given.returned(session, "penalty", ids, run.starts_at, run.ends_at)
        self.taken = given.returned(session, "earning", ids, run.starts_at, run.ends_at)

    def of(self, row: Any, given_fen: int = 0) -> PaidReply:
        return PaidReply(
            gross_fen=row.gross_fen,
            penalty_fen=row.penalty_fen,
            excused_fen=self.excused.get(row.id, 0),
            given_fen=given_fen,
            taken_fen=self.taken.get(row.id, 0),
        )
