"""What stands on a statement's papers: its figures, each line under them, and the tax of what was paid.

Only what the close fixed, what was earned and what a payment withheld: no estimate and no state, so that
the papers change only when a payment leaves or comes back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gig.core.money import multiplier
from gig.payouts.earnings.shown import why
from gig.payouts.settlement import queries, shown
from gig.payouts.settlement.models import Statement
from gig.payouts.tax.queries import records_of
from gig.payouts.tax.shown import title
from gig.web.names import called

AT_ONCE = 1000


@dataclass(frozen=True)
class Figure:
    """One figure of the statement; `count` of what it sums, also in words, where it sums anything."""

    label: str
    fen: int
    count: int | None = None
    counted: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Line:
    """One reply or posting. `base_fen` to `penalty_fen` are a reply's alone; `fen` is what it adds."""

    at: dt.datetime
    kind: str
    about: str
    why: str
    fen: int
    base_fen: int | None = None
    multiplier: str = ""
    gross_fen: int | None = None
    penalty_fen: int | None = None


@dataclass(frozen=True)
class Tax:
    """What was withheld of one payment that left and did not come back."""

    at: dt.datetime
    why: str
    withheld_fen: int


def taxes(session: Session, statement: Statement) -> list[Tax]:
    """The tax of the statement's payments, in their order; none while nothing is paid, or taxed."""
    if statement.voided_at:
        return []
    ids = [line.id for line, _payee in queries.lines_of(session, statement.period_id, statement.agent_id)]
    records = sorted(records_of(session, ids).values(), key=lambda each: each.id)
    return [
        Tax(
            each.made_at,
            f"{_('付款日 %(d)s', d=each.paid_on.isoformat())} · {title(each)}",
            each.withheld_fen,
        )
        for each in records
        if each.policy != "none"
    ]


def figures(session: Session, statement: Statement) -> list[Figure]:
    """The figures in their order; the first ones sum to the gross, and all of them to what is paid."""
    counts = queries.counts_of(session, statement.period_id, statement.agent_id, until=cut_of(statement))
    rows = shown.statement_rows(statement, counts, lambda _figure: "")
    found = [Figure(row["label"], row["fen"], row["count"], row["counted"]) for row in rows]
    found.append(Figure(str(_("应发合计")), statement.gross_fen, strong=True))
    if statement.carried_in_fen:
        found.append(Figure(str(_("上期结转")), statement.carried_in_fen))
    if statement.carried_out_fen:
        found.append(Figure(str(_("结转下期")), -statement.carried_out_fen))
    found.append(Figure(str(_("应付")), statement.payable_fen, strong=True))
    if withheld := taxes(session, statement):
        tax_fen = sum(each.withheld_fen for each in withheld)
        found += [Figure(f"{_('代扣个税')} · {each.why}", -each.withheld_fen) for each in withheld]
        found.append(Figure(str(_("实发")), statement.payable_fen - tax_fen, strong=True))
    return found


def lines(session: Session, statement: Statement) -> Iterator[Line]:
    """Every reply and posting that the statement sums, some at a time; their `fen` sum to its gross."""
    period_id, agent_id, until = statement.period_id, statement.agent_id, cut_of(statement)
    after = ""
    while found := queries.earnings_of(session, period_id, agent_id, after=after, limit=AT_ONCE, until=until):
        for each in found:
            yield Line(
                at=each.received_at,
                kind=str(_("佣金")),
                about=called(each.issue_type, "issue_type"),
                why=why(each),
                fen=each.pay_fen,
                base_fen=each.base_fen,
                multiplier=multiplier(each.multiplier_percent),
                gross_fen=each.gross_fen,
                penalty_fen=each.penalty_fen,
            )
        after = found[-1].id
        for each in found:
            session.expunge(each)
    for _words, _column, kind in shown.FIGURES.values():
        for entry in queries.entries_of(session, period_id, agent_id, kind, until=until) if kind else ():
            said = _(entry.memo) if entry.memo else ""
            label = str(_(shown.ENTRY_WORDS[entry.kind]))
            yield Line(entry.posted_at, label, "", str(said), entry.payable_fen)


def cut_of(statement: Statement) -> dt.datetime | None:
    """Until when postings count: a voided statement has those of its own close alone."""
    return statement.cut_at if statement.voided_at else None


def file_name(statement: Statement, kind: str) -> str:
    """statement-week-2026-11-16.pdf, with the number of the close where it was voided."""
    voided = f"-{statement.close_no}" if statement.voided_at else ""
    return f"statement-{statement.period_id}{voided}.{kind}"
