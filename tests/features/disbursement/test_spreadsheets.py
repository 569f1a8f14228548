"""Every file that the product hands out and that a spreadsheet opens: no word in it is computed there."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.cells import FORMULA_STARTS
from gig.core.db import transaction
from gig.payouts.disbursement.operations.downloads import make_link, open_vouchers, use_link
from gig.payouts.earnings.models import Earning
from gig.payouts.tax.operations.filings import fetch_filing, make_filing
from tests.features.disbursement.payday import LATER, NOW, answer, approved_week, as_csv, exported, lines, row
from tests.features.settlement import books
from tests.features.settlement.books import WEEK
from tests.features.settlement.conftest import Desk
from tests.features.tax import taxing

pytestmark = pytest.mark.usefixtures("programs_here")

ROOT = Path(__file__).resolve().parents[3]
HANDED_OUT = {
    "gig/payouts/adjustments/views/console.py": "what finance attached, as it was",
    "gig/payouts/books/views/pages.py": "the journal: plain text, no cells",
    "gig/payouts/disbursement/views/answers.py": "payment files and vouchers, below",
    "gig/payouts/rates/views/pages.py": "a card as JSON",
    "gig/payouts/settlement/views/agent.py": "statements, below; the PDF has no cells",
    "gig/payouts/tax/views/console.py": "filings, below",
    "gig/payouts/whatif/views/pages.py": "who would have had what: test_what_if_pages",
}
"""Where files leave the product, and what they are. Whoever adds one says where its cells are looked at."""


def test_these_are_all_the_places_that_hand_out_files() -> None:
    files = {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in (ROOT / "gig").rglob("*.py")
    }
    assert {path for path, text in files.items() if re.search(r"['\"]attachment\b", text)} == set(HANDED_OUT)


def computed(content: bytes) -> list[str]:
    """The cells of the file, of whatever kind, that a spreadsheet would compute; amounts are numbers."""
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        sheets = [part.decode() for name, part in parts.items() if name.startswith("xl/worksheets/")]
        inside = [cell for name, part in parts.items() if name.endswith(".csv") for cell in computed(part)]
        return inside + [formula for part in sheets for formula in re.findall(r"<f[ >].*?</f>", part)]
    cells = [cell for line in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in line]
    assert cells
    words = [cell for cell in cells if not re.fullmatch(r"-?\d+\.\d\d", cell)]
    return [cell for cell in words if cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))]


def test_a_cell_that_is_computed_is_found() -> None:
    assert computed("林可,-1.20,=1+1\n+49, -x,ok".encode()) == ["=1+1", "+49", " -x"]


@pytest.mark.parametrize("start", FORMULA_STARTS, ids=ascii)
@pytest.mark.usefixtures("after_closing_time")
def test_what_somebody_wrote_is_text_in_a_statement(session: Session, desk: Desk, start: str) -> None:
    lin = books.agent()
    earning = books.earn(lin, 1200, base=400)
    with transaction() as writing:
        writing.execute(sa.update(Earning).where(Earning.id == earning).values(why=f"{start}HYPERLINK(0)"))
    books.close()
    content = desk(person_id=lin).get(f"/agent/statements/{WEEK}.csv").data
    assert b"HYPERLINK(0)" in content and computed(content) == []


@pytest.mark.parametrize("start", FORMULA_STARTS, ids=ascii)
def test_whoever_is_called_like_a_formula_is_in_no_payment_file(session: Session, start: str) -> None:
    """A bank's file must say a name as it is: the row is left out and finance is told."""
    approved_week(1200, 900, names=("林可", f"{start}HYPERLINK(0)"))
    batch_id = exported()
    for kind in ("xlsx", "csv"):
        secret = make_link(batch_id=batch_id, what=kind, actor_id="maker", now=NOW)
        sheet, _batch = use_link(secret=secret, actor_id="maker", now=NOW)
        assert sheet is not None and computed(sheet.content) == []
        assert b"HYPERLINK" not in sheet.content


def test_what_the_bank_wrote_is_text_in_the_list_of_vouchers(session: Session) -> None:
    approved_week(1200)
    batch_id = exported()
    answer(batch_id, as_csv(row(lines(session)[0], "失败", "=HYPERLINK(0)")))
    session.rollback()
    _name, file = open_vouchers(batch_id, now=LATER)
    with file:
        assert computed(file.read()) == []


@pytest.mark.usefixtures("session")
def test_names_in_a_filing_are_text() -> None:
    taxing.choose()
    people = [books.agent(name="林可") for _ in FORMULA_STARTS]
    for id, start in zip(people, FORMULA_STARTS, strict=True):
        taxing.show_document(id, f"{start}HYPERLINK(0)", taxing.RESIDENT)
    taxing.pay(dict.fromkeys(people, 300_000), "2026-11-24")
    december = taxing.at(taxing.day("2026-12-05"))
    first = taxing.day("2026-11-01")
    filing_id = make_filing(
        kind="withholding", first_day=first, reason="申报", actor_id="maker", now=december
    )
    content = fetch_filing(filing_id=filing_id, reason="申报", actor_id="maker", now=december).content
    assert computed(content) == []
