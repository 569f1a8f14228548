"""The command `gig`."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from types import ModuleType

import click

from gig.settings import BadSettings

_COMMANDS = {
    "serve": "gig.cli.serve:serve",
    "scheduler": "gig.cli.scheduler:scheduler",
    "db": "gig.cli.database:database",
    "doctor": "gig.cli.doctor:doctor",
    "user": "gig.cli.people:user",
    "token": "gig.cli.people:token",
    "channel": "gig.cli.people:channel",
    "keys": "gig.cli.keys:keys",
    "import": "gig.cli.imports:imports",
    "price": "gig.cli.price:price",
    "periods": "gig.cli.periods:periods",
    "ledger": "gig.cli.ledger:ledger",
    "audit": "gig.cli.audit:audit",
    "demo": "gig.cli.demo:demo",
    "simulate": "gig.cli.simulate:simulate",
    "dev": "gig.cli.dev:dev",
}


def _loaded(module: str) -> ModuleType:
    """The module. What it brings stays to the end of the process, so no time is spent on looking through it
    for garbage: a sixth of a command's start, and a tenth of a second now and then in a server's life."""
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()


class _Lazy(click.Group):
    """Loads a command's module only when that command is run, so that each starts quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(_loaded(module), name)
        return command


@click.group(cls=_Lazy)
def gig() -> None:
    """应声: claim, answer, get paid."""


def main() -> None:
    try:
        gig(prog_name="gig")
    except BadSettings as error:
        for fault in error.faults:
            click.echo(f"gig: {fault}", err=True)
        sys.exit(2)
