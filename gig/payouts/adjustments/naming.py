"""What an adjustment is called where a proof of the book names it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from flask_babel import gettext as _

from gig.core.db import db
from gig.core.text import N_
from gig.payouts.adjustments.models import Adjustment
from gig.payouts.adjustments.values import WORDS
from gig.payouts.books.naming import words_of
from gig.web.filters import yuan
from gig.web.things import Place, Thing


def adjustments(ids: Collection[str]) -> Mapping[str, Thing]:
    """林可（138****8000）的奖金（¥12.00）"""
    rows = db.session().scalars(sa.select(Adjustment).where(Adjustment.id.in_(ids))).all()
    who = words_of("agent", {row.agent_id for row in rows})
    return {
        row.id: Thing(
            _(
                "%(who)s 的%(kind)s（%(fen)s）",
                who=who[row.agent_id],
                kind=_(WORDS.get(row.kind, row.kind)),
                fen=yuan(row.amount_fen),
            ),
            (Place("settle", "adjustments.adjustment", N_("看这笔调整"), {"adjustment_id": row.id}),),
        )
        for row in rows
    }
