"""What must hold between tax records and the book; run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.payouts.ledger import accounts
from gig.payouts.ledger.audit import Difference, check, rows

_BEFORE_FILING = N_("报税数会跟着错。查清前先别导出个税申报表，也别再导出批次。")


@check(
    "tax.posted",
    "a tax record is posted with what it withheld, and nothing else is",
    asks=N_("每条个税记录代扣的数都在账本里，账本里没有别的代扣"),
    then=_BEFORE_FILING,
)
def _posted(session: Session) -> Iterator[Difference]:
    joined = "FROM tax_record t LEFT JOIN ledger_entry e ON e.source_key = 'tax:' || t.line_id"
    yield from rows(
        session,
        f"""SELECT 'tax:' || t.line_id, t.withheld_fen, coalesce(e.amount_fen, 0), t.line_id {joined}
            WHERE t.reverses_id IS NULL AND coalesce(e.amount_fen, 0) <> t.withheld_fen""",
        says=N_("%(thing)s：个税记录代扣 %(expected)s，账本里是 %(found)s，%(off)s。"),
        about="line",
        are="fen",
    )
    yield from rows(
        session,
        f"""SELECT 'tax:' || t.line_id, t.agent_id, e.agent_id, t.line_id, e.amount_fen {joined}
            WHERE t.reverses_id IS NULL AND e.agent_id <> t.agent_id""",
        says=N_("%(thing)s：个税应从 %(expected)s 代扣，账本里却扣了 %(found)s。"),
        about="line",
        are="agent",
    )
    yield from rows(
        session,
        f"""SELECT 'tax:' || t.line_id, CAST(:account AS TEXT), e.credit, t.line_id, e.amount_fen {joined}
            WHERE t.reverses_id IS NULL AND e.credit <> :account""",
        says=N_("%(thing)s：代扣的个税应记到“%(expected)s”，却记到了“%(found)s”。"),
        about="line",
        are="accounts",
        account=accounts.TAX_WITHHELD,
    )
    yield from _all_posted(session)


def _all_posted(session: Session) -> Iterator[Difference]:
    """What no record stands behind is found by counting both sides."""
    both = """FROM (SELECT count(*) AS n, sum(CASE WHEN credit = :account THEN amount_fen ELSE 0 END) AS fen
                FROM ledger_entry WHERE kind = 'tax') e
              CROSS JOIN (SELECT count(*) AS n,
                  sum(CASE WHEN withheld_fen > 0 THEN withheld_fen ELSE 0 END) AS fen
                FROM tax_record WHERE withheld_fen <> 0) t"""
    for columns, differ, says, are in (
        (
            "coalesce(t.fen, 0), coalesce(e.fen, 0)",
            "coalesce(e.fen, 0) <> coalesce(t.fen, 0)",
            N_("%(thing)s：个税记录一共代扣 %(expected)s，账本里一共 %(found)s，%(off)s。"),
            "fen",
        ),
        (
            "t.n, e.n",
            "e.n <> t.n",
            N_("%(thing)s：扣了税的记录有 %(expected)s 条，账本里的分录有 %(found)s 笔。"),
            "count",
        ),
    ):
        yield from rows(
            session,
            f"SELECT 'all entries of the kind tax', {columns}, :account {both} WHERE {differ}",
            says=says,
            about="account",
            are=are,
            account=accounts.TAX_WITHHELD,
        )


@check(
    "tax.taken-back",
    "a tax that was taken back is in the book again as owed to its agent, once and wholly",
    asks=N_("付款没成的，个税整笔退回，再欠给本人"),
    then=N_("没付成的钱里扣掉的税没有还给本人。先别重付这一笔，查清后再准备重付。"),
)
def _taken_back(session: Session) -> Iterator[Difference]:
    joined = "FROM tax_record t JOIN tax_record o ON o.id = t.reverses_id"
    for figure, says in (
        ("gross_fen", N_("%(thing)s：个税记录冲回的应付应是 %(expected)s，记的是 %(found)s，%(off)s。")),
        ("withheld_fen", N_("%(thing)s：个税记录冲回的代扣应是 %(expected)s，记的是 %(found)s，%(off)s。")),
    ):
        yield from rows(
            session,
            f"SELECT t.line_id, -o.{figure}, t.{figure} {joined} WHERE t.{figure} <> -o.{figure}",
            says=says,
            about="line",
            are="fen",
        )
    yield from rows(
        session,
        f"""SELECT t.line_id, o.gross_fen || ' ' || o.withheld_fen, t.gross_fen || ' ' || t.withheld_fen
            {joined} WHERE t.line_id <> o.line_id OR t.agent_id <> o.agent_id OR t.month <> o.month
              OR o.reverses_id IS NOT NULL""",
        says=N_("%(thing)s：冲回的个税记录和原来那条不是同一笔付款、同一个人、同一个月。"),
        about="line",
    )
    back = """FROM tax_record t JOIN ledger_entry e ON e.source_key = 'tax:' || t.line_id
           LEFT JOIN ledger_entry b ON b.debit = :account AND b.source_key IN (
             'reversal:failed:' || t.line_id || ':' || e.id,
             'reversal:returned:' || t.line_id || ':' || e.id)"""
    yield from rows(
        session,
        f"""SELECT t.line_id, -t.withheld_fen, coalesce(b.amount_fen, 0) {back}
            WHERE t.reverses_id IS NOT NULL AND coalesce(b.amount_fen, 0) <> -t.withheld_fen""",
        says=N_("%(thing)s：代扣的 %(expected)s 应退还本人，账本里退了 %(found)s，%(off)s。"),
        about="line",
        are="fen",
        account=accounts.TAX_WITHHELD,
    )
    yield from rows(
        session,
        f"""SELECT t.line_id, t.agent_id, b.agent_id, t.line_id, b.amount_fen {back}
            WHERE t.reverses_id IS NOT NULL AND b.agent_id <> t.agent_id""",
        says=N_("%(thing)s：个税应退给 %(expected)s，却退给了 %(found)s。"),
        about="line",
        are="agent",
        account=accounts.TAX_WITHHELD,
    )


@check(
    "tax.account",
    "the tax account holds exactly what the records say is withheld",
    asks=N_("应交个税科目的余额，就是个税记录合计"),
    then=_BEFORE_FILING,
)
def _account(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'IITWithheld', records, book, :account FROM (SELECT
             (SELECT coalesce(sum(withheld_fen), 0) FROM tax_record) AS records,
             (SELECT coalesce(sum(CASE WHEN credit = :account THEN amount_fen ELSE -amount_fen END), 0)
              FROM ledger_entry WHERE credit = :account OR debit = :account) AS book) AS figures
           WHERE records <> book""",
        says=N_("%(thing)s：个税记录合计 %(expected)s，科目余额 %(found)s，%(off)s。"),
        about="account",
        are="fen",
        account=accounts.TAX_WITHHELD,
    )
