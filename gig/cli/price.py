"""`gig price`: what a card pays for a file of turns."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click

from gig.payouts.rates.price_file import price_file


@click.command()
@click.option(
    "--card", "card", required=True, type=click.Path(path_type=Path), help="The rate card, as exported."
)
@click.argument("turns", type=click.Path(path_type=Path))
def price(card: Path, turns: Path) -> None:
    """Prices TURNS.csv with a rate card, without a database; CSV on the standard output."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    sys.exit(price_file(card, turns, sys.stdout, sys.stderr))
