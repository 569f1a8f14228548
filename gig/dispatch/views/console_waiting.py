"""滞留咨询: what waits in vain, why, and what ops can do about it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from gig.api import mark, read_mark
from gig.core.clock import received_at
from gig.core.db import db
from gig.dispatch.queries import queues, stuck
from gig.dispatch.queries.stuck import Staff, StuckRow
from gig.dispatch.views import shown
from gig.identity.access import allow
from gig.payouts.rates import queries as rates
from gig.web.filters import duration

pages = Blueprint("waiting", __name__)
HERE = "/console/waiting"


@dataclass(frozen=True)
class Reason:
    """Why an inquiry is on the list: a word, a sentence, and where ops goes from here."""

    kind: str
    word: str
    words: str
    action: str
    url: str


@pages.get(HERE)
@allow("operate")
def show_waiting() -> str:
    """Those that are given up soonest first; the queues beside them, with who may serve them."""
    session, now = db.session(), received_at()
    rows = stuck.stuck(session, now, after=read_mark(request.args.get("after"), dt.datetime, str))
    last = rows[stuck.PAGE - 1] if len(rows) > stuck.PAGE else None
    staff, most = stuck.staff(session), rates.card_in_force(session, now)[1].max_paid_replies
    return render_template(
        "dispatch/console/waiting.html",
        rows=[(row, reasons(row, staff.get(row.queue, Staff()), most, now)) for row in rows[: stuck.PAGE]],
        further=mark(last.due_at, last.id) if last else None,
        later="after" in request.args,
        staff=[(slug, staff.get(slug, Staff())) for slug in queues.slugs_in_use(session)],
        staff_of=lambda slug: staff.get(slug, Staff()),
        side=shown.side,
        now=now,
    )


@pages.get(f"{HERE}/ring")
@allow("operate")
def ring() -> str:
    """The toast of a console page that has just heard of one more."""
    return render_template("dispatch/console/_waiting_ring.html", url=HERE)


def count() -> int:
    """How many wait in vain, for the menu."""
    return stuck.count_stuck(db.session(), received_at())


def reasons(row: StuckRow, staff: Staff, most: int, now: dt.datetime) -> list[Reason]:
    """Every reason that holds, the one that ops can do most about first."""
    found = []
    if row.nobody:
        words = (
            _("能接的 %(n)s 位都用完了这一轮的时间，或把它转出去了。", n=staff.able)
            if staff.able
            else _("没有能接单的客服开通了这个队列。")
        )
        lacking = f"/console/agents?lacks={row.queue}&stage=active"
        found.append(Reason("r", _("没人能接"), words, _("去开通客服"), lacking))
    if row.unpaid:
        words = _("已付满 %(n)s 条，再答不计费，没人会接。", n=most)
        found.append(Reason("w", _("不计费"), words, _("看费率卡"), "/console/rates"))
    if row.ending:
        left_s = (row.due_at - now).total_seconds()
        words = (
            _("还没人接，%(time)s后作废。", time=duration(left_s))
            if left_s >= 1
            else _("还没人接，马上作废。")
        )
        skilled = f"/console/agents?skill={row.queue}"
        found.append(Reason("w", _("快要作废"), words, _("看能接的客服"), skilled))
    return found
