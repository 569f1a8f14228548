"""The exported book: two independent programs accept it and reach our balances."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import db
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.replies import reply
from gig.payouts.adjustments.operations.deciding import Evidence, propose, propose_reversal
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.ledger.export import export
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.ledger.queries import balances
from gig.payouts.settlement.values import zone
from gig.payouts.tax.queries import withheld_of
from gig.quality.operations.deciding import Ruling, decide
from gig.quality.operations.filing import file_appeal
from gig.scoring.models import ScoreEvent
from tests import builders
from tests.features.disbursement import payday
from tests.features.settlement import books
from tests.features.settlement.books import HOUR, WEDNESDAY, WEEKS
from tests.features.tax import taxing

ANSWER = "退款已原路退回，一般 1 到 3 个工作日到账。"
KINDS = (
    "earning",
    "penalty",
    "triage",
    "adjustment",
    "award",
    "reversal",
    "export",
    "tax",
    "settled",
    "failed",
    "returned",
)
BEAN_CHECK = Path(sys.executable).with_name("bean-check")


def busy_book() -> None:
    """Replies, late ones, adjustments of every kind, reversals, a fee for handing on, and a taxed week of
    which the bank paid one line, refused one and sent one back; then an unpaid week with an appeal."""
    taxing.choose("labour_2018", gap=None, month="2026-11-01")
    lin, he = taxing.agent(), taxing.agent()
    for place in range(12):
        late_reply = books.earn(lin, 240, base=120, penalty=48 if place % 3 == 0 else 0)
    books.earn(he, 4000, base=400)
    books.post(lin, "adjustment", -150)
    books.post(he, "adjustment", 77)
    books.post(he, "award", 1001)
    for fen in (100_000, 250_083, 500_001):
        books.post(taxing.agent(), "adjustment", fen)
    books.close()
    books.approve()
    answered(payday.exported())
    books.earn(lin, 55, base=55, at=WEDNESDAY + WEEKS)
    books.post(lin, "triage", 20, at=WEDNESDAY + WEEKS)
    adjusted(lin, late_reply)
    appealed(WEDNESDAY + WEEKS)
    session = db.session()
    session.rollback()
    assert set(session.scalars(sa.select(LedgerEntry.kind))) == set(KINDS)
    for said in ("appeal-", "failed:", "returned:"):
        assert session.scalar(
            sa.select(LedgerEntry.id).where(LedgerEntry.source_key.like(f"reversal:{said}%"))
        )


def answered(batch_id: str) -> None:
    """The bank says of the three taxed lines: paid; refused; paid and then sent back."""
    query = sa.select(PayoutLine, PayoutLine.amount_fen - withheld_of(PayoutLine.id))
    large = query.where(PayoutLine.amount_fen >= 100_000).order_by(PayoutLine.amount_fen)
    paid, refused, returned = (
        (line, f"{net // 100}.{net % 100:02d}") for line, net in db.session.execute(large)
    )
    for said in (
        [(paid, "成功"), (refused, "失败"), (returned, "成功")],
        [(returned, "退票")],
    ):
        rows = [payday.row(line, words, "户名不符", amount) for (line, amount), words in said]
        payday.answer(batch_id, payday.as_csv(*rows))


def appealed(now: dt.datetime) -> None:
    """A late reply whose penalty a reviewer gave back in part."""
    inquiry, agent = builders.inquiry(at=now), builders.agent(seen_at=now)
    claim(inquiry_id=inquiry, agent_id=agent, now=now + builders.seconds(10))
    reply(inquiry_id=inquiry, agent_id=agent, text=ANSWER, now=now + builders.seconds(100))
    event = db.session.scalars(sa.select(ScoreEvent.id).where(ScoreEvent.kind == "late")).one()
    appeal = file_appeal(event_id=event, agent_id=agent, text="断线了", now=now + HOUR)
    ruling = Ruling("partly", "platform", "看过了。", 7, False)
    decide(appeal_id=appeal, ruling=ruling, actor_id=builders.person(roles="reviewer"), now=now + HOUR)


def adjusted(agent_id: str, reply: str) -> None:
    """Every kind of adjustment, with words that mean something to both programs, and reversals."""
    now = WEDNESDAY + WEEKS
    common = {"agent_id": agent_id, "actor_id": "maker", "now": now}
    for kind in ("bonus", "award", "goodwill"):
        propose(kind=kind, amount_fen=321, reason='客户说“好”; | "really" \\ fine', **common)
    seen = Evidence("截图")
    propose(kind="clawback", amount_fen=99, reason="质检：敷衍", evidence=seen, earning_id=reply, **common)
    entries = sa.select(LedgerEntry).where(
        LedgerEntry.kind.in_(("penalty", "award")), LedgerEntry.agent_id == agent_id
    )
    for entry in db.session.scalars(entries.limit(2)).all():
        propose_reversal(
            entry_id=entry.id,
            amount_fen=7,
            reason="记错了",
            evidence=Evidence("核对表"),
            actor_id="maker",
            now=now,
        )


def written(session: Session, format: str, folder: Path) -> Path:
    session.rollback()
    path = folder / f"book.{format}"
    path.write_text("".join(export(session, format, day_of=zone().day_of)), "utf-8")
    return path


def ours(session: Session) -> dict[str, int]:
    return {balance.account: balance.fen for balance in balances(session)}


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def fen(text: str) -> int:
    return int(text.removesuffix(" CNY").replace(".", ""))


def test_hledger_accepts_it_strictly_and_agrees_on_every_balance(session: Session, tmp_path: Path) -> None:
    hledger = shutil.which("hledger")
    assert hledger, "hledger is not installed: run make test"
    busy_book()
    path = written(session, "hledger", tmp_path)
    checked = run(hledger, "-f", path, "check", "--strict")
    assert checked.returncode == 0, checked.stderr
    said = run(hledger, "-f", path, "balance", "--flat", "--no-total", "--empty", "-O", "csv").stdout
    rows = list(csv.reader(io.StringIO(said)))[1:]
    found = {account: fen(balance) if "." in balance else 0 for account, balance in rows}
    assert found == ours(session)


def test_bean_check_accepts_it_and_beancount_agrees_on_every_balance(
    session: Session, tmp_path: Path
) -> None:
    from beancount import loader
    from beancount.core import realization

    busy_book()
    path = written(session, "beancount", tmp_path)
    checked = run(BEAN_CHECK, path)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    entries, faults, _options = loader.load_file(str(path))
    assert faults == []
    found = {}
    for account in realization.iter_children(realization.realize(entries)):
        if account.txn_postings:
            found[account.account] = sum(int(position.units.number * 100) for position in account.balance)
    assert found == ours(session)


@pytest.mark.parametrize("format", ["hledger", "beancount"])
def test_a_missing_fen_is_found_by_both(session: Session, tmp_path: Path, format: str) -> None:
    books.earn(books.agent(), 1200, base=400)
    path = written(session, format, tmp_path)
    path.write_text(path.read_text("utf-8").replace("-12.00 CNY", "-11.99 CNY", 1), "utf-8")
    command = ["hledger", "-f", path, "check", "--strict"] if format == "hledger" else [BEAN_CHECK, path]
    assert run(*command).returncode != 0


@pytest.mark.parametrize("format", ["hledger", "beancount"])
def test_an_empty_book_is_accepted(session: Session, tmp_path: Path, format: str) -> None:
    path = written(session, format, tmp_path)
    command = ["hledger", "-f", path, "check", "--strict"] if format == "hledger" else [BEAN_CHECK, path]
    assert run(*command).returncode == 0


def test_the_journal_names_no_person(session: Session, tmp_path: Path) -> None:
    lin = books.agent(name="欧阳小明")
    books.earn(lin, 1200, base=400)
    for format in ("hledger", "beancount"):
        text = written(session, format, tmp_path).read_text("utf-8")
        assert "欧阳" not in text
        assert lin.upper() in text
