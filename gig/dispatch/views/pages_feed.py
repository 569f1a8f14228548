"""接单: what waits, at which price, and the tap that takes it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from gig.api import mark, read_mark
from gig.core import tunables
from gig.core.businesstime import business_zone
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, Refused
from gig.dispatch.operations import claims
from gig.dispatch.queries import desk, feed
from gig.dispatch.values import head_start, limit
from gig.dispatch.views import frame, shown
from gig.identity.access import actor_id, allow
from gig.identity.models import Agent
from gig.identity.operations.standing import set_presence
from gig.identity.values import WORKING
from gig.payouts.earnings import queries as earnings
from gig.payouts.rates import queries as rates
from gig.web.filters import say
from gig.web.names import called

pages = Blueprint("feed", __name__)


@pages.get("/agent")
@allow("work")
def home() -> AnyResponse:
    return redirect(url_for("dispatch.feed.show"))


@pages.get("/agent/feed")
@allow("work")
def show() -> str:
    """The feed as a whole page, or as the part that is asked for again when something has changed."""
    if request.args.get("part") == "more":
        return render_template("dispatch/_feed_rows.html", **_feed())
    if request.args.get("part") == "list":
        return render_template("dispatch/_feed_part.html", **_feed())
    return render_template("dispatch/feed.html", **_feed())


@pages.get("/agent/feed/fresh")
@allow("work")
def fresh() -> Response:
    """Which of the announced inquiries this agent may see by now, for the pill."""
    now = received_at()
    who = feed.standing(db.session(), actor_id(), now)
    ids = [id for id in request.args.get("ids", "").split(",") if id]
    return jsonify(ids=desk.in_view(db.session(), who, now, ids, request.args.get("queue") or None))


@pages.post("/agent/inquiries/<inquiry_id>/claim")
@allow("work")
def claim(inquiry_id: str) -> AnyResponse:
    """The inquiry is the agent's and its conversation opens; or why not, said beside the feed."""
    try:
        claims.claim(
            inquiry_id=inquiry_id, agent_id=actor_id(), expected_gross_fen=expected(), now=received_at()
        )
    except Refused as refused:
        if request.headers.get("HX-Request"):
            raise
        flash(say(refused))
        return redirect(url_for("dispatch.feed.show"), code=303)
    return go_to(url_for("dispatch.chat.show", inquiry_id=inquiry_id))


@pages.post("/agent/presence")
@allow("work")
def presence() -> AnyResponse:
    """Online, away or offline from here on; leaving while customers wait is asked about first."""
    state = request.form.get("state", "")
    if state == "offline" and frame.chat_badge() and request.form.get("sure") != "1":
        return redirect(url_for("dispatch.feed.leaving"), code=303)
    try:
        set_presence(agent_id=actor_id(), state=state, now=received_at())
    except Refused as refused:
        flash(say(refused))
    duty = request.form.get("from") == "duty"
    return redirect(url_for("dispatch.duty.show" if duty else "dispatch.feed.show"), code=303)


@pages.get("/agent/leaving")
@allow("work")
def leaving() -> str:
    """Customers still wait: answer them first, or go offline all the same."""
    return render_template("dispatch/leaving.html", waiting=frame.chat_badge(), bar=frame.live_bar())


@pages.get("/agent/live-bar")
@allow("work")
def live_bar() -> str:
    """The most urgent conversation and the badge, for every page with tabs."""
    return render_template("dispatch/_live_bar.html")


@pages.get("/agent/open-turns")
@allow("work")
def open_turns() -> Response:
    """Whose clocks run for this agent; the page asks after a gap and when a turn begins."""
    return jsonify(turns=frame.open_turns())


def go_to(url: str) -> AnyResponse:
    if request.headers.get("HX-Request"):
        return Response(status=200, headers={"HX-Redirect": url})
    return redirect(url, code=303)


def expected() -> int | None:
    """What the button said that a reply pays."""
    text = request.form.get("expected_gross_fen", "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Invalid({"expected_gross_fen": [_("要是一个整数。")]})
    return int(text) if text else None


def _feed() -> dict[str, Any]:
    session, now = db.session(), received_at()
    who = feed.standing(session, actor_id(), now)
    agent = who.agent
    card = rates.card(session, who.card_id)
    numbers = tunables.values(session, who.revision)
    chosen = request.args.get("queue") or None
    after = _after(request.args.get("after"))
    working = agent.stage in WORKING
    rows = feed.feed(session, who, now, queue=chosen, after=after, limit=feed.PAGE + 1) if working else []
    counts = feed.counts(session, who, now) if working else {}
    blocked = _blocked(agent, limit(numbers, agent.tier))
    zone = business_zone(current_app.config["GIG_TIMEZONE"])
    more = len(rows) > feed.PAGE
    return {
        "agent": agent,
        "working": working,
        "presence": _presence(agent, now),
        "today": earnings.totals(session, agent.id, *zone.day_bounds(zone.day_of(now))),
        "peak": shown.peak(card, now),
        "surges": [(called(slug, "queue"), each) for slug, each in sorted(who.surges.items())],
        "chips": _chips(who, counts, chosen),
        "chosen": chosen,
        "rows": [
            shown.card_row(row, card, now, blocked=blocked, offered_after=numbers["offer_after_s"])
            for row in rows[: feed.PAGE]
        ],
        "next": _mark(rows[feed.PAGE - 1]) if more else None,
        "further": after is not None,
        "blocked": blocked,
        "checks": _checks(agent, numbers),
        "skills": len(who.queues),
        "resting": agent.rest_until if agent.rest_until and agent.rest_until > now else None,
        "now": now,
    }


def _presence(agent: Agent, now: dt.datetime) -> str:
    if agent.stage in WORKING and agent.presence != "online" and agent.rest_until and agent.rest_until > now:
        return "resting"
    return agent.presence if agent.stage in WORKING else "forced"


def _blocked(agent: Agent, most: int) -> str:
    """Why no row can be claimed now, short enough for the button; empty when all can."""
    if agent.presence != "online" and agent.rest_until and agent.rest_until > received_at():
        return _("休息中")
    if agent.presence == "away":
        return _("小休中")
    if agent.presence != "online":
        return _("离线")
    if most == 0:
        return _("先完成复训")
    if len(frame.held()) >= most:
        return _("同时接单已满 %(n)s", n=most)
    return ""


def _chips(who: feed.Standing, counts: dict[str, int], chosen: str | None) -> list[dict[str, Any]]:
    def count(number: int) -> str:
        return f"{feed.COUNT_UP_TO - 1}+" if number >= feed.COUNT_UP_TO else str(number)

    url = url_for("dispatch.feed.show")
    every = {"label": _("全部"), "url": url, "on": chosen is None, "count": count(sum(counts.values()))}
    of_queues = [
        {
            "label": called(slug, "queue"),
            "url": url_for("dispatch.feed.show", queue=slug),
            "on": chosen == slug,
            "count": count(counts.get(slug, 0)),
        }
        for slug, _easy in who.queues
    ]
    return [every, *of_queues]


def _checks(agent: Agent, numbers: Any) -> list[int]:
    """After how many seconds an announced inquiry may have become visible to this agent."""
    start = int(head_start(numbers, agent.tier).total_seconds())
    windows = {start, numbers["reserve_s"]}
    if agent.tier != "trainee":
        windows.add(numbers["trainee_window_s"])
    return sorted(window for window in windows if window >= start)


def _mark(row: feed.FeedRow) -> str:
    return mark(row.priority, row.queued_at.isoformat(), row.id)


def _after(cursor: str | None) -> tuple[int, dt.datetime, str] | None:
    return read_mark(cursor, int, dt.datetime, str)
