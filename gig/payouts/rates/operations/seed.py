"""The first card of a platform, without which no instant has a price."""

from __future__ import annotations

import datetime as dt
import json

import sqlalchemy as sa

from gig.core.db import EPOCH, transaction
from gig.core.ids import new_id
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.rules.seed import seed_card


def seed_first_card(*, timezone: str, now: dt.datetime) -> str:
    """A published card holds since the epoch; one that already does is left as it is. Returns its id."""
    with transaction() as session:
        found = session.scalar(
            sa.select(RateCardVersion.id).where(
                RateCardVersion.state == "published", RateCardVersion.valid_from == EPOCH
            )
        )
        if found is not None:
            return found
        card = seed_card(timezone)
        version = RateCardVersion(
            id=new_id(),
            name=card.name,
            state="published",
            valid_from=card.valid_from,
            body=json.dumps(card.to_json(), ensure_ascii=False),
            created_at=now,
            changed_at=now,
            published_at=now,
        )
        session.add(version)
        session.flush()
        return version.id
