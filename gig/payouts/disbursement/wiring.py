"""What disbursement plugs into the application."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from gig import api
from gig.core.text import N_
from gig.identity import menu
from gig.payouts.books import causes
from gig.payouts.books.causes import Cause
from gig.payouts.disbursement import audit, audit_batches  # noqa: F401  (they declare their checks)
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.disbursement.results import views as results
from gig.payouts.disbursement.views import api as programs
from gig.payouts.disbursement.views import banks, files, pages, payees, shown, templates
from gig.payouts.ledger.models import LedgerEntry


def _answered(session: Session, entry: LedgerEntry) -> Cause | None:
    """The bank's result that an entry follows, as far as it is what the bank last said of the line."""
    kind, id, rest = causes.parts_of(entry)
    if entry.kind == "tax" and kind == "reversal":  # reversal:failed:LINE:ENTRY
        kind, id = id, rest.partition(":")[0]
    if kind not in ("settled", "failed", "returned"):
        return None
    line = session.get(PayoutLine, id)
    known = line is not None and line.state == kind and line.result_id
    return Cause(N_("这份银行结果"), f"/console/results/{line.result_id}") if line and known else None


def plug_into(app: Flask) -> None:
    """Batches are made, approved, exported, fetched and answered; templates and hints are written."""
    for module in (pages, files, results, templates, payees, banks):
        app.register_blueprint(module.pages)
    api.register(app, programs.blueprint)
    causes.register(_answered)
    menu.offer(
        app,
        menu.Entry(
            "settle", N_("付款批次"), "/console/batches", "download", "settle", tabs=("/console/results",)
        ),
        menu.Entry("settle", N_("付款模板"), "/console/sheets", "table", "settle"),
        menu.Entry("settle", N_("卡号段"), "/console/banks", "credit-card", "settle"),
        menu.Entry("arrange", N_("卡号段"), "/console/banks", "credit-card", "operate"),
    )
    app.jinja_env.globals.update(
        sheet_templates=shown.sheet_templates, sheet_kinds=shown.sheet_kinds, pays_nobody=shown.pays_nobody
    )
