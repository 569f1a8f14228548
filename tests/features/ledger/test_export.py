"""The exported book: two independent programs accept it and reach our balances."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import db
from gig.payouts.adjustments.operations.deciding import propose, propose_reversal
from gig.payouts.disbursement.operations.batches import approve_batch, create_batch
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.ledger.export import export
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.ledger.queries import balances
from gig.payouts.settlement.values import zone
from tests.features.settlement import books
from tests.features.settlement.books import CLOSING_TIME, HOUR, WEDNESDAY, WEEK, WEEKS

BEAN_CHECK = Path(sys.executable).with_name("bean-check")


def busy_book() -> None:
    """Replies, late ones, adjustments of every kind, reversals, a paid week and an unpaid one."""
    lin, he = books.agent(), books.agent()
    for place in range(12):
        late_reply = books.earn(lin, 240, base=120, penalty=48 if place % 3 == 0 else 0)
    books.earn(he, 4000, base=400)
    books.post(lin, "adjustment", -150)
    books.post(he, "adjustment", 77)
    books.post(he, "award", 1001)
    books.close()
    books.approve()
    now = CLOSING_TIME + HOUR
    batch_id = create_batch(period_id=WEEK, actor_id="maker", now=now)
    approve_batch(batch_id=batch_id, actor_id="checker", now=now)
    export_batch(batch_id=batch_id, actor_id="maker", now=now)
    books.earn(lin, 55, base=55, at=WEDNESDAY + WEEKS)
    books.post(lin, "triage", 20, at=WEDNESDAY + WEEKS)
    adjusted(lin, late_reply)


def adjusted(agent_id: str, reply: str) -> None:
    """Every kind of adjustment, with words that mean something to both programs, and reversals."""
    now = WEDNESDAY + WEEKS
    common = {"agent_id": agent_id, "actor_id": "maker", "now": now}
    for kind in ("bonus", "award", "goodwill"):
        propose(kind=kind, amount_fen=321, reason='客户说“好”; | "really" \\ fine', **common)
    propose(kind="clawback", amount_fen=99, reason="质检：敷衍", earning_id=reply, **common)
    entries = sa.select(LedgerEntry).where(
        LedgerEntry.kind.in_(("penalty", "award")), LedgerEntry.agent_id == agent_id
    )
    for entry in db.session.scalars(entries.limit(2)).all():
        propose_reversal(entry_id=entry.id, amount_fen=7, reason="记错了", actor_id="maker", now=now)


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
