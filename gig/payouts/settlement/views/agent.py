"""结算单: an agent's own statements; each figure opens to the lines that it sums."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gig.api import mark, read_mark
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.identity.access import actor_id, allow, principal
from gig.payouts.disbursement.models import Payee, PayoutLine
from gig.payouts.disbursement.values import FAILURES, HOLD_REASONS, PAYEES_FAULT
from gig.payouts.earnings.models import Earning
from gig.payouts.earnings.queries import replies_reversed, returned
from gig.payouts.earnings.shown import line as earning_line
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement import lists, queries, shown, taxes
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.settlement.papers import pdf, sheet
from gig.payouts.settlement.papers.content import cut_of, file_name
from gig.payouts.settlement.values import zone
from gig.payouts.tax.shown import Explained

pages = Blueprint("statements", __name__, template_folder="../templates")

PAGE = 50
STATEMENTS = 26


@pages.get("/agent/statements")
@allow("work")
def statements() -> str:
    """One's own statements, the newest first, half a year on a page."""
    before = read_mark(request.args.get("before"), dt.datetime)
    session = db.session()
    rows = lists.statements_of(
        session, actor_id(), before=before[0] if before else None, limit=STATEMENTS + 1, reopened=True
    )
    ids = [period.id for _statement, period in rows]
    return render_template(
        "settlement/statements.html",
        rows=rows[:STATEMENTS],
        older=mark(rows[STATEMENTS - 1][1].starts_at) if len(rows) > STATEMENTS else None,
        later=before is not None,
        paid=taxes.paid_by_period(session, actor_id(), ids),
        states=queries.line_states(session, actor_id(), ids),
        shown=shown,
    )


@pages.get("/agent/statements/<period_id>")
@allow("work")
def statement(period_id: str) -> str:
    """One statement: what is paid, what it is made of, where it goes, where it is."""
    session = db.session()
    found, period = _own(period_id)
    number = found.close_no if found.voided_at else None
    lines = [] if number else queries.lines_of(session, period_id, actor_id())
    return render_template(
        "settlement/statement.html",
        statement=found,
        period=period,
        number=number,
        shown=shown,
        rows=shown.statement_rows(
            found,
            queries.counts_of(session, period_id, actor_id(), until=cut_of(found)),
            lambda figure: url_for("statements.figure", period_id=period_id, figure=figure, no=number),
        ),
        lines=lines,
        stage=shown.stage_of(period.state, [line.state for line, _payee in lines]),
        taxed=_taxed(session, lines),
        hold_words=HOLD_REASONS,
        failure_words=FAILURES,
        payees_fault=PAYEES_FAULT,
        previous=queries.previous_of(session, period, actor_id()) if found.carried_in_fen else None,
        older=[] if number else lists.voided_of(session, period_id, actor_id()),
    )


@pages.get("/agent/statements/<period_id>/tax")
@allow("work")
def tax(period_id: str) -> str:
    """How the tax of the statement is reckoned, payment by payment."""
    _found, period = _own(period_id)
    session = db.session()
    lines = queries.lines_of(session, period_id, actor_id())
    return render_template("settlement/tax.html", period=period, shown=shown, taxed=_taxed(session, lines))


@pages.get("/agent/statements/<period_id>/<figure>")
@allow("work")
def figure(period_id: str, figure: str) -> str:
    """The replies or postings under one figure, and their sum."""
    if figure not in shown.FIGURES:
        raise NotFound()
    session = db.session()
    found, period = _own(period_id)
    words, column, kind = shown.FIGURES[figure]
    earnings: list[Earning] = []
    entries: list[LedgerEntry] = []
    after, until = request.args.get("after", ""), cut_of(found)
    if kind is None:
        after = after if is_id(after) else ""
        earnings = list(
            queries.earnings_of(
                session, period_id, actor_id(), only=figure, after=after, limit=PAGE + 1, until=until
            )
        )
    else:
        entries = list(queries.entries_of(session, period_id, actor_id(), kind, until=until))
    back = returned(session, earnings[:PAGE])
    return render_template(
        "settlement/figure.html",
        period=period,
        number=found.close_no if found.voided_at else None,
        shown=shown,
        words=_(words),
        figure=figure,
        fen=-getattr(found, column) if figure == "late" else getattr(found, column),
        rows=[earning_line(each, back.get(each.id), now=received_at()) for each in earnings[:PAGE]],
        entries=entries,
        replies=replies_reversed(session, entries),
        more=earnings[PAGE - 1].id if len(earnings) > PAGE else None,
    )


@pages.get("/agent/statements/<period_id>.csv")
@allow("work")
def download(period_id: str) -> Response:
    """Every line of the statement; their amounts sum to its gross."""
    found, _period = _own(period_id)
    rows = sheet.write(db.session(), found)
    return _file(stream_with_context(rows), "text/csv", file_name(found, "csv"))


@pages.get("/agent/statements/<period_id>.pdf")
@allow("work")
def paper(period_id: str) -> Response:
    """The statement with every line, to keep: the same bytes each time."""
    found, period = _own(period_id)
    made = pdf.write(db.session(), found, period, principal().name)
    return _file(made, "application/pdf", file_name(found, "pdf"))


def _file(content: bytes | Iterator[str], kind: str, name: str) -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, mimetype=kind, headers=disposition)


def _taxed(session: Session, lines: Sequence[tuple[PayoutLine, Payee | None]]) -> list[Explained]:
    """The tax of the statement's lines, in their order."""
    found = taxes.of_lines(session, [line.id for line, _ in lines], today=zone().day_of(received_at()))
    return [found[line.id] for line, _ in lines if line.id in found]


def _own(period_id: str) -> tuple[Statement, Period]:
    """The agent's own statement; with `?no=` that of an earlier close, which was voided and kept."""
    number = request.args.get("no", type=int)
    found = queries.statement_of(db.session(), period_id, actor_id(), close_no=number)
    if found is None:
        raise NotFound()
    return found
