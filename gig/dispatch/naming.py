"""What inquiries, turns, escalations and surges are called where a proof of the book names them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from flask_babel import gettext as _

from gig.core.db import db
from gig.core.text import N_
from gig.dispatch.escalation_models import Escalation
from gig.dispatch.models import Inquiry, Turn
from gig.payouts.books.naming import ledger, words_of
from gig.payouts.earnings.models import Earning
from gig.payouts.surges.models import Surge
from gig.web.filters import clock_time, day_time
from gig.web.names import called
from gig.web.things import Place, Thing

Named = Mapping[str, Thing]


def short(inquiry_id: str) -> str:
    """The end of its id, as the lists of the console show it."""
    return f"…{inquiry_id[-6:]}"


def _handed_on(inquiry_id: str, handovers: int = 1) -> tuple[Place, ...]:
    """The page of an inquiry's hand-overs, which only those have that were handed on."""
    page = Place("operate", "ops.escalations.show_one", N_("看咨询"), {"inquiry_id": inquiry_id})
    return (page,) if handovers else ()


def inquiries(ids: Collection[str]) -> Named:
    """咨询 …7qk3zz（退款）"""
    rows = db.session().execute(
        sa.select(
            Inquiry.id, Inquiry.queue, Inquiry.handovers, Inquiry.owner_id, Inquiry.last_owner_id
        ).where(Inquiry.id.in_(ids))
    )
    found = {}
    for id, queue, handovers, owner, last in rows:
        agent = owner or last
        words = _("咨询 %(n)s（%(queue)s）", n=short(id), queue=called(queue, "queue"))
        found[id] = Thing(words, (*_handed_on(id, handovers), *((ledger(agent=agent),) if agent else ())))
    return found


def turns(ids: Collection[str]) -> Named:
    """咨询 …7qk3zz 的第 2 轮"""
    rows = db.session().execute(
        sa.select(Turn.id, Turn.inquiry_id, Inquiry.handovers, Turn.number, Turn.answered_by, Earning.id)
        .join(Inquiry, Inquiry.id == Turn.inquiry_id)
        .outerjoin(Earning, Earning.turn_id == Turn.id)
        .where(Turn.id.in_(ids))
    )
    return {
        id: Thing(
            _("咨询 %(n)s 的第 %(turn)s 轮", n=short(inquiry), turn=number),
            (
                *_handed_on(inquiry, handovers),
                *((ledger(source=f"earning:{earning}"),) if earning else ()),
                *((ledger(N_("看这个人的分录"), agent=agent),) if agent else ()),
            ),
        )
        for id, inquiry, handovers, number, agent, earning in rows
    }


def escalations(ids: Collection[str]) -> Named:
    """林可（138****8000）升级的咨询 …7qk3zz"""
    rows = db.session().scalars(sa.select(Escalation).where(Escalation.id.in_(ids))).all()
    who = words_of("agent", {row.agent_id for row in rows})
    return {
        row.id: Thing(
            _("%(who)s 升级的咨询 %(n)s", who=who[row.agent_id], n=short(row.inquiry_id)),
            (
                *_handed_on(row.inquiry_id),
                ledger(source=f"triage:{row.turn_id}:{row.agent_id}"),
                ledger(N_("看这个人的分录"), agent=row.agent_id),
            ),
        )
        for row in rows
    }


def surges(ids: Collection[str]) -> Named:
    """退款 11月18日 12:00–14:00 的临时加成"""
    rows = db.session().scalars(sa.select(Surge).where(Surge.id.in_(ids)))
    return {
        row.id: Thing(
            _(
                "%(queue)s %(start)s–%(end)s 的临时加成",
                queue=called(row.queue, "queue"),
                start=day_time(row.starts_at),
                end=clock_time(row.ends_at),
            ),
            tuple(Place(who, "ops.surges.show", N_("看临时加成")) for who in ("settle", "operate")),
        )
        for row in rows
    }


def queues(ids: Collection[str]) -> Named:
    return {slug: Thing(called(slug, "queue")) for slug in ids}
