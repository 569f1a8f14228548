"""VAT is in the whole month once it is beyond the relief."""

from __future__ import annotations

import pytest

from gig.payouts.tax.rules.vat import is_due, vat_fen
from tests.rules.test_withholding import fen, withheld


@pytest.mark.parametrize(
    ("month_paid", "tax"),
    [("100000", "0"), ("100001", "990.11"), ("103000", "1019.80"), ("150000", "1485.15")],
)
def test_vat_is_in_the_whole_month_once_it_is_beyond_the_relief(month_paid: str, tax: str) -> None:
    assert vat_fen(fen(month_paid)) == fen(tax)
    assert is_due(fen(month_paid)) is (tax != "0")


def test_income_tax_is_on_the_month_without_its_vat() -> None:
    without = fen("150000") - vat_fen(fen("150000"))
    assert without == fen("148514.85")
    assert withheld("platform_2025", [(1, "148514.85")]) == [fen("8861.19")]
