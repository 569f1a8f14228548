"""Replies whose price depends on more than themselves: near an inquiry's last paid one, or under a surge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.earnings.models import Earning
from gig.payouts.rates import queries as rates
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.rules.bands import percent_at
from gig.payouts.rates.rules.card import RateCard
from gig.payouts.rates.rules.pricing import price
from gig.payouts.rates.rules.quote import quote
from gig.payouts.surges.models import Surge
from gig.payouts.whatif.rules.paying import lateness, pay_fen
from gig.payouts.whatif.scan import LONGEST_CLOCK
from gig.payouts.whatif.tally import Tally

PAGE = 400
_COLUMNS = (
    Earning.turn_id,
    Earning.inquiry_id,
    Earning.agent_id,
    Earning.queue,
    Earning.issue_type,
    Earning.tier,
    Earning.card_id,
    Earning.multiplier_percent,
    Earning.gross_fen,
    Earning.clock_started_at,
    Earning.received_at,
    Earning.latency_us,
)


def next_page(session: Session, card: RateCard, since: dt.datetime, until: dt.datetime, tally: Tally) -> bool:
    """Some more inquiries are priced reply by reply, and the tally says by which; False when none is left."""
    after = tally.correcting or ""
    surges = _surges(session, since, until)
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


def _surges(session: Session, since: dt.datetime, until: dt.datetime) -> Sequence[Surge]:
    met = sa.select(Surge).where(Surge.starts_at < until, Surge.ends_at > since - LONGEST_CLOCK)
    return session.scalars(met).all()


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
                Earning.received_at < min(until, _end(surge) + LONGEST_CLOCK),
                Earning.queue == surge.queue,
                Earning.clock_started_at >= surge.starts_at,
                Earning.clock_started_at < _end(surge),
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
    order = (Earning.inquiry_id, Earning.received_at, Earning.clock_started_at, Earning.turn_id)
    rows = session.execute(
        sa.select(*_COLUMNS).where(Earning.inquiry_id.in_(ids), Earning.received_at < until).order_by(*order)
    )
    for _, turns in groupby(rows, key=lambda row: row.inquiry_id):
        paid = 0
        for turn in turns:
            if turn.received_at < since:
                paid += turn.gross_fen > 0
                continue
            offered = quote(
                card,
                queue=turn.queue,
                issue_type=turn.issue_type,
                tier=turn.tier,
                clock_started_at=turn.clock_started_at,
                paid_so_far=paid,
                surge_percent=_points(session, surges, turn),
            )
            priced = price(offered, clock_started_at=turn.clock_started_at, replied_at=turn.received_at)
            paid += priced.gross_fen > 0
            change = priced.pay_fen - _counted(card, turn)
            if change:
                hour = card.zone.local(turn.clock_started_at).hour
                tally.correct(turn.agent_id, turn.issue_type, hour, change)


def _counted(card: RateCard, turn: Any) -> int:
    """What the scan has counted for the turn."""
    base_fen = card.base_fen(turn.queue, turn.issue_type, turn.tier)
    late = lateness(card, turn.latency_us)
    return pay_fen(card, base_fen, percent_at(card, turn.clock_started_at), late)


def _points(session: Session, surges: Sequence[Surge], turn: Any) -> int:
    """What a surge added to the turn's multiplier; its own card says what it would have been without."""
    at = turn.clock_started_at
    for surge in surges:
        if surge.queue == turn.queue and surge.starts_at <= at < _end(surge):
            plain = percent_at(rates.card(session, turn.card_id), at)
            return surge.percent if turn.multiplier_percent > plain else 0
    return 0


def _end(surge: Surge) -> dt.datetime:
    return min(surge.ends_at, surge.ended_at or surge.ends_at)
