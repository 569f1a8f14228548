"""Months in which we kept money back are no gap."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy.orm import Session

from gig.core.errors import Refused
from gig.payouts.disbursement.operations.retries import retry_lines
from tests.features.settlement import books
from tests.features.tax import taxing
from tests.features.tax.taxing import at, day, withheld

pytestmark = pytest.mark.usefixtures("session")


def test_a_month_that_our_own_minimum_kept_back_is_no_gap(session: Session) -> None:
    taxing.choose(month="2026-08-01", now=at(day("2026-08-01")))
    lin, he = taxing.agent(), taxing.agent("何淼")
    taxing.pay({lin: 4_500_000, he: 4_500_000}, "2026-08-25")
    taxing.pay({lin: 4_500_000, he: 4_500_000}, "2026-09-15")
    books.post(lin, "adjustment", 500, at=at(day("2026-10-07")))
    books.close(at(day("2026-10-13")))
    taxing.pay({lin: 4_499_500, he: 4_500_000}, "2026-11-24")
    assert withheld(lin) == [93_000, 275_000, 310_000]
    assert withheld(he) == [93_000, 275_000, 93_000]
    assert books.faults() == []


def test_a_month_in_which_a_line_was_held_is_no_gap(session: Session) -> None:
    taxing.choose(month="2026-09-01", now=at(day("2026-09-01")))
    lin = taxing.agent()
    taxing.pay({lin: 4_500_000}, "2026-09-15")
    books.name_payee(lin, at=at(day("2026-09-21")), first=False)
    held = taxing.owe({lin: 4_500_000}, day("2026-09-22"))
    with pytest.raises(Refused):
        taxing.export(held, day("2026-09-22"))
    retry_lines(period_id=held, actor_id="maker", now=at(day("2026-11-24"), 8))
    taxing.export(held, day("2026-11-24"))
    last = taxing.records(session, lin)[-1]
    assert (last.segment_start, last.months, last.withheld_fen) == (day("2026-09-01"), 2, 275_000)


def test_january_starts_anew_whatever_was_kept_back(session: Session) -> None:
    taxing.choose(month="2026-12-01", now=at(day("2026-12-01")))
    lin = taxing.agent()
    taxing.pay({lin: 2_000_000}, "2026-12-15")
    taxing.pay({lin: 2_000_000}, "2027-01-12")
    last = taxing.records(session, lin)[-1]
    assert (last.segment_start, last.cumulative_fen, last.withheld_fen) == (
        dt.date(2027, 1, 1),
        2_000_000,
        33_000,
    )
    assert books.faults() == []
