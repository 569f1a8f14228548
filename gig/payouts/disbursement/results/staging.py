"""The rows of a result file beside the lines of its batch: who matches whom, and what follows.

They are staged in tables that last as long as the transaction, so that a file of any length is judged and
posted by a few statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.crypto import keyring
from gig.core.db import is_sqlite
from gig.payouts.disbursement.amounts import sent_fen
from gig.payouts.disbursement.models import Batch, Payee, PayoutLine
from gig.payouts.disbursement.results.reading import PLAIN, ROWS
from gig.payouts.disbursement.rules.results import Found, plain
from gig.payouts.tax.queries import records

AT_ONCE, AT_ONCE_BYTES = 5000, 1 << 18
ROWS_AT_ONCE = 1000
"""Half the time of one by one in SQLite, and far below the 32,766 values it takes in a statement."""
Row = tuple[Any, ...]
SHOWN_PROBLEMS = 200
SHOWN_UNPAID = 50

_tables = sa.MetaData()
STAGE = sa.Table(
    "result_stage",
    _tables,
    sa.Column("place", sa.Integer),
    sa.Column("number", sa.Text),
    sa.Column("fen", sa.BigInteger),
    sa.Column("outcome", sa.Text),
    sa.Column("reason", sa.Text, server_default=""),
    sa.Column("words", sa.LargeBinary),
    sa.Column("account_index", sa.Text, server_default=""),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
JUDGED = sa.Table(
    "result_judged",
    _tables,
    sa.Column("place", sa.Integer),
    sa.Column("number", sa.Text),
    sa.Column("fen", sa.BigInteger),
    sa.Column("expected", sa.BigInteger),
    sa.Column("line_id", sa.Text),
    sa.Column("agent_id", sa.Text),
    sa.Column("batch_id", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("words", sa.LargeBinary),
    sa.Column("verdict", sa.Text),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)

POSTED = ("paid", "failed", "returned")
QUIET = ("pending", "already")
PROBLEMS = ("unmatched", "other_batch", "duplicate", "differs", "account", "conflict")
"""Verdicts that move money, those that need nothing, and those that a person has to see."""


@dataclass(frozen=True)
class Judgement:
    """How many rows there are of each verdict with their sum, the first rows that do not
    match, and the first whose money comes back."""

    counts: dict[str, int] = field(default_factory=dict)
    sums: dict[str, int] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)
    other_batches: list[str] = field(default_factory=list)
    unpaid: list[dict[str, Any]] = field(default_factory=list)
    """The first of those whose money comes back: whose, how much, and why."""

    @property
    def matched(self) -> int:
        return sum(self.counts.get(verdict, 0) for verdict in (*POSTED, *QUIET))

    @property
    def unsound(self) -> int:
        return sum(self.counts.get(verdict, 0) for verdict in PROBLEMS)


def judge(session: Session, batch: Batch, folder: Path) -> Judgement:
    """Every row of the file has its verdict in `JUDGED`; what they come to."""
    connection = session.connection()
    for table in (STAGE, JUDGED):
        connection.execute(sa.text(f"DROP TABLE IF EXISTS {table.name}"))
        connection.execute(sa.schema.CreateTable(table))
    _fill_plain(session, folder / PLAIN)
    with (folder / ROWS).open(encoding="utf-8", newline="\n") as lines:
        for some in _staged(session, batch, lines):
            _fill(session, some)
    if not is_sqlite(session):
        connection.execute(sa.text("ANALYZE result_stage"))
    session.execute(sa.insert(JUDGED).from_select([each.name for each in JUDGED.c], _verdicts(batch)))
    if not is_sqlite(session):
        connection.execute(sa.text("ANALYZE result_judged"))
    judged = JUDGED.c
    by_verdict = session.execute(
        sa.select(judged.verdict, sa.func.count(), sa.func.sum(judged.fen)).group_by(judged.verdict)
    ).all()
    there = {verdict for verdict, _count, _fen in by_verdict}
    return Judgement(
        {verdict: count for verdict, count, _fen in by_verdict},
        {verdict: int(fen) for verdict, _count, fen in by_verdict},
        _problems(session) if there.intersection(PROBLEMS) else [],
        _other_batches(session) if "other_batch" in there else [],
        _unpaid(session) if there.intersection(("failed", "returned")) else [],
    )


def _problems(session: Session) -> list[dict[str, Any]]:
    judged = JUDGED.c
    shown = (
        sa.select(judged.place, judged.number, judged.verdict, judged.fen, judged.expected)
        .where(judged.verdict.in_(PROBLEMS))
        .order_by(judged.place)
        .limit(SHOWN_PROBLEMS)
    )
    return [
        {"row": place, "number": number, "verdict": verdict, "fen": fen, "expected": expected}
        for place, number, verdict, fen, expected in session.execute(shown)
    ]


def _other_batches(session: Session) -> list[str]:
    theirs = sa.select(JUDGED.c.batch_id).where(JUDGED.c.verdict == "other_batch")
    others = sa.select(Batch.number).where(Batch.id.in_(theirs)).order_by(Batch.number)
    return list(session.scalars(others.limit(3)))


def _unpaid(session: Session) -> list[dict[str, Any]]:
    judged = JUDGED.c
    back = (
        sa.select(judged.number, judged.agent_id, judged.verdict, judged.fen, judged.reason)
        .where(judged.verdict.in_(("failed", "returned")))
        .order_by(judged.place)
        .limit(SHOWN_UNPAID)
    )
    return [
        {"number": number, "agent": agent_id, "verdict": verdict, "fen": fen, "reason": reason}
        for number, agent_id, verdict, fen, reason in session.execute(back)
    ]


def _verdicts(batch: Batch) -> sa.Select[*tuple[Any, ...]]:
    """What a row needs not is not looked up: the payee only where the bank names an account, the tax once."""
    row, line, taxed = STAGE.c, PayoutLine.__table__.c, records()
    twice = sa.select(row.number).group_by(row.number).having(sa.func.count() > 1)
    account = sa.select(Payee.account_index).where(Payee.id == line.payee_id).scalar_subquery()
    paid, failed = row.outcome == "paid", row.outcome == "failed"
    expected = sent_fen(line, withheld=taxed.c.withheld_fen)
    verdict = sa.case(
        (line.id.is_(None), "unmatched"),
        (line.batch_id != batch.id, "other_batch"),
        (row.number.in_(twice), "duplicate"),
        (row.fen != expected, "differs"),
        (sa.and_(row.account_index != "", row.account_index != account), "account"),
        (row.outcome == "pending", "pending"),
        (sa.and_(paid, line.state == "in_transit"), "paid"),
        (sa.and_(paid, line.state == "settled"), "already"),
        (sa.and_(failed, line.state == "in_transit"), "failed"),
        (sa.and_(failed, line.state == "settled"), "returned"),
        (sa.and_(failed, line.state.in_(("failed", "returned"))), "already"),
        else_="conflict",
    )
    return (
        sa.select(
            row.place,
            row.number,
            row.fen,
            expected,
            line.id,
            line.agent_id,
            line.batch_id,
            row.reason,
            row.words,
            verdict,
        )
        .select_from(
            sa.outerjoin(STAGE, PayoutLine, sa.and_(line.number == row.number, line.number.is_not(None)))
        )
        .outerjoin(taxed, sa.and_(taxed.c.line_id == line.id, taxed.c.reverses_id.is_(None)))
    )


def _fill_plain(session: Session, path: Path) -> None:
    """The rows that say only number, amount and outcome are staged as the file has them: it is in the very
    form in which PostgreSQL takes rows, and for SQLite no more than parted at its tabs."""
    cursor: Any = session.connection().connection.cursor()
    if is_sqlite(session):
        with path.open(encoding="utf-8", newline="\n") as lines:
            while some := list(islice(lines, ROWS_AT_ONCE)):
                values = "".join(some)[:-1].replace("\n", "\t").split("\t")
                marks = ", ".join(["(?, ?, ?, ?)"] * len(some))
                cursor.execute(
                    f"INSERT INTO result_stage (place, number, fen, outcome) VALUES {marks}", values
                )
        return
    with (
        path.open("rb") as file,
        cursor.copy("COPY result_stage (place, number, fen, outcome) FROM STDIN") as copy,
    ):
        while piece := file.read(AT_ONCE_BYTES):
            copy.write(piece)


def _fill(session: Session, rows: list[tuple[Any, ...]]) -> None:
    """The rows are staged by the driver itself, the quickest way each database has.

    They are complete before it begins: while PostgreSQL is being sent rows it answers no question.
    """
    cursor: Any = session.connection().connection.cursor()
    names = ", ".join(each.name for each in STAGE.c)
    if is_sqlite(session):
        marks = ", ".join("?" for _each in STAGE.c)
        cursor.executemany(f"INSERT INTO result_stage ({names}) VALUES ({marks})", rows)
        return
    with cursor.copy(f"COPY result_stage ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _staged(session: Session, batch: Batch, lines: Iterable[str]) -> Iterator[list[tuple[Any, ...]]]:
    """(place, number, fen, outcome, reason, sealed words, account index) of each row, many at a time."""
    rows = iter(lines)
    while some := [line[:-1].split("\t") for line in islice(rows, AT_ONCE)]:
        nameless = [_found(row) for row in some if not row[1]]
        named = _by_account(session, batch, nameless) if nameless else {}
        yield [_row(named, *row) for row in some]


def _row(named: dict[int, str], place: str, number: str, fen: str, outcome: str, *rest: str) -> Row:
    reason, words, account, _name = rest
    sealed = keyring().seal(words.encode(), "payout_line.failure_words") if words else None
    found = number or named.get(int(place), "")
    return place, found, fen, outcome, reason, sealed, _index(account) if account else ""


def _found(row: list[str]) -> Found:
    place, number, fen, *rest = row
    return Found(int(place), number, int(fen), *rest)


def _index(account: str) -> str:
    """The blind index that the payee of this account has."""
    kind = "bank" if len(account) > 11 and account.isdigit() else "alipay"
    return keyring().index(f"{kind}:{account}", "payee.account")


def _by_account(session: Session, batch: Batch, rows: list[Found]) -> dict[int, str]:
    """The number of the one line of the batch with the row's account, name and amount, by the row's place."""
    indexes = {row.place: _index(row.account) for row in rows if row.account and row.name}
    query = (
        sa.select(Payee.account_index, Payee.holder, sent_fen(), PayoutLine.number)
        .join(PayoutLine, PayoutLine.payee_id == Payee.id)
        .where(PayoutLine.batch_id == batch.id, Payee.account_index.in_(set(indexes.values())))
    )
    numbers: dict[tuple[str, str, int], list[str]] = {}
    for index, holder, fen, number in session.execute(query):
        numbers.setdefault((index, plain(holder), fen), []).append(number or "")
    named = {}
    for row in rows:
        candidates = numbers.get((indexes.get(row.place, ""), row.name, row.fen), [])
        if len(candidates) == 1:
            named[row.place] = candidates[0]
    return named
