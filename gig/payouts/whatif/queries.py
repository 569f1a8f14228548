"""Reading what-ifs, and the people that they name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.identity.models import Person
from gig.payouts.earnings.models import Earning
from gig.payouts.whatif.models import WhatIf

LISTED = 20


def one(session: Session, card_id: str, id: str) -> WhatIf:
    """The run of this card; `NotFound` for another card's."""
    found = session.get(WhatIf, id, populate_existing=True) if is_id(id) else None
    if found is None or found.card_id != card_id:
        raise NotFound()
    return found


def of_card(session: Session, card_id: str) -> Sequence[WhatIf]:
    """The card's runs, the newest first."""
    query = (
        sa.select(WhatIf).where(WhatIf.card_id == card_id).order_by(WhatIf.made_at.desc(), WhatIf.id.desc())
    )
    return session.scalars(query.limit(LISTED).execution_options(populate_existing=True)).all()


def paid(
    session: Session, agent_ids: Collection[str], since: dt.datetime, until: dt.datetime
) -> dict[str, int]:
    """What the replies of these agents paid in the span."""
    rows = session.execute(
        sa.select(Earning.agent_id, sa.func.sum(Earning.pay_fen))
        .where(Earning.agent_id.in_(agent_ids), Earning.received_at >= since, Earning.received_at < until)
        .group_by(Earning.agent_id)
    )
    return {agent_id: int(fen) for agent_id, fen in rows}


def names(session: Session, ids: Collection[str]) -> dict[str, str]:
    rows = session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(ids)))
    return dict(rows.all())
