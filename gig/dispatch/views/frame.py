"""What dispatch shows in the frame of every page: the peak, the most urgent conversation, the
badge, an offer, an emergency.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask, g
from flask_babel import gettext as _

from gig.core.clock import received_at
from gig.core.db import db
from gig.dispatch.models import Queue
from gig.dispatch.models_lists import IssueType
from gig.dispatch.queries import emergencies, threads
from gig.dispatch.queries.threads import Held
from gig.dispatch.views import offers_shown, pages_notices, shown
from gig.identity.access import actor_id, find_principal, may
from gig.payouts.rates import queries as rates
from gig.web import names, shell


def plug_into(app: Flask) -> None:
    """The frame's parts that come from dispatch, and the names of queues, issue types and tiers."""
    shell.provide(app, "peak", peak)
    shell.provide(app, "live_bar", live_bar)
    shell.provide(app, "chat_badge", chat_badge)
    shell.provide(app, "notices", pages_notices.told)
    shell.provide(app, "open_turns", open_turns)
    shell.provide(app, "offer", offer)
    shell.provide(app, "emergency", emergency)
    names.provide(app, "queue", _queues)
    names.provide(app, "issue_type", _issue_types)
    names.provide(app, "tier", _tiers)


def held() -> list[Held]:
    """The conversations in the hands of who is asking, read once per request."""
    if "held" not in g:
        g.held = threads.held(db.session(), actor_id()) if may("work") else []
    found: list[Held] = g.held
    return found


def forget_held() -> None:
    """The next one who asks reads anew."""
    g.pop("held", None)


def peak() -> dict[str, Any] | None:
    if find_principal() is None:
        return None
    now = received_at()
    _id, card = rates.card_in_force(db.session(), now)
    return shown.peak(card, now)


def live_bar() -> dict[str, Any] | None:
    return shown.live_bar(held(), received_at())


def chat_badge() -> int:
    """How many customers wait for an answer."""
    return sum(each.quote is not None for each in held())


def open_turns() -> list[dict[str, Any]] | None:
    """Each customer who waits for this agent, for the alarms of their device; None for who is no agent."""
    if not may("work"):
        return None
    return [shown.open_turn(each.inquiry.id, each.quote) for each in held() if each.quote is not None]


def offer() -> dict[str, Any] | None:
    """The sheet of the live offer, for every page of who may get some."""
    return {"sheet": offers_shown.sheet(db.session(), actor_id(), received_at())} if may("work") else None


def emergency() -> dict[str, Any] | None:
    """What waits in the emergency lane, for every page of ops."""
    if not may("operate"):
        return None
    count, since = emergencies.count(db.session())
    waiting_s = (received_at() - since).total_seconds() if since else 0
    return {"count": count, "since": since, "waiting_s": waiting_s}


def _queues() -> dict[str, tuple[str, str]]:
    rows = db.session.execute(sa.select(Queue.slug, Queue.name, Queue.name_en))
    return {slug: (name, name_en) for slug, name, name_en in rows}


def _issue_types() -> dict[str, tuple[str, str]]:
    rows = db.session.execute(sa.select(IssueType.slug, IssueType.name, IssueType.name_en))
    return {slug: (name, name_en) for slug, name, name_en in rows}


def _tiers() -> dict[str, tuple[str, str]]:
    return {slug: (_(name), _(name)) for slug, name in shown.TIERS.items()}
