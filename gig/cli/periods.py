"""`gig periods`: what the scheduler does, by hand."""

from __future__ import annotations

import datetime as dt

import click

from gig.cli.inside import inside
from gig.core import clock
from gig.core.db import db


@click.group()
def periods() -> None:
    """Settlement periods."""


@periods.command("list")
def list_() -> None:
    """Every period, the oldest first."""
    from gig.core.money import yuan
    from gig.payouts.settlement.lists import periods as all_periods

    def show() -> None:
        for row in all_periods(db.session(), oldest_first=True):
            last = row.end_day - dt.timedelta(days=1)
            figures = f"{row.agents} agents, gross {yuan(row.gross_fen)}, payable {yuan(row.payable_fen)}"
            click.echo(f"{row.id:<24} {row.first_day} – {last}  {row.state:<9} {figures}")

    inside(show)


@periods.command()
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Only periods that end by this day.")
def close(until: dt.datetime | None) -> None:
    """Closes every period whose grace is over, the oldest first; running it again changes nothing."""
    from gig.payouts.settlement.operations.closing import DoesNotTie, close_due

    def work() -> list[str]:
        try:
            return close_due(now=clock.now(), until=until.date() if until else None)
        except DoesNotTie as error:
            raise click.ClickException(f"does not tie: {error}") from error

    closed = inside(work)
    for period_id in closed:
        click.echo(f"closed {period_id}")
    if not closed:
        click.echo("nothing to close")
