"""结算单: an agent's own statements; each figure opens to the lines that it sums."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Sequence

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gig.api import mark, read_mark
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.core.money import multiplier, yuan
from gig.identity.access import actor_id, allow
from gig.payouts.disbursement.models import Payee, PayoutLine
from gig.payouts.disbursement.values import HOLD_REASONS
from gig.payouts.earnings.models import Earning
from gig.payouts.earnings.shown import line as earning_line
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement import lists, queries, shown, taxes
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.settlement.values import zone
from gig.payouts.tax.shown import Explained

pages = Blueprint("statements", __name__, template_folder="../templates")

PAGE = 50
STATEMENTS = 26
AT_ONCE = 1000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@pages.get("/agent/statements")
@allow("work")
def statements() -> str:
    """One's own statements, the newest first, half a year on a page."""
    before = read_mark(request.args.get("before"), dt.datetime)
    session = db.session()
    rows = lists.statements_of(
        session, actor_id(), before=before[0] if before else None, limit=STATEMENTS + 1
    )
    return render_template(
        "settlement/statements.html",
        rows=rows[:STATEMENTS],
        older=mark(rows[STATEMENTS - 1][1].starts_at) if len(rows) > STATEMENTS else None,
        later=before is not None,
        paid=taxes.paid_by_period(session, actor_id(), [period.id for _statement, period in rows]),
        shown=shown,
    )


@pages.get("/agent/statements/<period_id>")
@allow("work")
def statement(period_id: str) -> str:
    """One statement: what is paid, what it is made of, where it goes, where it is."""
    session = db.session()
    found, period = _own(period_id)
    lines = queries.lines_of(session, period_id, actor_id())
    return render_template(
        "settlement/statement.html",
        statement=found,
        period=period,
        shown=shown,
        rows=shown.statement_rows(
            found,
            queries.counts_of(session, period_id, actor_id()),
            lambda figure: url_for("statements.figure", period_id=period_id, figure=figure),
        ),
        lines=lines,
        taxed=_taxed(session, lines),
        hold_words=HOLD_REASONS,
        previous=queries.previous_of(session, period, actor_id()) if found.carried_in_fen else None,
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
    after = request.args.get("after", "")
    if kind is None:
        after = after if is_id(after) else ""
        earnings = list(
            queries.earnings_of(session, period_id, actor_id(), only=figure, after=after, limit=PAGE + 1)
        )
    else:
        entries = list(queries.entries_of(session, period_id, actor_id(), kind))
    return render_template(
        "settlement/figure.html",
        period=period,
        shown=shown,
        words=_(words),
        figure=figure,
        fen=-getattr(found, column) if figure == "late" else getattr(found, column),
        rows=[earning_line(earning) for earning in earnings[:PAGE]],
        entries=entries,
        more=earnings[PAGE - 1].id if len(earnings) > PAGE else None,
    )


@pages.get("/agent/statements/<period_id>.csv")
@allow("work")
def download(period_id: str) -> Response:
    """Every line of the statement; their amounts sum to its gross."""
    _own(period_id)
    return Response(
        stream_with_context(_csv(period_id, actor_id())),
        mimetype="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="{period_id}.csv"',
            "Cache-Control": "no-store",
        },
    )


def _taxed(session: Session, lines: Sequence[tuple[PayoutLine, Payee | None]]) -> list[Explained]:
    """The tax of the statement's lines, in their order."""
    found = taxes.of_lines(session, [line.id for line, _ in lines], today=zone().day_of(received_at()))
    return [found[line.id] for line, _ in lines if line.id in found]


def _own(period_id: str) -> tuple[Statement, Period]:
    found = queries.statement_of(db.session(), period_id, actor_id())
    if found is None:
        raise NotFound()
    return found


def _csv(period_id: str, agent_id: str) -> Iterator[str]:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(
        [_("时间"), _("类型"), _("基础"), _("倍数"), _("应得"), _("迟到扣减"), _("到手"), _("说明")]
    )
    session, local = db.session(), zone().local
    yield "\ufeff" + _taken(out)
    after = ""
    while found := queries.earnings_of(session, period_id, agent_id, after=after, limit=AT_ONCE):
        for e in found:
            at = local(e.received_at).isoformat(sep=" ", timespec="seconds")
            money = (yuan(e.gross_fen), yuan(-e.penalty_fen), yuan(e.pay_fen))
            rows.writerow(
                [at, _("佣金"), yuan(e.base_fen), multiplier(e.multiplier_percent), *money, _plain(e.why)]
            )
        after = found[-1].id
        session.expunge_all()
        yield _taken(out)
    for _words, _column, kind in shown.FIGURES.values():
        for entry in queries.entries_of(session, period_id, agent_id, kind) if kind else ():
            at = local(entry.posted_at).isoformat(sep=" ", timespec="seconds")
            words = _(shown.ENTRY_WORDS[entry.kind])
            rows.writerow([at, words, "", "", "", "", yuan(entry.payable_fen), _plain(entry.memo)])
    yield _taken(out)


def _plain(text: str) -> str:
    """Text that no spreadsheet computes."""
    return "'" + text if text.startswith(FORMULA_STARTS) else text


def _taken(out: io.StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text
