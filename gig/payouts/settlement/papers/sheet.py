"""The statement as a CSV that spreadsheets open as it is: UTF-8 with its mark, nothing that they compute."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gig.core.cells import plain
from gig.core.money import yuan
from gig.payouts.settlement.models import Statement
from gig.payouts.settlement.papers.content import Line, lines, taxes
from gig.payouts.settlement.values import zone

BOM = "\ufeff"
AT_ONCE = 500


def write(session: Session, statement: Statement) -> Iterator[str]:
    """Every line; what they add (到手) sums to the gross.

    What was carried and the tax of what was paid have columns of their own: 到手 and 结转 sum to what is
    payable, and all three to what was paid.
    """
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(
        [
            _("时间"),
            _("类型"),
            _("基础"),
            _("倍数"),
            _("应得"),
            _("迟到扣减"),
            _("到手"),
            _("说明"),
            _("问题"),
            _("代扣个税"),
            _("结转"),
        ]
    )
    yield BOM
    for number, line in enumerate(lines(session, statement)):
        rows.writerow(_row(line))
        if number % AT_ONCE == 0:
            yield _taken(out)
    blank = [""] * 4
    for words, fen in (
        (_("上期结转"), statement.carried_in_fen),
        (_("结转下期"), -statement.carried_out_fen),
    ):
        if fen:
            rows.writerow([_at(statement.cut_at), words, *blank, yuan(0), "", "", "", yuan(fen)])
    for tax in taxes(session, statement):
        row = [_at(tax.at), _("代扣个税"), *blank, yuan(0), plain(tax.why), "", yuan(-tax.withheld_fen), ""]
        rows.writerow(row)
    yield _taken(out)


def _row(line: Line) -> list[str]:
    at = _at(line.at)
    if line.base_fen is None or line.gross_fen is None:
        return [at, line.kind, "", "", "", "", yuan(line.fen), plain(line.why), plain(line.about), "", ""]
    money = (yuan(line.gross_fen), yuan(-(line.penalty_fen or 0)), yuan(line.fen))
    return [
        at,
        line.kind,
        yuan(line.base_fen),
        line.multiplier,
        *money,
        plain(line.why),
        plain(line.about),
        "",
        "",
    ]


def _at(instant: dt.datetime) -> str:
    return zone().local(instant).isoformat(sep=" ", timespec="seconds")


def _taken(out: io.StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text
