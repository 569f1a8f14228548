"""An offer and its order as the templates take them: the agent's own figures, in words."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.text import N_
from gig.dispatch.models import Inquiry
from gig.dispatch.models_offers import Offer
from gig.dispatch.queries import feed, offers
from gig.dispatch.queries.why_offers import Figures
from gig.dispatch.views import shown
from gig.payouts.rates import queries as rates
from gig.web.filters import duration
from gig.web.names import called

STATES = {
    "live": N_("等你应答"),
    "accepted": N_("接了"),
    "refused": N_("没接，不扣分"),
    "lapsed": N_("没应答"),
    "void": N_("收回了，不算你的"),
}


def sheet(session: Session, agent_id: str, now: dt.datetime) -> dict[str, Any] | None:
    """The agent's live offer as `offer_sheet` takes it. One statement when there is none."""
    offer = offers.live(session, agent_id, now)
    if offer is None:
        return None
    who = feed.standing(session, agent_id, now)
    row = feed.row(session, who, offer.inquiry_id, now)
    numbers = tunables.values(session, who.revision)
    left = offers.free_refusals_left(session, agent_id, numbers, current_app.config["GIG_TIMEZONE"], now)
    open_for = int((offer.expires_at - offer.made_at).total_seconds())
    return {
        "id": offer.id,
        "row": shown.card_row(row, rates.card(session, who.card_id), now, blocked=""),
        "deadline": offer.expires_at,
        "total_s": open_for,
        "remaining_s": max(0, shown.seconds_left(offer.expires_at, now)),
        "accept_url": f"/agent/offers/{offer.id}/acceptance",
        "decline_url": f"/agent/offers/{offer.id}/refusal",
        "words": _("你能接「%(queue)s」，正好空闲", queue=called(row.queue, "queue")),
        "decline_words": _("不接 · 今天还可不接 %(n)s 次，不扣分", n=left) if left else _("不接 · 不扣分"),
        "note": _note(open_for, left, numbers["lapses_to_away"]),
        "why": why(offer, row.queue, offers.asked_before(session, offer)),
    }


def _note(open_for: int, left: int, lapses: int) -> str:
    if left:
        return _("%(n)s 秒没选会问下一位，连续 %(m)s 次没应答转小休。", n=open_for, m=lapses)
    return _("今天不接的次数用完了，再不接按没应答算，连续 %(m)s 次转小休，不扣分。", m=lapses)


def why(offer: Offer, queue: str, before: int) -> list[str]:
    """The published order with the agent's figures as they were ranked."""
    idle = max(0, int((offer.made_at - offer.idle_since).total_seconds()))
    lines = [
        _(
            "技能：你能接「%(queue)s」，当时空闲的有 %(n)s 位。",
            queue=called(queue, "queue"),
            n=offer.idle_agents,
        ),
        _("手上的单：你 %(n)s 条，少的在前。", n=offer.load),
        _("服务分：你 %(n)s，高的在前。", n=score(offer.score_tenths)),
        _("空闲：你闲了 %(t)s，久的在前。", t=duration(idle)),
    ]
    if before:
        lines.append(_("前面问过 %(n)s 位，没有接。", n=before))
    return lines


def order(mine: Figures, now: dt.datetime) -> list[dict[str, Any]]:
    """The published order, each step with the agent's figure of this instant."""
    idle = mine.reachable and not mine.answering and mine.load < mine.limit
    idle = idle and not mine.offered and not mine.refused
    free = _("空闲") if idle else _("现在不空闲")
    return [
        {"title": _("有这个队列的技能，在线、空闲"), "words": free, "state": "done" if idle else "bad"},
        {"title": _("手上的单少的在前"), "words": _("你 %(n)s 条，上限 %(m)s 条", n=mine.load, m=mine.limit)},
        {"title": _("服务分高的在前"), "words": _("你 %(n)s", n=score(mine.score_tenths))},
        {
            "title": _("闲得久的在前"),
            "words": _("你闲了 %(t)s", t=duration((now - mine.idle_since).total_seconds())),
        },
    ]


def score(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"


def past(offer: Offer, inquiry: Inquiry) -> dict[str, Any]:
    """One line of the agent's own offers."""
    counted = offer.state == "refused" and not offer.free
    return {
        "title": called(inquiry.issue_type, "issue_type"),
        "at": offer.made_at,
        "state": offer.state,
        "words": _("没接，按没应答算") if counted else _(STATES[offer.state]),
        "tone": {"accepted": "g", "lapsed": "w", "live": "b"}.get(offer.state, ""),
        "url": f"/agent/inquiries/{inquiry.id}/why-not-me",
    }
