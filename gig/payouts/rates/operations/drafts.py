"""Drafts: a card that is being written and prices nothing yet."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit
from gig.core.businesstime import business_zone
from gig.core.db import made, rows_changed, transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.core.text import N_, Sentence
from gig.payouts.rates.models import CardEditor, RateCardVersion
from gig.payouts.rates.operations.writing import check_revision, note_writer, write
from gig.payouts.rates.queries import OBJECT, business_zone_name, card, card_in_force, version
from gig.payouts.rates.rules.card import RateCard
from gig.payouts.rates.rules.document import written_twice
from gig.payouts.rates.rules.faults import Fault
from gig.payouts.rates.rules.validation import validate


def sound_card(document: object) -> RateCard:
    """The card that the document says; `Invalid` with every fault, by JSON pointer, if it breaks a rule."""
    value, faults = validate(document)
    faults = [*written_twice(document), *faults]
    zone = business_zone_name()
    if isinstance(document, dict) and document.get("timezone") not in (zone, None):
        message = N_("时区要写平台的业务时区 %(zone)s。")
        faults = [fault for fault in faults if fault.pointer != "/timezone"]
        faults.append(Fault("/timezone", Sentence(message, {"zone": zone})))
    if value is None or faults:
        raise Invalid(by_pointer(faults), N_("费率卡有几处不对，没有保存。"))
    return value


def by_pointer(faults: list[Fault]) -> dict[str, list[str | Sentence]]:
    """The faults grouped by where they are, in the order they were found."""
    errors: dict[str, list[str | Sentence]] = {}
    for fault in faults:
        errors.setdefault(fault.pointer or "/", []).append(fault.sentence)
    return errors


def written(value: RateCard) -> str:
    return json.dumps(value.to_json(), ensure_ascii=False)


def create_draft(
    *,
    now: dt.datetime,
    actor_id: str | None,
    document: object = None,
    based_on: str | None = None,
) -> str:
    """A draft exists: of the document, or a copy of `based_on` (the card in force unless told). Its id.

    A copy begins at the start of the next business day until its author says otherwise.
    """
    with transaction() as session:
        if document is not None:
            value = sound_card(document)
        else:
            if based_on is None:
                based_on, value = card_in_force(session, now)
            else:
                value = card(session, based_on)
            zone = business_zone(business_zone_name())
            tomorrow = zone.day_bounds(zone.day_of(now))[1]
            value = replace(value, name=_next_name(session), valid_from=tomorrow)
        draft = RateCardVersion(
            id=new_id(),
            name=value.name,
            state="draft",
            valid_from=value.valid_from,
            body=written(value),
            revision=1,
            based_on=based_on,
            created_by=actor_id,
            created_at=now,
            changed_at=now,
            changed_by=actor_id,
        )
        session.add(draft)
        session.flush()
        note_writer(session, draft.id, actor_id, now)
        audit.note(
            session,
            actor_id=actor_id,
            action="rate_card.create",
            object_type=OBJECT,
            object_id=draft.id,
            detail={"name": value.name, "based_on": based_on},
            now=now,
        )
        made(session, rate_card_id=draft.id)
        return draft.id


def edit_draft(*, id: str, document: object, revision: int, now: dt.datetime, actor_id: str | None) -> int:
    """The draft says what the document says. The answer is its new revision.

    Refused, with nothing changed, when someone saved after the revision that the caller had read.
    """
    with transaction() as session:
        found = version(session, id)
        if found.state != "draft":
            raise published(found)
        value = sound_card(document)
        check_revision(session, found, revision)
        saved = {
            "name": value.name,
            "valid_from": value.valid_from,
            "body": written(value),
            "revision": revision + 1,
            "changed_at": now,
            "changed_by": actor_id,
        }
        note: dict[str, Any] = {"action": "rate_card.edit", "detail": {"revision": revision + 1}}
        write(session, found, saved, now=now, actor_id=actor_id, **note)
        note_writer(session, id, actor_id, now)
        return revision + 1


def discard_draft(*, id: str, now: dt.datetime, actor_id: str | None) -> None:
    """The draft is gone; only the log remembers it."""
    with transaction() as session:
        found = version(session, id)
        if found.state != "draft":
            raise published(found)
        gone = rows_changed(
            session,
            sa.delete(RateCardVersion).where(RateCardVersion.id == id, RateCardVersion.state == "draft"),
        )
        if not gone:
            raise NotFound()
        session.execute(sa.delete(CardEditor).where(CardEditor.card_id == id))
        audit.note(
            session,
            actor_id=actor_id,
            action="rate_card.discard",
            object_type=OBJECT,
            object_id=id,
            detail={"name": found.name},
            now=now,
        )


def published(found: RateCardVersion) -> Refused:
    """Why a version that is no draft stays as it is."""
    if found.state == "submitted":
        return Refused("submitted", N_("%(name)s 在等复核，不能改。先退回为草稿。"), name=found.name)
    return Refused("published", N_("%(name)s 已发布，不能再改。从它新建一个草稿。"), name=found.name)


def _next_name(session: Session) -> str:
    count = session.scalar(sa.select(sa.func.count()).select_from(RateCardVersion)) or 0
    return f"v{count + 1}"
