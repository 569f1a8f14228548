"""`gig audit`: proving the books."""

from __future__ import annotations

import sys

import click

from gig.cli.inside import inside
from gig.core.db import snapshot


@click.command()
def audit() -> None:
    """Proves the books; lists each difference and exits 1 when there is one."""
    from gig.payouts.ledger.audit import audit as prove

    findings = inside(lambda: prove(snapshot()))
    for finding in findings:
        click.echo(f"{'ok ' if not finding.differences else 'NOT'} {finding.claim}")
        for difference in finding.differences:
            click.echo(
                f"      {difference.subject}: expected {difference.expected}, found {difference.found}"
            )
    broken = [finding for finding in findings if finding.differences]
    click.echo(
        f"{len(findings)} checks, {len(broken)} broken" if broken else f"{len(findings)} checks, all hold"
    )
    sys.exit(1 if broken else 0)
