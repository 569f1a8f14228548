"""How long before it holds a card with cuts must be published."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.db import EPOCH
from gig.core.errors import Errors
from gig.core.text import N_, Sentence
from gig.payouts.earnings.models import Earning
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.queries import card, card_in_force_id
from gig.payouts.rates.rules.card import RateCard
from gig.payouts.rates.rules.comparison import Difference
from gig.payouts.rates.rules.cuts import cuts
from gig.payouts.rates.values import NOTICE_DAYS

NAMED = 8


@dataclass(frozen=True)
class Notice:
    """What the card lowers against the one that it replaces, and from when it may hold at the earliest."""

    cuts: list[Difference]
    days: int
    earliest: dt.datetime
    replaces: str = ""

    def faults(self, value: RateCard) -> Errors:
        """Why the card may not begin when it says, naming what it lowers."""
        if not self.cuts or value.valid_from >= self.earliest:
            return {}
        local = value.zone.local(self.earliest)
        told = Sentence(
            N_("这张卡有 %(count)s 处降低。降价要提前 %(days)s 天公布，最早 %(at)s 生效；涨价不用等。"),
            {"count": len(self.cuts), "days": self.days, "at": f"{local:%Y-%m-%d %H:%M}"},
        )
        return {"/valid_from": [told, *(each.sentence for each in self.cuts[:NAMED])]}


def notice_of(session: Session, value: RateCard, now: dt.datetime) -> Notice:
    """What publishing this card at this moment owes the agents.

    The card that a new platform came with promises nobody anything until a reply was paid by it.
    """
    days = tunables.values(session)[NOTICE_DAYS.name]
    id = session.scalar(sa.select(card_in_force_id(value.valid_from)))
    before = session.get(RateCardVersion, id) if id else None
    owed = before is not None and not _nobodys(session, before)
    found = cuts(card(session, before.id), value) if before is not None and owed else []
    return Notice(found, days, _whole_minute(now) + dt.timedelta(days=days), before.name if before else "")


def _nobodys(session: Session, before: RateCardVersion) -> bool:
    first = before.valid_from == EPOCH and before.published_by is None
    return first and session.scalar(sa.select(Earning.id).limit(1)) is None


def _whole_minute(now: dt.datetime) -> dt.datetime:
    """The minute that has begun: a form cannot say seconds, and nobody is told them."""
    return now.replace(second=0, microsecond=0)
