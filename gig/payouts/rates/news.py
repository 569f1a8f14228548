"""What agents are told when the schedule of rate cards changes: each card that lowers something, in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.notice import Notice, nobodys
from gig.payouts.rates.queries import card, card_in_force_id, card_of, next_card_id
from gig.payouts.rates.rules.card import RateCard
from gig.payouts.rates.rules.comparison import Difference
from gig.payouts.rates.rules.cuts import cuts


@dataclass(frozen=True)
class News:
    """What is so of one card from now on: `lower` names what it will pay less than `before`, which it
    replaces; nothing, if it lowers nothing. With `withdrawn`, the reason for it, the card will never hold,
    and `lower` names what stays lower than it had promised."""

    card_id: str
    card: RateCard
    before: str
    lower: Sequence[Difference]
    withdrawn: str = ""


Told = Callable[[Session, News, dt.datetime], None]

when_the_schedule_changes: list[Told] = []
"""What is done with the news of a card, in the transaction that schedules or withdraws one."""


def tell_of_publication(session: Session, id: str, value: RateCard, notice: Notice, now: dt.datetime) -> None:
    """Agents are told what the published card lowers, and what the one that follows lowers against it."""
    _tell(session, News(id, value, notice.replaces, notice.cuts), now)
    if after := notice.following:
        _tell(session, News(after.id, after.card, value.name, after.cuts), now)


def tell_of_withdrawal(session: Session, found: RateCardVersion, reason: str, now: dt.datetime) -> None:
    """Agents are told which promise does not come true, and what the card that follows lowers instead."""
    gone, starts = card_of(found), _starts(found)
    before_id = session.execute(sa.select(card_in_force_id(starts))).scalar_one()
    before = card(session, before_id)
    _tell(
        session,
        News(found.id, gone, before.name, cuts(gone, replace(before, valid_from=starts)), reason),
        now,
    )
    after_id = session.scalar(sa.select(next_card_id(starts)))
    if after_id is not None:
        after = card(session, after_id)
        lower = [] if nobodys(session, before_id) else cuts(before, after)
        _tell(session, News(after_id, after, before.name, lower), now)


def _starts(found: RateCardVersion) -> dt.datetime:
    if found.valid_from is None:
        raise ValueError(f"rate card {found.id} was never scheduled")
    return found.valid_from


def _tell(session: Session, news: News, now: dt.datetime) -> None:
    for told in when_the_schedule_changes:
        told(session, news, now)
