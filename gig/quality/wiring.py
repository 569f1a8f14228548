"""What quality plugs into the application."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from gig import scheduler
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.text import N_
from gig.identity import menu
from gig.identity.access import actor_id
from gig.payouts.books import causes
from gig.payouts.books.causes import Cause
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.rehearsal import looks
from gig.quality import audit, naming  # noqa: F401  (audit declares its checks)
from gig.quality.jobs import JOBS
from gig.quality.queries import open_appeals
from gig.quality.queries.appealable import states
from gig.quality.queries.desk import overdue, waiting
from gig.quality.views import agent, console, shown
from gig.web import things


def _decided(_session: Session, entry: LedgerEntry) -> Cause | None:
    """The appeal that gave money back."""
    id = causes.decision_of(entry, "appeal-")
    return Cause(N_("这次申诉"), f"{console.HERE}/{id}", by="review") if id else None


def plug_into(app: Flask) -> None:
    """Agents appeal, reviewers decide, overdue ones ring, and finance hears of open ones before a close."""
    app.register_blueprint(agent.pages)
    app.register_blueprint(console.pages)
    menu.offer(app, menu.Entry("review", N_("申诉"), console.HERE, "scale", "review", _waiting, hot=_overdue))
    scheduler.register(app, *JOBS)
    things.provide(app, appeal=naming.appeals, score_event_kind=naming.event_kinds)
    causes.register(_decided)
    if open_appeals not in looks:
        looks.append(open_appeals)
    app.jinja_env.globals["appeals_about"] = _about
    app.jinja_env.globals["appeal_words"] = shown


def _waiting() -> int:
    return waiting(db.session())


def _overdue() -> bool:
    return overdue(db.session(), received_at()) > 0


def _about(turns: tuple[str, ...] = (), events: tuple[str, ...] = ()) -> dict[str, tuple[str, str]]:
    """For pages of the features below: which of these turns or events the agent has appealed against."""
    return states(db.session(), actor_id(), turns=turns, events=events)
