"""Payout templates: the shipped ones, and what finance made of them. The newest version of each holds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.disbursement.models import Batch, SheetTemplate
from gig.payouts.disbursement.rules.layout import Layout, loads
from gig.payouts.disbursement.rules.shipped import GENERIC, SHIPPED


@dataclass(frozen=True)
class Template:
    """One version. `made_by` None: it came with the platform."""

    slug: str
    version: int
    layout: Layout
    retired: bool
    reason: str
    made_by: str | None
    made_at: dt.datetime | None


def shipped(slug: str) -> Template | None:
    """Version 1 of a template that came with the platform."""
    layout = SHIPPED.get(slug)
    return Template(slug, 1, layout, False, "", None, None) if layout else None


def newest(session: Session, slug: str) -> Template | None:
    """The version that holds now, even if retired; None if there is no such template."""
    found = versions(session, slug)
    return found[0] if found else None


def versions(session: Session, slug: str) -> list[Template]:
    """Every version, the newest first."""
    query = sa.select(SheetTemplate).where(SheetTemplate.slug == slug).order_by(SheetTemplate.version.desc())
    first = shipped(slug)
    return [*map(_of_row, session.scalars(query)), *([first] if first else [])]


def all_newest(session: Session) -> list[Template]:
    """The newest version of every template, the shipped ones first in their order."""
    last = sa.select(SheetTemplate.slug, sa.func.max(SheetTemplate.version)).group_by(SheetTemplate.slug)
    query = sa.select(SheetTemplate).where(sa.tuple_(SheetTemplate.slug, SheetTemplate.version).in_(last))
    written = {row.slug: _of_row(row) for row in session.scalars(query.order_by(SheetTemplate.slug))}
    found = [written.pop(slug, None) or shipped(slug) for slug in SHIPPED]
    return [each for each in (*found, *written.values()) if each is not None]


def in_use(session: Session) -> list[Template]:
    """The templates that a batch may be made with."""
    return [each for each in all_newest(session) if not each.retired]


def of_batch(session: Session, batch: Batch) -> Layout:
    """The layout that the batch was made with."""
    version = batch.template_version or 1
    row = session.get(SheetTemplate, (batch.template, version))
    if row is not None:
        return loads(row.layout)
    return SHIPPED.get(batch.template, SHIPPED[GENERIC])


def _of_row(row: SheetTemplate) -> Template:
    return Template(
        row.slug, row.version, loads(row.layout), row.retired, row.reason, row.made_by, row.made_at
    )
