"""`gig import`: what files bring in."""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import click
from marshmallow import ValidationError

from gig.channels.schemas import InquiryIn
from gig.cli.inside import inside
from gig.core import clock
from gig.core.db import db
from gig.core.errors import GigError, Invalid
from gig.dispatch.operations.importing import receive_inquiries
from gig.dispatch.operations.inquiries import NewInquiry
from gig.dispatch.rules.import_map import BadMap, ImportMap, NoValue
from gig.identity import queries

AT_ONCE = 200
LONGEST_LINE = 256 * 1024


@click.group("import")
def imports() -> None:
    """Brings in what other systems exported."""


@imports.command("inquiries")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--channel", "channel_name", required=True, help="Whose inquiries they are.")
@click.option("--map", "map_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_inquiries(file: Path, channel_name: str, map_file: Path | None) -> None:
    """Puts the inquiries of FILE (.jsonl or .jsonl.gz, one a line) into the feed; safe to run again."""
    names = _read_map(map_file) if map_file else None
    began = time.monotonic()

    def bring_in() -> _Import:
        found = [each.id for each in queries.channels(db.session()) if each.name == channel_name]
        if not found:
            raise click.ClickException(f"no channel {channel_name!r}; `gig channel create` makes one")
        importing = _Import(found[0], names)
        importing.run(file)
        return importing

    importing = inside(bring_in)
    counts, took = importing.counts, time.monotonic() - began
    click.echo(
        f"{counts['new']} new, {counts['known']} known already, {counts['bad']} bad lines, in {took:.1f} s"
    )
    if importing.broken:
        click.echo(f"the file ends in the middle: {importing.broken}", err=True)
        sys.exit(1)


def _read_map(path: Path) -> ImportMap:
    try:
        return ImportMap.read(json.loads(path.read_text(encoding="utf-8")))
    except (BadMap, ValueError) as error:
        raise click.ClickException(f"{path.name}: {error}") from error


@dataclass
class _Import:
    """One file on its way in. Good lines wait until there are enough of them to put in together."""

    channel_id: str
    names: ImportMap | None
    counts: Counter[str] = field(default_factory=Counter)
    broken: str = ""
    _schema: InquiryIn = field(default_factory=InquiryIn)
    _waiting: list[tuple[int, NewInquiry]] = field(default_factory=list)
    _faults: list[tuple[int, str]] = field(default_factory=list)

    def run(self, file: Path) -> None:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
            for number, line in self._lines(lines):
                try:
                    self._waiting.append((number, self._inquiry(line)))
                except (ValidationError, NoValue, ValueError) as error:
                    self._bad(number, _reason(error))
                if len(self._waiting) == AT_ONCE:
                    self._put()
        self._put()

    def _lines(self, lines: IO[bytes] | gzip.GzipFile) -> Iterator[tuple[int, bytes]]:
        """(number, line) of every line that says something and is not too long."""
        number = 0
        while True:
            try:
                line = lines.readline(LONGEST_LINE + 1)
            except (EOFError, OSError) as error:
                self.broken = str(error)
                return
            if not line:
                return
            number += 1
            if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                self._bad(number, f"longer than {LONGEST_LINE} bytes")
                while (rest := lines.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                    pass
            elif line.strip():
                yield number, line

    def _inquiry(self, line: bytes) -> NewInquiry:
        try:
            row = json.loads(line.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise ValueError("not UTF-8") from None
        except (ValueError, RecursionError) as error:
            raise ValueError(f"not JSON: {error}") from None
        if not isinstance(row, dict):
            raise ValueError("not a JSON object")
        given: dict[str, Any] = self._schema.load(self.names.apply(row) if self.names else row)
        customer = given.get("customer", {})
        return NewInquiry(
            external_id=given["external_id"],
            queue=given["queue"],
            issue_type=given["issue_type"],
            text=given["text"],
            side=given["side"],
            priority=given["priority"],
            customer_key=customer.get("external_id"),
            customer_name=customer.get("name"),
            order=given.get("order", {}),
            arrived_at=given.get("arrived_at"),
        )

    def _put(self) -> None:
        outcomes = receive_inquiries(
            channel_id=self.channel_id, new=[new for _, new in self._waiting], now=clock.now()
        )
        db.session.remove()
        for (number, _), outcome in zip(self._waiting, outcomes, strict=True):
            if isinstance(outcome, GigError):
                self._bad(number, _reason(outcome))
            else:
                self.counts["new" if outcome.created else "known"] += 1
        self._waiting.clear()
        for number, reason in sorted(self._faults):
            click.echo(f"line {number}: {reason}")
        self._faults.clear()

    def _bad(self, number: int, reason: str) -> None:
        self.counts["bad"] += 1
        self._faults.append((number, reason))
        if len(self._faults) == AT_ONCE:
            self._put()


def _reason(error: Exception) -> str:
    """Field by field, in one line."""
    if isinstance(error, ValidationError):
        return "; ".join(_flat(error.normalized_messages()))
    if isinstance(error, Invalid):
        return "; ".join(f"{name}: {' '.join(map(str, words))}" for name, words in error.errors.items())
    return str(error)


def _flat(messages: Any, place: str = "") -> Iterator[str]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            yield from _flat(inner, f"{place}.{name}" if place else str(name))
    else:
        yield f"{place}: {' '.join(map(str, messages))}"
