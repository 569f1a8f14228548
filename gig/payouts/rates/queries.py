"""Reading rate cards: which is in force at an instant, and what it says."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.identity.models import Person
from gig.payouts.rates.models import CardEditor, CardWriter, RateCardVersion
from gig.payouts.rates.rules.card import RateCard
from gig.payouts.rates.rules.validation import validate

OBJECT = "rate_card"
WRITING = ("rate_card.create", "rate_card.edit", "rate_card.submit")
"""What the log calls the work of those who write on a card."""
GIVE_BACK = "rate_card.give_back"
"""What the log calls a return to draft; its detail has the revision that came of it."""
EDITING_FOR = dt.timedelta(seconds=60)
"""How long somebody counts as editing after their page last said so; it says so three times as often."""

_cards: dict[tuple[str, str], RateCard] = {}

_PUBLISHED = sa.literal_column("'published'", sa.Text())
"""Written into the statement, because SQLite uses a partial index only for a condition that it can read."""


def business_zone_name() -> str:
    """The zone whose wall clock every card of this deployment means."""
    name: str = current_app.config["GIG_TIMEZONE"]
    return name


def card_in_force_id(at: dt.datetime | sa.ColumnElement[dt.datetime]) -> sa.ScalarSelect[str]:
    """The id of the card in force at the instant, for use as a column of any other query."""
    return (
        sa.select(RateCardVersion.id)
        .where(RateCardVersion.state == _PUBLISHED, RateCardVersion.valid_from <= at)
        .order_by(RateCardVersion.valid_from.desc())
        .limit(1)
        .scalar_subquery()
    )


def next_card_at(at: dt.datetime | sa.ColumnElement[dt.datetime]) -> sa.ScalarSelect[dt.datetime | None]:
    """When the next scheduled card starts, or NULL, for use as a column of any other query."""
    return (
        sa.select(sa.func.min(RateCardVersion.valid_from))
        .where(RateCardVersion.state == _PUBLISHED, RateCardVersion.valid_from > at)
        .scalar_subquery()
    )


def next_card_id(at: dt.datetime) -> sa.ScalarSelect[str]:
    """The id of the next scheduled card after the instant, or NULL."""
    return (
        sa.select(RateCardVersion.id)
        .where(RateCardVersion.state == _PUBLISHED, RateCardVersion.valid_from > at)
        .order_by(RateCardVersion.valid_from)
        .limit(1)
        .scalar_subquery()
    )


def card(session: Session, id: str) -> RateCard:
    """What a published card says; read from the database once in this process, for it never changes."""
    zone = business_zone_name()
    cached = _cards.get((id, zone))
    if cached is not None:
        return cached
    version = session.get(RateCardVersion, id)
    if version is None:
        raise NotFound()
    value = card_of(version)
    if version.state not in ("draft", "submitted"):
        _cards[id, zone] = value
    return value


def card_in_force(session: Session, at: dt.datetime) -> tuple[str, RateCard]:
    """The one card in force at the instant, with its id."""
    id = session.execute(sa.select(card_in_force_id(at))).scalar_one()
    if id is None:
        raise LookupError("no rate card is in force: the seed card is missing")
    return id, card(session, id)


def card_of(version: RateCardVersion) -> RateCard:
    """The value of a stored version, in the business zone. What is stored was validated when it was saved."""
    value, faults = validate(json.loads(version.body))
    if value is None:
        raise ValueError(f"rate card {version.id} is unsound: {'; '.join(map(str, faults))}")
    zone = business_zone_name()
    return value if value.timezone == zone else replace(value, timezone=zone)


def version(session: Session, id: str) -> RateCardVersion:
    """The stored version, draft or not; `NotFound` if there is none."""
    found = session.get(RateCardVersion, id) if is_id(id) else None
    if found is None:
        raise NotFound()
    return found


def versions(session: Session) -> Sequence[RateCardVersion]:
    """Every version: what waits for its review, drafts, then the others by when they begin, latest first."""
    order = (
        sa.case((RateCardVersion.state == "submitted", 0), (RateCardVersion.state == "draft", 1), else_=2),
        RateCardVersion.valid_from.desc(),
        RateCardVersion.created_at.desc(),
    )
    return session.scalars(sa.select(RateCardVersion).order_by(*order)).all()


def newest(
    session: Session, *, after: tuple[dt.datetime, str] | None, limit: int
) -> Sequence[RateCardVersion]:
    """Versions by when they were made, the newest first, after the (created_at, id) of the last one seen."""
    query = sa.select(RateCardVersion).order_by(RateCardVersion.created_at.desc(), RateCardVersion.id.desc())
    if after is not None:
        at, id = after
        earlier = RateCardVersion.created_at < at
        query = query.where(earlier | ((RateCardVersion.created_at == at) & (RateCardVersion.id < id)))
    return session.scalars(query.limit(limit)).all()


def maker_of(version: RateCardVersion) -> str | None:
    """Whose work it is: who submitted it, else who saved it last. They may take it back without a reason."""
    return version.submitted_by or version.changed_by or version.created_by


def writers_of(session: Session, id: str) -> set[str]:
    """Everybody who wrote on the card since its creation. None of them reviews it.

    The log knows those besides who wrote by a program that kept no writers, while an update went on.
    """
    logged = sa.select(AuditEntry.actor_id).where(
        AuditEntry.object_type == OBJECT,
        AuditEntry.object_id == id,
        AuditEntry.action.in_(WRITING),
        AuditEntry.actor_id.is_not(None),
    )
    kept = sa.select(CardWriter.person_id).where(CardWriter.card_id == id)
    return set(session.scalars(sa.union(kept, logged)))


def given_back(session: Session, id: str, *, after: int) -> tuple[str | None, str | None] | None:
    """By whom (a name) and why the card was last given back after this revision; None if it was not."""
    logged = (
        sa.select(AuditEntry.detail, Person.name, AuditEntry.reason)
        .outerjoin(Person, Person.id == AuditEntry.actor_id)
        .where(
            AuditEntry.object_type == OBJECT,
            AuditEntry.object_id == id,
            AuditEntry.action == GIVE_BACK,
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    last = session.execute(logged).first()
    if last is None or json.loads(last.detail).get("revision", 0) <= after:
        return None
    return last.name, last.reason


def others_may_review(session: Session, *person_ids: str) -> bool:
    """Whether anybody but these may publish cards."""
    ops = sa.literal(",") + Person.roles + ","
    others = sa.select(Person.id).where(
        ops.contains(",ops,"), Person.disabled_at.is_(None), Person.id.not_in(person_ids)
    )
    return session.scalar(others.limit(1)) is not None


def editors(
    session: Session, id: str, *, but: str | None, now: dt.datetime
) -> Sequence[tuple[str, dt.datetime]]:
    """Who else has the draft open at this moment, by name, and since when; the first comes first."""
    query = (
        sa.select(Person.name, CardEditor.since)
        .join(CardEditor, CardEditor.person_id == Person.id)
        .where(
            CardEditor.card_id == id,
            CardEditor.person_id != but,
            CardEditor.seen_at > now - EDITING_FOR,
        )
        .order_by(CardEditor.since)
    )
    return [(name, since) for name, since in session.execute(query)]
