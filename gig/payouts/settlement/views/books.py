"""Finance: the book, by account and by entry."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask_babel import gettext as _

from gig.core.db import db
from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.identity.access import allow
from gig.payouts.ledger import queries
from gig.payouts.ledger.export import FORMATS, export
from gig.payouts.settlement import shown
from gig.payouts.settlement.values import zone

pages = Blueprint("books", __name__, template_folder="../templates")

PAGE = 60


@pages.get("/console/ledger")
@allow("settle")
def ledger() -> str:
    """The balances, and the newest entries that match what is asked for."""
    session, asked = db.session(), request.args
    before = asked.get("before", "")
    wanted = {name: asked.get(name, "").strip() for name in ("account", "source", "agent", "period", "kind")}
    found = queries.entries(
        session,
        account=wanted["account"] or None,
        source=wanted["source"] or None,
        agent_id=wanted["agent"] or None,
        period_id=wanted["period"] or None,
        kind=wanted["kind"] or None,
        before_id=before if is_id(before) else None,
        limit=PAGE + 1,
    )
    return render_template(
        "settlement/ledger.html",
        balances=queries.balances(session, group_agents=True),
        entries=found[:PAGE],
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        wanted={name: value for name, value in wanted.items() if value},
        kinds=[("", _("全部")), *((kind, _(words)) for kind, words in shown.ENTRY_WORDS.items())],
        kind_words=shown.ENTRY_WORDS,
        formats=FORMATS,
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
