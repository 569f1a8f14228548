"""What settlement plugs into the application."""

from __future__ import annotations

from flask import Flask

from gig import scheduler
from gig.payouts.settlement import values  # noqa: F401  (declares its numbers)
from gig.payouts.settlement.jobs import JOBS


def plug_into(app: Flask) -> None:
    """Periods close by themselves."""
    scheduler.register(app, *JOBS)
