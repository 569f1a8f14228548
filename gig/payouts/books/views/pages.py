"""Finance: the book by account, by entry and by cause, and its proofs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flask import Blueprint, Response, redirect, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import NotFound
from gig.core.ids import is_id, new_id
from gig.identity.access import actor_id, allow, may
from gig.identity.queries import id_or_phone, people_called
from gig.payouts.books import queries as books
from gig.payouts.books.causes import causes_of
from gig.payouts.books.models import BookCheck
from gig.payouts.books.operations import check_book
from gig.payouts.books.shown import account_words
from gig.payouts.books.told import groups, holding
from gig.payouts.books.values import REVERSIBLE
from gig.payouts.ledger import queries
from gig.payouts.ledger.export import FORMATS, export
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.ledger.queries import Balance
from gig.payouts.settlement import shown
from gig.payouts.settlement.rehearsal import DESKS
from gig.payouts.settlement.values import zone
from gig.web.telling import Faults

pages = Blueprint("books", __name__, template_folder="../templates")

PAGE = 60
WANTED = ("account", "source", "agent", "period", "kind", "line")


@pages.get("/console/ledger")
@allow("settle")
def ledger() -> str:
    """The balances, and the newest entries that match what is asked for."""
    session, asked = db.session(), request.args
    before = asked.get("before", "")
    wanted = {name: asked.get(name, "").strip() for name in WANTED}
    agent = id_or_phone(session, wanted["agent"])
    found = queries.entries(
        session,
        account=wanted["account"] or None,
        source=wanted["source"] or None,
        agent_id=agent or None,
        period_id=wanted["period"] or None,
        kind=wanted["kind"] or None,
        line_id=wanted["line"] or None,
        before_id=before if is_id(before) else None,
        limit=PAGE + 1,
    )
    balances = queries.balances(session, group_agents=True)
    return render_template(
        "books/ledger.html",
        balances=balances,
        account_options=_account_options(balances, wanted["account"]),
        entries=found[:PAGE],
        names=_agents(found[:PAGE]),
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        wanted={name: value for name, value in wanted.items() if value},
        kinds=[("", _("全部")), *((kind, _(words)) for kind, words in shown.ENTRY_WORDS.items())],
        kind_words=shown.ENTRY_WORDS,
        formats=FORMATS,
    )


@pages.get("/console/ledger/accounts")
@allow("settle")
def accounts() -> str:
    """The balances at an instant, and what is owed, for how long, and what is on its way."""
    session, now = db.session(), received_at()
    asked = request.args.get("at", "")
    at = _instant(asked)
    return render_template(
        "books/accounts.html",
        balances=queries.balances(session, group_agents=True, at=at),
        at=at or now,
        asked=asked if at else "",
        owed=books.liability(session, now=now),
        ages=books.AGES,
    )


@pages.get("/console/ledger/checks")
@allow("settle")
def checks() -> str:
    """The latest proofs of the book, and what the newest of them found."""
    rows = books.latest_checks(db.session())
    found = books.found(rows[0]) if rows else None
    broken = found.rules if found else []
    return render_template(
        "books/checks.html",
        rows=rows,
        newest=rows[0] if rows else None,
        took_ms=found.took_ms if found else None,
        broken=groups(broken),
        holding=holding(broken) if found else [],
        may=may,
        names=_names(rows),
    )


@pages.post("/console/ledger/checks")
@allow("settle")
def check() -> Answer:
    """The book is proved now."""
    check_book(asked_by=actor_id(), now=received_at())
    return redirect(url_for("books.checks"), code=303)


@pages.get("/console/ledger/<entry_id>")
@allow("settle")
def entry(entry_id: str) -> str:
    """One entry: its accounts, its cause, what it takes back and what took it back."""
    return entry_page(entry_id, {})


def entry_page(entry_id: str, errors: Faults) -> str:
    """The entry's page; what was typed to take it back stays in its form, with what is wrong with it."""
    session = db.session()
    found = session.get(LedgerEntry, entry_id) if is_id(entry_id) else None
    if found is None:
        raise NotFound()
    reversals = books.reversals_of(session, found.id)
    taken, given_back = books.tax_beside(session, found)
    left = found.amount_fen - sum(one.amount_fen for one in reversals)
    return render_template(
        "books/entry.html",
        entry=found,
        original=session.get(LedgerEntry, found.reverses_id) if found.reverses_id else taken,
        given_back=given_back,
        reversals=reversals,
        left=left,
        reversible=left > 0 and found.kind in REVERSIBLE and found.agent_id is not None,
        line=books.line_of(session, found),
        causes=causes_of(session, found),
        mine=may,
        desks=DESKS,
        kind_words=shown.ENTRY_WORDS,
        name=shown.names(session, found.agent_id)[found.agent_id] if found.agent_id else "",
        form=request.form,
        file_again=bool(request.files.get("file")),
        errors=errors,
        new_id=new_id(),
    )


@pages.get("/console/ledger/journal")
@allow("settle")
def journal() -> Response:
    """The whole book as a plain-text journal."""
    format = request.args.get("format", "")
    if format not in FORMATS:
        raise NotFound()
    lines = export(db.session(), format, day_of=zone().day_of)
    name = "ledger.journal" if format == "hledger" else "ledger.beancount"
    return Response(
        stream_with_context(lines),
        mimetype="text/plain",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _instant(text: str) -> dt.datetime | None:
    """The wall-clock instant that a form's date and time name, to the minute; None for anything else."""
    try:
        wall = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    if wall.tzinfo is not None or not 1970 < wall.year < 9999:
        return None
    return zone().start_of_day(wall.date()) + dt.timedelta(hours=wall.hour, minutes=wall.minute)


def _agents(entries: Sequence[LedgerEntry]) -> dict[str | None, str]:
    ids = {entry.agent_id for entry in entries if entry.agent_id}
    return {None: "", **{person.id: person.name for person in people_called(db.session(), list(ids))}}


def _account_options(balances: Sequence[Balance], wanted: str) -> list[tuple[str, str]]:
    """Every account that was ever posted to, in words; one agent's own where it is asked for."""
    ids = [balance.account for balance in balances]
    if wanted and wanted not in ids:
        ids.append(wanted)
    return [("", _("全部")), *((id, account_words(id, f"…{id[-6:]}")) for id in ids)]


def _names(rows: Sequence[BookCheck]) -> dict[str | None, str]:
    return shown.names(db.session(), *(row.asked_by for row in rows))
