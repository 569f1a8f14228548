"""Past replies priced one by one by another card, as what-ifs and back pay by a card do it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.earnings.models import Earning
from gig.payouts.rates import queries as rates
from gig.payouts.rates.rules.bands import percent_at
from gig.payouts.rates.rules.card import RateCard
from gig.payouts.rates.rules.pricing import Pricing, price
from gig.payouts.rates.rules.quote import quote
from gig.payouts.surges.models import Surge

LONGEST_CLOCK = dt.timedelta(days=1)
"""No card lets a claim live longer, so no clock started earlier than this before its reply."""

_COLUMNS = (
    Earning.id,
    Earning.turn_id,
    Earning.inquiry_id,
    Earning.agent_id,
    Earning.queue,
    Earning.issue_type,
    Earning.tier,
    Earning.card_id,
    Earning.multiplier_percent,
    Earning.gross_fen,
    Earning.penalty_fen,
    Earning.clock_started_at,
    Earning.received_at,
    Earning.latency_us,
)


def turns(session: Session, inquiries: Collection[str] | sa.Select[str], until: dt.datetime) -> Iterable[Any]:
    """The answered turns of these inquiries before the instant, in the order that uses up paid replies."""
    order = (Earning.inquiry_id, Earning.received_at, Earning.clock_started_at, Earning.turn_id)
    query = sa.select(*_COLUMNS).where(Earning.inquiry_id.in_(inquiries), Earning.received_at < until)
    return session.execute(query.order_by(*order))


def reprice(
    session: Session,
    card: RateCard,
    rows: Iterable[Any],
    surges: Sequence[Surge],
    since: dt.datetime,
    placed: Mapping[str, Collection[str]] = MappingProxyType({}),
    barred: Collection[str] = (),
) -> Iterator[tuple[Any, Pricing]]:
    """What the card would have paid for each of the `turns` since the instant.

    Those before it use up paid replies as they really did. Those of an inquiry that were priced at 0 and
    were `placed` among the paid ones later keep their places; others that were priced at 0 get what is left
    at their turn, of which the `barred` ones, whom nobody pays, take none. A surge that a turn had adds its
    points to the card's multiplier.
    """
    for inquiry_id, answered in groupby(rows, key=lambda row: row.inquiry_id):
        kept = placed.get(inquiry_id, ())
        paid, to_come = 0, len(kept)
        for turn in answered:
            has_place = turn.id in kept
            to_come -= has_place
            if turn.received_at < since:
                paid += has_place or turn.gross_fen > 0
                continue
            offered = quote(
                card,
                queue=turn.queue,
                issue_type=turn.issue_type,
                tier=turn.tier,
                clock_started_at=turn.clock_started_at,
                paid_so_far=paid if has_place or turn.gross_fen else paid + to_come,
                surge_percent=_points(session, surges, turn),
            )
            priced = price(offered, clock_started_at=turn.clock_started_at, replied_at=turn.received_at)
            idle = turn.id in barred and not turn.gross_fen
            paid += has_place or (priced.gross_fen > 0 and not idle)
            yield turn, priced


def met_surges(session: Session, since: dt.datetime, until: dt.datetime) -> Sequence[Surge]:
    """The surges in which a clock can have started that was answered in the span."""
    met = sa.select(Surge).where(Surge.starts_at < until, Surge.ends_at > since - LONGEST_CLOCK)
    return session.scalars(met).all()


def end_of(surge: Surge) -> dt.datetime:
    return min(surge.ends_at, surge.ended_at or surge.ends_at)


def _points(session: Session, surges: Sequence[Surge], turn: Any) -> int:
    """What a surge added to the turn's multiplier; its own card says what it would have been without."""
    at = turn.clock_started_at
    for surge in surges:
        if surge.queue == turn.queue and surge.starts_at <= at < end_of(surge):
            plain = percent_at(rates.card(session, turn.card_id), at)
            return surge.percent if turn.multiplier_percent > plain else 0
    return 0
