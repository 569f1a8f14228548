"""收入: what a day and a period earned, and why each reply earned what it did. One's own only."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from gig.api import mark, read_mark
from gig.core.businesstime import BusinessZone, business_zone
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.identity.access import actor_id, allow
from gig.payouts.earnings import beside, hourly, queries, triage
from gig.payouts.earnings.models import Earning
from gig.payouts.earnings.rules.forecast import LEAST, WEEKS
from gig.payouts.earnings.shown import chart, fee, line, rules, sum_terms
from gig.payouts.rates import queries as rates
from gig.payouts.rates.coming import coming
from gig.payouts.rates.views.shown import difference_words
from gig.web.filters import day, day_range

pages = Blueprint("earnings", __name__, template_folder="templates")

PAGE = 30


@pages.get("/agent/earnings")
@allow("work")
def show() -> str:
    """One business day (today, unless told), or the open period: the total, its sum, its lines."""
    zone = business_zone(rates.business_zone_name())
    today = zone.day_of(received_at())
    if request.args.get("range") == "period":
        return _page(zone, *_period(zone, today), whole=True)
    chosen = _day(request.args.get("day"), today)
    return _page(zone, chosen, chosen, whole=False)


@pages.get("/agent/earnings/<earning_id>")
@allow("work")
def show_one(earning_id: str) -> str:
    """One reply's pay, step by step; another agent's does not exist."""
    earning = db.session.get(Earning, earning_id) if is_id(earning_id) else None
    if earning is None or earning.agent_id != actor_id():
        raise NotFound
    card = rates.card(db.session(), earning.card_id)
    back = queries.returned(db.session(), [earning])
    row = line(earning, back.get(earning.id), now=received_at())
    taken = queries.taken_back(db.session(), earning)
    return render_template("earnings/one.html", earning=earning, row=row, card=card, taken=taken)


def _page(zone: BusinessZone, first: dt.date, last: dt.date, *, whole: bool) -> str:
    session, now = db.session(), received_at()
    span = zone.span(first, last + dt.timedelta(days=1))
    today = zone.day_of(now)
    totals = queries.totals(session, actor_id(), *span)
    found = queries.earnings(session, actor_id(), *span, after=_after(), limit=PAGE + 1)
    back = queries.returned(session, found[:PAGE])
    more = mark(found[PAGE - 1].received_at.isoformat(), found[PAGE - 1].id) if len(found) > PAGE else None
    here: dict[str, Any] = (
        {"range": "period"} if whole else ({} if first == today else {"day": first.isoformat()})
    )
    shown = {
        "rows": [line(earning, back.get(earning.id), now=now) for earning in found[:PAGE]],
        "more_url": url_for("earnings.show", **here, after=more) if more else None,
        "part_url": url_for("earnings.show", **here, after=more, part="more") if more else None,
        "whole": whole,
    }
    if request.args.get("part") == "more":
        return render_template("earnings/_lines.html", **shown)
    _id, card = rates.card_in_force(session, now)
    return render_template(
        "earnings/list.html",
        **shown,
        totals=totals,
        fees=[fee(each) for each in triage.fees(session, actor_id(), *span)] if totals.triage_fen else [],
        moved=beside.moved(session, actor_id(), *span),
        terms=sum_terms(totals),
        title=_title(first, last, today, whole=whole),
        is_today=not whole and first == today,
        first=first,
        chart=None if whole else chart(session, actor_id(), zone, first, now),
        worked=hourly.worked(session, actor_id(), *span, pay_fen=totals.total_fen, now=now),
        ahead=hourly.this_hour(session, actor_id(), zone, now) if not whole and first == today else None,
        hour=zone.local(now).hour,
        weeks=WEEKS,
        least=LEAST,
        days=queries.days(session, actor_id(), *span, zone) if whole else [],
        period=None if whole else queries.totals(session, actor_id(), *_span(zone, *_period(zone, today))),
        coming=coming(session, actor_id(), now=now) if not whole and first == today else [],
        change_words=difference_words,
        rules=rules(card),
        card=card,
    )


def _title(first: dt.date, last: dt.date, today: dt.date, *, whole: bool) -> str:
    if whole:
        return str(_("本期收入 · %(days)s", days=day_range(first, last)))
    return str(_("今日收入") if first == today else _("%(day)s收入", day=day(first)))


def _period(zone: BusinessZone, today: dt.date) -> tuple[dt.date, dt.date]:
    """The first and last day of the period that today belongs to."""
    found = queries.period_days(db.session(), zone.start_of_day(today))
    return found or (today, today)


def _span(zone: BusinessZone, first: dt.date, last: dt.date) -> tuple[dt.datetime, dt.datetime]:
    return zone.span(first, last + dt.timedelta(days=1))


def _day(text: str | None, today: dt.date) -> dt.date:
    try:
        chosen = dt.date.fromisoformat(text) if text else today
    except ValueError:
        return today
    return min(chosen, today) if chosen.year > 2000 else today


def _after() -> tuple[dt.datetime, str] | None:
    return read_mark(request.args.get("after"), dt.datetime, str)
