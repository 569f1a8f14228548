"""What suspicions are called where a proof of the book names them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from flask_babel import gettext as _

from gig.channels.models import Suspicion
from gig.core.db import db
from gig.core.text import N_
from gig.payouts.books.naming import ledger, words_of
from gig.web.things import Place, Thing


def suspicions(ids: Collection[str]) -> Mapping[str, Thing]:
    """林可（138****8000）在咨询 …7qk3zz 的疑似自问自答"""
    rows = db.session().scalars(sa.select(Suspicion).where(Suspicion.id.in_(ids))).all()
    who = words_of("agent", {row.agent_id for row in rows})
    return {
        row.id: Thing(
            _(
                "%(who)s 在咨询 %(n)s 的疑似自问自答",
                who=who[row.agent_id],
                n=f"…{row.inquiry_id[-6:]}",
            ),
            (
                Place("review", "suspicions.show_one", N_("看这条疑点"), {"id": row.id}),
                ledger(agent=row.agent_id),
            ),
        )
        for row in rows
    }
