"""What must hold between lines, tax records and bank results; run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.payouts.ledger import accounts
from gig.payouts.ledger.audit import Difference, check, rows

_SENT = "l.amount_fen - coalesce(t.withheld_fen, 0)"
"""What the bank was asked to pay for a line `l` whose tax record is `t`."""
_ASK_THE_BANK = N_("账本和银行那边可能不一样。先别再导出和重付，拿银行流水核对这一笔。")


@check(
    "clearing.in-transit",
    "the clearing account holds exactly the lines in transit, net of tax",
    asks=N_("付款在途科目的余额，就是还在路上的付款，扣掉个税"),
    then=_ASK_THE_BANK,
)
def _clearing(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'PayoutClearing', in_transit, clearing, :account FROM (SELECT
             (SELECT coalesce(sum(l.amount_fen - t.withheld_fen), 0) FROM payout_line l
              JOIN tax_record t ON t.line_id = l.id AND t.reverses_id IS NULL
              WHERE l.state = 'in_transit') AS in_transit,
             (SELECT coalesce(sum(CASE WHEN credit = :account THEN amount_fen ELSE -amount_fen END), 0)
              FROM ledger_entry WHERE credit = :account OR debit = :account) AS clearing) AS figures
           WHERE in_transit <> clearing""",
        says=N_("%(thing)s：在路上的付款合计 %(expected)s，科目余额 %(found)s，%(off)s。"),
        about="account",
        are="fen",
        account=accounts.CLEARING,
    )


@check(
    "lines.exported",
    "a line is in the book as sent, and its tax as withheld, exactly when it was exported",
    asks=N_("导出过的付款都从账本付出，没导出的都没有"),
    then=_ASK_THE_BANK,
)
def _exports(session: Session) -> Iterator[Difference]:
    sent = "l.state NOT IN ('planned', 'held', 'voided')"
    yield from rows(
        session,
        f"""SELECT l.id, CASE WHEN {sent} THEN l.amount_fen ELSE 0 END,
              coalesce(e.amount_fen, 0) + coalesce(t.amount_fen, 0)
            FROM payout_line l LEFT JOIN ledger_entry e ON e.source_key = 'export:' || l.id
              LEFT JOIN ledger_entry t ON t.source_key = 'tax:' || l.id
            WHERE coalesce(e.amount_fen, 0) + coalesce(t.amount_fen, 0) <>
              CASE WHEN {sent} THEN l.amount_fen ELSE 0 END""",
        says=N_("%(thing)s：应从账本付出 %(expected)s（含个税），实际 %(found)s，%(off)s。"),
        about="line",
        are="fen",
    )


@check(
    "lines.taxed",
    "a line has a tax record of its whole amount exactly when it was exported, taken back if it came back",
    asks=N_("导出过的每笔付款都有个税记录，没付成的又整笔冲回"),
    then=N_("报税数会跟着错。查清前先别导出个税申报表，也别重付这一笔。"),
)
def _taxes(session: Session) -> Iterator[Difference]:
    on_its_way = "l.state IN ('in_transit', 'settled')"
    due = f"CASE WHEN {on_its_way} THEN l.amount_fen ELSE 0 END"
    records = "CASE WHEN l.state IN ('failed', 'returned') THEN 2 ELSE 0 END"
    joined = """FROM payout_line l LEFT JOIN (SELECT line_id, sum(gross_fen) AS fen, count(*) AS n
             FROM tax_record GROUP BY line_id) t ON t.line_id = l.id"""
    yield from rows(
        session,
        f"""SELECT l.id || ' ' || l.state, {due}, coalesce(t.fen, 0), l.id {joined}
            WHERE coalesce(t.fen, 0) <> {due}""",
        says=N_("%(thing)s：个税记录里的应付应是 %(expected)s，实际 %(found)s，%(off)s。"),
        about="line",
        are="fen",
    )
    yield from rows(
        session,
        f"""SELECT l.id || ' ' || l.state, {records}, coalesce(t.n, 0), l.id {joined}
            WHERE NOT {on_its_way} AND coalesce(t.fen, 0) = 0 AND coalesce(t.n, 0) <> {records}""",
        says=N_("%(thing)s：应有 %(expected)s 条个税记录，实际 %(found)s 条。"),
        about="line",
        are="count",
    )
    yield from _taxed_as_paid(session)


def _taxed_as_paid(session: Session) -> Iterator[Difference]:
    """A tax record is of its line's agent, in the month of its batch."""
    joined = """FROM tax_record t LEFT JOIN payout_line l ON l.id = t.line_id
             LEFT JOIN batch b ON b.id = l.batch_id"""
    yield from rows(
        session,
        f"SELECT t.line_id, 'a line in a batch', 'none', t.line_id, t.gross_fen {joined} WHERE b.id IS NULL",
        says=N_("%(thing)s：有个税记录，却不在任何批次里。"),
        about="line",
    )
    yield from rows(
        session,
        f"""SELECT t.line_id, l.agent_id, t.agent_id, l.id, t.gross_fen {joined}
            WHERE t.agent_id <> l.agent_id""",
        says=N_("%(thing)s：付给 %(expected)s，个税却记在 %(found)s 名下。"),
        about="line",
        are="agent",
    )
    yield from rows(
        session,
        f"""SELECT t.line_id, CAST(b.payment_date AS TEXT), CAST(t.paid_on AS TEXT), l.id {joined}
            WHERE t.paid_on <> b.payment_date""",
        says=N_("%(thing)s：批次的付款日是 %(expected)s，个税却记在 %(found)s。"),
        about="line",
        are="day",
    )


@check(
    "lines.answered",
    "a line is settled, failed or returned, net of tax, as the book says, and a bank result says why",
    asks=N_("到账、失败和退回的付款，账本记的一样，并且有银行回盘为凭"),
    then=_ASK_THE_BANK,
)
def _results(session: Session) -> Iterator[Difference]:
    for kind, states, says in (
        (
            "settled",
            ("settled", "returned"),
            N_("%(thing)s：到账应记 %(expected)s，账本里是 %(found)s，%(off)s。"),
        ),
        ("failed", ("failed",), N_("%(thing)s：付款失败应记 %(expected)s，账本里是 %(found)s，%(off)s。")),
        ("returned", ("returned",), N_("%(thing)s：退回应记 %(expected)s，账本里是 %(found)s，%(off)s。")),
    ):
        listed = ", ".join(f"'{state}'" for state in states)
        yield from rows(
            session,
            f"""SELECT l.id || ' {kind}', CASE WHEN l.state IN ({listed}) THEN {_SENT} ELSE 0 END,
                  coalesce(e.amount_fen, 0), l.id
                FROM payout_line l LEFT JOIN ledger_entry e ON e.source_key = '{kind}:' || l.id
                  LEFT JOIN tax_record t ON t.line_id = l.id AND t.reverses_id IS NULL
                WHERE coalesce(e.amount_fen, 0) <>
                  CASE WHEN l.state IN ({listed}) THEN {_SENT} ELSE 0 END""",
            says=says,
            about="line",
            are="fen",
        )
    yield from rows(
        session,
        """SELECT l.id, 'a posted result of its batch', coalesce(r.state, 'none'), l.id, l.amount_fen
           FROM payout_line l
           LEFT JOIN result_import r ON r.id = l.result_id AND r.batch_id = l.batch_id
           WHERE l.state IN ('settled', 'failed', 'returned') AND coalesce(r.state, '') <> 'posted'""",
        says=N_("%(thing)s：状态已经变了，却没有它那个批次的银行回盘为凭。"),
        about="line",
    )
