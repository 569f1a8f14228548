"""What an applicant does: fill in, hand in, and look at what they gave."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gig.core import audit, blobs, crypto, outbox
from gig.core.businesstime import business_zone
from gig.core.db import transaction
from gig.core.errors import Errors, Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.core.text import N_, Sentence
from gig.core.transitions import move
from gig.onboarding import photos as photo_files
from gig.onboarding.models import Application
from gig.onboarding.rules.legal_name import read_legal_name
from gig.onboarding.rules.resident_id import BadNumber, read_resident_id
from gig.onboarding.states import APPLICATION
from gig.onboarding.values import CONSENT_VERSION, SIDES, Side

Faults = dict[str, list[Sentence]]
"""Field → what is wrong with it."""

MISSING = {
    "front": N_("还没有人像面的照片。"),
    "back": N_("还没有国徽面的照片。"),
    "name": N_("请填写姓名。"),
    "number": N_("请填写身份证号。"),
    "consent": N_("需要你单独同意，我们才能核验证件。"),
}
TAKEN = N_("这个证件号不能用来申请。如果这是你本人的证件，请联系我们核实。")


def save_draft(
    *, person_id: str, name: str, number: str, photos: Mapping[Side, bytes], now: dt.datetime
) -> Faults:
    """Everything sound is in the person's draft; what is not is named in the answer, by field.

    A field left empty keeps what was saved before. Refused once an application waits or was passed.
    """
    errors: Faults = {}
    kept: dict[Side, bytes] = {}
    for side, content in photos.items():
        try:
            kept[side] = photo_files.as_kept(content)
        except photo_files.BadPhoto as bad:
            errors[side] = [bad.reason]
    values: dict[str, str] = {}
    if name.strip():
        try:
            values["legal_name"] = read_legal_name(name)
        except ValueError as bad:
            errors["name"] = [Sentence(str(bad))]
    if number.strip():
        read = read_resident_id(number, today=business_day(now))
        if isinstance(read, BadNumber):
            errors["number"] = [read.reason]
        else:
            values["id_number"] = read.number
            values["id_index"] = number_index(read.number)
    with transaction() as session:
        draft = _draft(session, person_id, now)
        for column, value in values.items():
            setattr(draft, column, value)
        for side, content in kept.items():
            _replace_photo(session, draft, side, content, now)
    return errors


def submit(*, person_id: str, consent: bool, now: dt.datetime) -> None:
    """The draft waits for a reviewer. Handing in twice changes nothing.

    Raises Invalid with every field that is missing, Refused when the number has an account already.
    """
    with transaction() as session:
        application = live(session, person_id)
        if application is not None and application.state in ("submitted", "approved"):
            return
        draft = application or _draft(session, person_id, now)
        errors = _missing(draft, consent)
        if draft.id_number:
            read = read_resident_id(draft.id_number, today=business_day(now))
            if isinstance(read, BadNumber):
                errors["number"] = [str(read.reason)]
        if errors:
            raise Invalid(errors)
        if _number_is_taken(session, draft):
            raise Refused("number-taken", TAKEN)
        session.flush()
        try:
            move(
                session,
                APPLICATION,
                Application,
                draft.id,
                origin="draft",
                target="submitted",
                submitted_at=now,
                consent_version=CONSENT_VERSION,
                consented_at=now,
            )
        except IntegrityError:
            raise Refused("number-taken", TAKEN) from None
        _note(session, draft, "application.submit", now, consent=CONSENT_VERSION)
        outbox.emit(session, "ops", "application.submitted", {"application_id": draft.id}, now=now)


def read_own_photo(*, person_id: str, side: Side, now: dt.datetime) -> bytes:
    """The applicant's own photo; that it was looked at is in the log."""
    with transaction() as session:
        application = latest(session, person_id)
        blob_id = application.photo(side) if application else None
        if application is None or blob_id is None:
            raise NotFound
        _note(session, application, f"identity.photo.{side}", now, reason=N_("本人查看"))
        return blobs.content(session, blob_id)


def live(session: Session, person_id: str) -> Application | None:
    """The person's draft, waiting or passed application."""
    states = ("draft", "submitted", "approved")
    query = sa.select(Application).where(Application.person_id == person_id, Application.state.in_(states))
    return session.execute(query).scalar_one_or_none()


def latest(session: Session, person_id: str) -> Application | None:
    """The person's newest application, whatever became of it."""
    query = sa.select(Application).where(Application.person_id == person_id)
    return session.scalars(
        query.order_by(Application.created_at.desc(), Application.id.desc()).limit(1)
    ).one_or_none()


def business_day(now: dt.datetime) -> dt.date:
    return business_zone(current_app.config["GIG_TIMEZONE"]).day_of(now)


def number_index(number: str) -> str:
    """What finds an equal number without reading any."""
    return crypto.keyring().index(number, "application.id_number")


def _draft(session: Session, person_id: str, now: dt.datetime) -> Application:
    """The person's draft; after a rejection a new one, with all of the old that was not faulted."""
    application = live(session, person_id)
    if application is not None:
        if application.state == "draft":
            return application
        if application.state == "submitted":
            raise Refused("in-review", N_("资料已经提交，正在审核，现在不能改。"))
        raise Refused("approved", N_("实名已经通过，不能再改。"))
    draft = Application(id=new_id(), person_id=person_id, state="draft", created_at=now, retake="")
    before = latest(session, person_id)
    if before is not None and before.erased_at is None:
        draft.legal_name, draft.id_number = before.legal_name, before.id_number
        draft.id_index = before.id_index
        faulted = before.retake.split(",")
        draft.front_blob_id = None if "front" in faulted else before.front_blob_id
        draft.back_blob_id = None if "back" in faulted else before.back_blob_id
    session.add(draft)
    session.flush()
    return draft


def _replace_photo(
    session: Session, draft: Application, side: Side, content: bytes, now: dt.datetime
) -> None:
    old = draft.photo(side)
    blob = blobs.keep(session, content, media_type=photo_files.MEDIA_TYPE, now=now)
    setattr(draft, f"{side}_blob_id", blob.id)
    session.flush()
    if old:
        forget_unused(session, old)
    _note(session, draft, "application.photo", now, side=side)


def forget_unused(session: Session, blob_id: str) -> None:
    """The photo is gone unless another application still shows it."""
    shown = sa.or_(Application.front_blob_id == blob_id, Application.back_blob_id == blob_id)
    if not session.execute(sa.select(sa.exists().where(shown))).scalar_one():
        blobs.forget(session, blob_id)


def _missing(draft: Application, consent: bool) -> Errors:
    given: dict[str, str | None] = {side: draft.photo(side) for side in SIDES}
    given |= {"name": draft.legal_name, "number": draft.id_number, "consent": "1" if consent else None}
    return {field: [MISSING[field]] for field, value in given.items() if not value}


def _number_is_taken(session: Session, draft: Application) -> bool:
    other = sa.exists().where(
        Application.id_index == draft.id_index,
        Application.id != draft.id,
        Application.state.in_(("submitted", "approved")),
    )
    return bool(session.execute(sa.select(other)).scalar_one())


def _note(
    session: Session,
    application: Application,
    action: str,
    now: dt.datetime,
    reason: str | None = None,
    **detail: str,
) -> None:
    audit.note(
        session,
        actor_id=application.person_id,
        action=action,
        object_type="application",
        object_id=application.id,
        reason=reason,
        detail=detail,
        now=now,
    )
