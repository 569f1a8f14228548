"""What payouts plugs into the application."""

from __future__ import annotations

from flask import Flask

from gig.payouts import audit, audit_periods  # noqa: F401  (declare their checks)
from gig.payouts.adjustments import wiring as adjustments
from gig.payouts.books import wiring as books
from gig.payouts.disbursement import wiring as disbursement
from gig.payouts.earnings import wiring as earnings
from gig.payouts.holidays import wiring as holidays
from gig.payouts.rates import wiring as rates
from gig.payouts.settlement import wiring as settlement
from gig.payouts.tax import wiring as tax
from gig.payouts.whatif import wiring as whatif


def plug_into(app: Flask) -> None:
    """Each noun plugs in its own views, jobs and numbers."""
    rates.plug_into(app)
    whatif.plug_into(app)
    holidays.plug_into(app)
    settlement.plug_into(app)
    books.plug_into(app)
    adjustments.plug_into(app)
    disbursement.plug_into(app)
    earnings.plug_into(app)
    tax.plug_into(app)
