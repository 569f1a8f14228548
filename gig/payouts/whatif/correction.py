"""Replies whose price depends on more than themselves: near an inquiry's last paid one, or under a surge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.earnings.models import Earning
from gig.payouts.rates import queries as rates
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.rules.bands import percent_at
from gig.payouts.rates.rules.card import RateCard
from gig.payouts.surges.models import Surge
from gig.payouts.whatif.repricing import LONGEST_CLOCK, end_of, met_surges, reprice, turns
from gig.payouts.whatif.rules.paying import lateness, pay_fen
from gig.payouts.whatif.tally import Tally

PAGE = 400


def next_page(session: Session, card: RateCard, since: dt.datetime, until: dt.datetime, tally: Tally) -> bool:
    """Some more inquiries are priced reply by reply, and the tally says by which; False when none is left."""
    after = tally.correcting or ""
    surges = met_surges(session, since, until)
    ids = sorted(
        {*_crowded(session, card, until, tally, after), *_surged(session, surges, since, until, after)}
    )
    ids = ids[:PAGE]
    if not ids:
        return False
    _correct(session, card, ids, surges, since, until, tally)
    tally.correcting = ids[-1]
    return True


def _crowded(session: Session, card: RateCard, until: dt.datetime, tally: Tally, after: str) -> Sequence[str]:
    """Inquiries with more answered turns than the card pays, in order; none when nobody can have reached it.

    If every reply of the span paid something, no inquiry had more of them than a card of that time paid.
    """
    most = card.max_paid_replies
    if not most or (not tally.unpaid and most >= _most_paid_before(session, until)):
        return []
    return session.scalars(
        sa.select(Earning.inquiry_id)
        .where(Earning.inquiry_id > after)
        .group_by(Earning.inquiry_id)
        .having(sa.func.count() > most)
        .order_by(Earning.inquiry_id)
        .limit(PAGE)
    ).all()


def _most_paid_before(session: Session, until: dt.datetime) -> int:
    """The largest cap of any card that a reply before the instant can have been priced by."""
    published = sa.select(RateCardVersion.id).where(
        RateCardVersion.state == "published", RateCardVersion.valid_from < until
    )
    return max(rates.card(session, id).max_paid_replies for id in session.scalars(published))


def _surged(
    session: Session, surges: Sequence[Surge], since: dt.datetime, until: dt.datetime, after: str
) -> Iterable[str]:
    """Inquiries with a reply in the span whose clock started while its queue had a surge."""
    for surge in surges:
        yield from session.scalars(
            sa.select(Earning.inquiry_id)
            .distinct()
            .where(
                Earning.received_at >= max(since, surge.starts_at),
                Earning.received_at < min(until, end_of(surge) + LONGEST_CLOCK),
                Earning.queue == surge.queue,
                Earning.clock_started_at >= surge.starts_at,
                Earning.clock_started_at < end_of(surge),
                Earning.inquiry_id > after,
            )
            .order_by(Earning.inquiry_id)
            .limit(PAGE)
        )


def _correct(
    session: Session,
    card: RateCard,
    ids: Collection[str],
    surges: Sequence[Surge],
    since: dt.datetime,
    until: dt.datetime,
    tally: Tally,
) -> None:
    rows = turns(session, ids, until)
    for turn, priced in reprice(session, card, rows, surges, since):
        change = priced.pay_fen - _counted(card, turn)
        if change:
            hour = card.zone.local(turn.clock_started_at).hour
            tally.correct(turn.agent_id, turn.issue_type, hour, change)


def _counted(card: RateCard, turn: Any) -> int:
    """What the scan has counted for the turn."""
    base_fen = card.base_fen(turn.queue, turn.issue_type, turn.tier)
    late = lateness(card, turn.latency_us)
    return pay_fen(card, base_fen, percent_at(card, turn.clock_started_at), late)
