"""What appeals are called where a proof of the book names them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from flask_babel import gettext as _

from gig.core.db import db
from gig.core.text import N_
from gig.payouts.books.naming import ledger, words_of
from gig.quality.models import Appeal
from gig.quality.values import KIND_WORDS
from gig.web.things import Place, Thing


def appeals(ids: Collection[str]) -> Mapping[str, Thing]:
    """林可（138****8000）的申诉 AP-7QK3ZZ"""
    rows = db.session().scalars(sa.select(Appeal).where(Appeal.id.in_(ids))).all()
    who = words_of("agent", {row.agent_id for row in rows})
    return {
        row.id: Thing(
            _("%(who)s 的申诉 %(n)s", who=who[row.agent_id], n=row.number), (_to_desk(row.id), _to_book(row))
        )
        for row in rows
    }


def _to_desk(id: str) -> Place:
    return Place("review", "appeals_desk.show_one", N_("看申诉"), {"id": id})


def _to_book(row: Appeal) -> Place:
    if row.penalty_id:
        return Place("settle", "books.entry", N_("看扣款的分录"), {"entry_id": row.penalty_id})
    return ledger(agent=row.agent_id)


def event_kinds(ids: Collection[str]) -> Mapping[str, Thing]:
    """迟到扣款, 漏答, …"""
    return {kind: Thing(_(KIND_WORDS[kind])) for kind in ids if kind in KIND_WORDS}
