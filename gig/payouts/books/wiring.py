"""What the book's pages and its nightly proof plug into the application."""

from __future__ import annotations

from typing import Any

from flask import Flask

from gig import scheduler
from gig.core.db import db
from gig.core.text import N_
from gig.identity import menu
from gig.identity.access import may
from gig.payouts.books import naming, queries
from gig.payouts.books.jobs import JOBS
from gig.payouts.books.shown import account_words
from gig.payouts.books.views import pages
from gig.web import shell, things


def plug_into(app: Flask) -> None:
    """Finance reads the book; it is proved each night, and what does not hold is said on every page."""
    app.register_blueprint(pages.pages)
    app.jinja_env.globals["account_words"] = account_words
    scheduler.register(app, *JOBS)
    things.provide(
        app,
        agent=naming.agents,
        period=naming.periods,
        period_state=naming.period_states,
        due=naming.dues,
        statement=naming.statements,
        line=naming.lines,
        batch=naming.batches,
        sheet=naming.sheets,
        entry=naming.entries,
        earning=naming.earnings,
        account=naming.accounts,
        accounts=naming.both_accounts,
    )
    shell.provide(app, "book_alarm", book_alarm)
    entry = menu.Entry("settle", N_("账本"), "/console/ledger", "receipt", "settle", tabs=("/console/jobs",))
    menu.offer(app, entry)


def book_alarm() -> dict[str, Any] | None:
    """What the newest proof of the book found broken, for every page of finance and operations."""
    if not (may("settle") or may("operate")):
        return None
    newest = queries.alarm(db.session())
    if newest is None:
        return None
    url = "/console/ledger/checks" if may("settle") else ""
    return {"broken": newest.broken, "checked_at": newest.checked_at, "url": url}
