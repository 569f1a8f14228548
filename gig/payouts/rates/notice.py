"""How long before it holds a card with cuts must be published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.db import EPOCH
from gig.core.errors import Errors
from gig.core.text import N_, Sentence
from gig.payouts.earnings.models import Earning
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.queries import card, card_in_force_id, next_card_id
from gig.payouts.rates.rules.card import RateCard
from gig.payouts.rates.rules.comparison import Difference
from gig.payouts.rates.rules.cuts import cuts, untold
from gig.payouts.rates.values import NOTICE_DAYS

NAMED = 8


@dataclass(frozen=True)
class Following:
    """The scheduled card that will replace this one: all that it lowers then, and what of it nobody was
    told of when it was published."""

    id: str
    card: RateCard
    cuts: Sequence[Difference]
    untold: Sequence[Difference]


@dataclass(frozen=True)
class Notice:
    """What the card lowers against the one that it replaces, and from when it may hold at the earliest;
    `following` is there if another card is scheduled after it."""

    cuts: list[Difference]
    days: int
    earliest: dt.datetime
    replaces: str = ""
    following: Following | None = None

    @property
    def too_soon(self) -> Following | None:
        """The card that follows, if this one would make it a cut of which nobody is told in time."""
        after = self.following
        return after if after and after.untold and after.card.valid_from < self.earliest else None

    def faults(self, value: RateCard) -> Errors:
        """Why the card may not begin when it says, naming what it lowers or what will be lowered after it."""
        found = [*self._of_itself(value), *self._of_what_follows(value)]
        return {"/valid_from": found} if found else {}

    def _of_itself(self, value: RateCard) -> list[str | Sentence]:
        if not self.cuts or value.valid_from >= self.earliest:
            return []
        told = Sentence(
            N_("这张卡有 %(count)s 处降低。降价要提前 %(days)s 天公布，最早 %(at)s 生效；涨价不用等。"),
            {"count": len(self.cuts), "days": self.days, "at": minute_of(value, self.earliest)},
        )
        return [told, *(each.sentence for each in self.cuts[:NAMED])]

    def _of_what_follows(self, value: RateCard) -> list[str | Sentence]:
        after = self.too_soon
        if after is None:
            return []
        params = {
            "next": after.card.name,
            "starts": minute_of(value, after.card.valid_from),
            "count": len(after.untold),
            "days": self.days,
            "at": minute_of(value, self.earliest),
        }
        told = Sentence(
            N_(
                "已排定的 %(next)s 从 %(starts)s 起接替这张卡，会低 %(count)s 处，"
                "客服没有提前 %(days)s 天知道。先撤回 %(next)s，发布这张卡，"
                "再让 %(next)s 从 %(at)s 或更晚生效；或者让这张卡在 %(next)s 之后生效。"
            ),
            params,
        )
        return [told, *(each.sentence for each in after.untold[:NAMED])]


def notice_of(session: Session, value: RateCard, now: dt.datetime) -> Notice:
    """What publishing this card at this moment owes the agents.

    The card that a new platform came with promises nobody anything until a reply was paid by it.
    """
    days = tunables.values(session)[NOTICE_DAYS.name]
    id = session.scalar(sa.select(card_in_force_id(value.valid_from)))
    before = card(session, id) if id else None
    owed = before is not None and not nobodys(session, id)
    return Notice(
        cuts(before, value) if before is not None and owed else [],
        days,
        _whole_minute(now) + dt.timedelta(days=days),
        before.name if before else "",
        _following(session, before, value),
    )


def nobodys(session: Session, id: str | None) -> bool:
    """Whether the card came with the platform and nobody was paid by it yet."""
    found = session.get(RateCardVersion, id) if id else None
    if found is None or found.valid_from != EPOCH or found.published_by is not None:
        return False
    return session.scalar(sa.select(Earning.id).limit(1)) is None


def minute_of(value: RateCard, at: dt.datetime) -> str:
    """The instant as the business zone's clock shows it."""
    return f"{value.zone.local(at):%Y-%m-%d %H:%M}"


def _following(session: Session, before: RateCard | None, value: RateCard) -> Following | None:
    id = session.scalar(sa.select(next_card_id(value.valid_from)))
    if id is None:
        return None
    after = card(session, id)
    lower = cuts(value, after)
    return Following(id, after, lower, lower if before is None else untold(before, value, after))


def _whole_minute(now: dt.datetime) -> dt.datetime:
    """The minute that has begun: a form cannot say seconds, and nobody is told them."""
    return now.replace(second=0, microsecond=0)
