"""`gig audit`: proving the books."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from gig.cli.inside import inside
from gig.core.db import snapshot

if TYPE_CHECKING:
    from gig.payouts.ledger.audit import Finding


@click.command()
def audit() -> None:
    """Proves the books; lists each difference and exits 1 when there is one."""
    findings, told = inside(_prove)
    for line in told:
        click.echo(line)
    broken = [finding for finding in findings if finding.count]
    click.echo(
        f"{len(findings)} checks, {len(broken)} broken" if broken else f"{len(findings)} checks, all hold"
    )
    sys.exit(1 if broken else 0)


def _prove() -> tuple[list[Finding], list[str]]:
    from gig.payouts.ledger.audit import audit as prove

    findings = prove(snapshot())
    return findings, [line for finding in findings for line in _lines(finding)]


def _lines(finding: Finding) -> Iterator[str]:
    """The claim with its code name; if it does not hold, each difference for people and for machines."""
    from gig.core.money import yuan
    from gig.payouts.books.told import groups, kept

    if not finding.count:
        yield f"ok  {finding.claim}  [{finding.check.name}]"
        return
    yield f"NOT {finding.claim}  [{finding.check.name}]"
    (group,) = groups([kept(finding, since=None)])
    yield f"      {group.asks}。{group.then}"
    for row, one in zip(group.rows, finding.differences, strict=True):
        yield f"    - {row.words}"
        yield f"      {one.subject}: expected {one.expected}, found {one.found}"
    at_least = "at least " if group.capped else ""
    money = f", {yuan(finding.fen, grouped=True)} yuan in all" if finding.fen else ""
    more = f", of which the largest {len(group.rows)} are above" if group.more else ""
    noun = "difference" if finding.count == 1 else "differences"
    yield f"      {at_least}{finding.count:,} {noun}{money}{more}"
