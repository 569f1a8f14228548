"""Payout templates: the shipped ones, and what finance made of them. The newest approved version holds."""

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
    state: str = "approved"
    decided_by: str | None = None
    decided_at: dt.datetime | None = None
    refusal: str | None = None


def shipped(slug: str) -> Template | None:
    """Version 1 of a template that came with the platform."""
    layout = SHIPPED.get(slug)
    return Template(slug, 1, layout, False, "", None, None) if layout else None


def newest(session: Session, slug: str) -> Template | None:
    """The last version, even if it waits, was refused, or is retired; None if there is no such template."""
    found = versions(session, slug)
    return found[0] if found else None


def in_force(session: Session, slug: str) -> Template | None:
    """The version that a batch is made with now, even if retired; None while nothing of it is approved."""
    return next((each for each in versions(session, slug) if each.state == "approved"), None)


def writers(session: Session, template: Template) -> set[str]:
    """Everybody who wrote on the version: its own writer, and those of the versions that it took over."""
    found = {template.made_by} if template.made_by else set()
    for each in versions(session, template.slug):
        if each.version < template.version:
            if each.state != "replaced" or each.made_by is None:
                break
            found.add(each.made_by)
    return found


def versions(session: Session, slug: str) -> list[Template]:
    """Every version, the newest first."""
    query = sa.select(SheetTemplate).where(SheetTemplate.slug == slug).order_by(SheetTemplate.version.desc())
    first = shipped(slug)
    return [*map(_of_row, session.scalars(query)), *([first] if first else [])]


def all_newest(session: Session, *, approved: bool = False) -> list[Template]:
    """The newest version of every template, if asked of those approved; the shipped ones first in order."""
    last = sa.select(SheetTemplate.slug, sa.func.max(SheetTemplate.version)).group_by(SheetTemplate.slug)
    if approved:
        last = last.where(SheetTemplate.state == "approved")
    query = sa.select(SheetTemplate).where(sa.tuple_(SheetTemplate.slug, SheetTemplate.version).in_(last))
    written = {row.slug: _of_row(row) for row in session.scalars(query.order_by(SheetTemplate.slug))}
    found = [written.pop(slug, None) or shipped(slug) for slug in SHIPPED]
    return [each for each in (*found, *written.values()) if each is not None]


def in_use(session: Session) -> list[Template]:
    """The templates that a batch may be made with."""
    return [each for each in all_newest(session, approved=True) if not each.retired]


def of_batch(session: Session, batch: Batch) -> Layout:
    """The layout that the batch was made with."""
    return used_by(session, batch).layout


def used_by(session: Session, batch: Batch) -> Template:
    """The version that the batch was made with."""
    version = batch.template_version or 1
    row = session.get(SheetTemplate, (batch.template, version))
    if row is not None:
        return _of_row(row)
    return shipped(batch.template) or Template(batch.template, 1, SHIPPED[GENERIC], False, "", None, None)


def last_use(session: Session, batch: Batch) -> Batch | None:
    """The batch before this one that was approved with the same template, in whichever version."""
    query = (
        sa.select(Batch)
        .where(Batch.template == batch.template, Batch.number < batch.number, Batch.approved_at.is_not(None))
        .order_by(Batch.number.desc())
    )
    return session.scalar(query.limit(1))


def _of_row(row: SheetTemplate) -> Template:
    return Template(
        row.slug,
        row.version,
        loads(row.layout),
        row.retired,
        row.reason,
        row.made_by,
        row.made_at,
        row.state,
        row.decided_by,
        row.decided_at,
        row.refusal,
    )
