"""`gig ledger export`: the whole book."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import click

from gig.cli.inside import inside
from gig.core.db import snapshot
from gig.payouts.ledger.export import FORMATS


@click.group()
def ledger() -> None:
    """The book."""


@ledger.command()
@click.option("--format", "format_", type=click.Choice(FORMATS), required=True, help="For which program.")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="A file instead of the output.")
def export(format_: str, to: Path | None) -> None:
    """Writes the whole book as a plain-text journal."""
    from gig.payouts.ledger.export import export as lines
    from gig.payouts.settlement.values import zone

    def write() -> None:
        journal = lines(snapshot(), format_, day_of=zone().day_of)
        if to is None:
            sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
            sys.stdout.writelines(journal)
            return
        partial = to.with_name(to.name + ".part")
        try:
            with partial.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(journal)
            partial.replace(to)
        except OSError as error:
            with suppress(OSError):
                partial.unlink()
            click.echo(f"gig: {to} was not written: {error.strerror}", err=True)
            sys.exit(1)

    inside(write)
