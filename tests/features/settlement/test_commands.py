"""`gig periods`, `gig audit` and `gig ledger export`, as a person types them."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.payouts.settlement.models import Period
from tests.features.settlement import books
from tests.features.settlement.books import WEEK
from tests.fixtures.servers import gig

AFTER = {"GIG_CLOCK": "2026-11-24T10:00+08:00,1"}


@pytest.fixture
def run(session: Session, database_url: str, tmp_path: Path):  # type: ignore[no-untyped-def]
    def typed(*arguments: str):  # type: ignore[no-untyped-def]
        session.rollback()
        return gig(*arguments, cwd=tmp_path, GIG_DATABASE_URL=database_url, **AFTER)

    return typed


def test_periods_are_closed_by_hand_and_listed(session: Session, run) -> None:  # type: ignore[no-untyped-def]
    books.earn(books.agent(), 1200, base=400)
    early = run("periods", "close", "--until", "2026-11-21")
    assert (early.returncode, early.stdout) == (0, "nothing to close\n")
    closed = run("periods", "close", "--until", "2026-11-22")
    assert (closed.returncode, closed.stdout) == (0, f"closed {WEEK}\n")
    assert run("periods", "close").stdout == "nothing to close\n"
    listed = run("periods", "list").stdout.splitlines()
    assert "closed    1 agents, gross 12.00, payable 12.00" in listed[0]
    assert len(listed) == 2


def test_the_audit_says_what_holds_and_what_does_not(session: Session, run) -> None:  # type: ignore[no-untyped-def]
    clean = run("audit")
    assert clean.returncode == 0
    assert clean.stdout.splitlines()[-1].endswith("checks, all hold")
    books.earn(books.agent(), 1200, base=400)
    with transaction() as writing:
        writing.execute(sa.update(Period).values(ends_at=books.MONDAY_AFTER - books.HOUR))
    broken = run("audit")
    assert broken.returncode == 1
    assert "NOT " in broken.stdout


def test_the_book_goes_to_a_file_whole_or_not_at_all(session: Session, run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    books.earn(books.agent(), 1200, base=400)
    assert run("ledger", "export", "--format", "hledger", "--to", "book.journal").returncode == 0
    written = (tmp_path / "book.journal").read_text("utf-8")
    assert written == run("ledger", "export", "--format", "hledger").stdout
    full = run("ledger", "export", "--format", "beancount", "--to", "/dev/full/book")
    assert full.returncode == 1
    assert "was not written" in full.stderr
    assert "Traceback" not in full.stderr
