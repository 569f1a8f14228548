"""What a reviewer does: take one application at a time, look, and decide. Every look is in the log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit, blobs, crypto, outbox
from gig.core.audit import AuditEntry
from gig.core.db import rows_changed, transaction
from gig.core.errors import Forbidden, Invalid, NotFound, Refused
from gig.core.text import N_
from gig.core.transitions import move
from gig.identity.operations.standing import admit_agent
from gig.onboarding.models import Application
from gig.onboarding.operations.starting import first_skills
from gig.onboarding.states import APPLICATION
from gig.onboarding.values import LOCK, PHOTO_REASONS, REASONS, SIDES, Side, rejection_text

REVIEW = N_("实名审核")
MAX_REASON = 500


def open_review(*, application_id: str, actor_id: str, now: dt.datetime) -> bool:
    """True: the application is this reviewer's alone for ten minutes, and any other they held is free.

    False: another reviewer has it, or it is decided; nothing has changed.
    """
    with transaction() as session:
        application = _found(session, application_id)
        if application.state != "submitted":
            return False
        if application.person_id == actor_id:
            raise Forbidden(N_("不能审核自己的申请。"))
        fresh = not _holds(application, actor_id, now)
        if not _take(session, application_id, actor_id, now):
            return False
        if fresh:
            _note(session, application_id, actor_id, "application.open", now)
        return True


def release_review(*, application_id: str, actor_id: str, now: dt.datetime) -> None:
    """The next reviewer may take it at once. Releasing what one does not hold changes nothing."""
    with transaction() as session:
        session.execute(
            sa.update(Application)
            .where(Application.id == application_id, Application.reviewer_id == actor_id)
            .values(reviewer_id=None, locked_until=None)
        )


def read_photo(*, application_id: str, side: Side, actor_id: str, now: dt.datetime) -> bytes:
    """One side of the document, for the reviewer who holds the application; the look is in the log."""
    with transaction() as session:
        application = _held(session, application_id, actor_id, now)
        blob_id = application.photo(side)
        if blob_id is None:
            raise NotFound
        _note(session, application_id, actor_id, f"identity.photo.{side}", now, reason=REVIEW)
        return blobs.content(session, blob_id)


def reveal_number(*, application_id: str, actor_id: str, reason: str, now: dt.datetime) -> str:
    """The whole number, once, for a reason that stays in the log."""
    reason = _sentence(reason, field="reveal_reason", message=N_("查看完整号码要写明理由。"))
    with transaction() as session:
        application = _held(session, application_id, actor_id, now)
        _note(session, application_id, actor_id, "identity.number", now, reason=reason)
        return application.id_number or ""


def approve(*, application_id: str, actor_id: str, now: dt.datetime) -> None:
    """The applicant is an agent on probation, verified, with the skills that beginners get.

    Refused unless this reviewer holds it and has looked at both photos.
    """
    with transaction() as session:
        application = _held(session, application_id, actor_id, now)
        _check_photos(session, application, actor_id)
        _decide(session, application, "approved", actor_id, now)
        agent_id = application.person_id
        admit_agent(agent_id=agent_id, now=now, actor_id=actor_id)
        skills = first_skills(session, agent_id, granted_by=actor_id, now=now)
        detail: dict[str, object] = {"skills": skills}
        _note(session, application_id, actor_id, "application.approve", now, detail=detail)


def reject(
    *,
    application_id: str,
    actor_id: str,
    code: str,
    text: str,
    retake: Collection[str],
    now: dt.datetime,
) -> None:
    """The applicant reads the text as it is written and may hand in again.

    `retake` names the photos that must be taken anew; the rest of what they gave is kept for them. Without
    a text of the reviewer's own the reason speaks for itself.
    """
    if code not in REASONS:
        raise Invalid({"code": [N_("请选一个退回原因。")]})
    sides = [side for side in SIDES if side in retake]
    if code in PHOTO_REASONS and not sides:
        raise Invalid({"retake": [N_("选一下要重拍哪一面。")]})
    if not text.strip() and code != "other":
        text = rejection_text(code, sides)
    text = _sentence(text, field="text", message=N_("写清楚哪里不合格、怎么改，对方会原样看到。"))
    with transaction() as session:
        application = _held(session, application_id, actor_id, now)
        _decide(
            session,
            application,
            "rejected",
            actor_id,
            now,
            reason_code=code,
            reason_text=text,
            retake=",".join(sides),
        )
        detail: dict[str, object] = {"code": code, "retake": sides}
        _note(session, application_id, actor_id, "application.reject", now, reason=text, detail=detail)


def _found(session: Session, application_id: str) -> Application:
    application = session.get(Application, application_id, populate_existing=True)
    if application is None or application.state == "draft":
        raise NotFound
    return application


def _holds(application: Application, actor_id: str, now: dt.datetime) -> bool:
    until = application.locked_until
    return application.reviewer_id == actor_id and until is not None and now < until


def _held(session: Session, application_id: str, actor_id: str, now: dt.datetime) -> Application:
    application = _found(session, application_id)
    if application.state != "submitted":
        raise Refused("decided", N_("这份申请已经有结果了。"))
    if not _holds(application, actor_id, now):
        raise Refused("not-locked", N_("这份申请现在不在你手上，请重新打开再看。"))
    return application


def _take(session: Session, application_id: str, actor_id: str, now: dt.datetime) -> bool:
    free = sa.or_(
        Application.reviewer_id.is_(None),
        Application.reviewer_id == actor_id,
        Application.locked_until <= now,
    )
    session.execute(
        sa.update(Application)
        .where(Application.reviewer_id == actor_id, Application.id != application_id)
        .values(reviewer_id=None, locked_until=None)
    )
    taken = (
        sa.update(Application)
        .where(Application.id == application_id, Application.state == "submitted", free)
        .values(reviewer_id=actor_id, locked_until=now + LOCK)
    )
    return rows_changed(session, taken) == 1


def _check_photos(session: Session, application: Application, actor_id: str) -> None:
    looked = sa.select(AuditEntry.action).where(
        AuditEntry.object_type == "application",
        AuditEntry.object_id == application.id,
        AuditEntry.actor_id == actor_id,
        AuditEntry.at >= application.submitted_at,
    )
    actions = set(session.scalars(looked))
    if not all(f"identity.photo.{side}" in actions for side in SIDES):
        raise Refused("not-looked", N_("两面照片都看过才能通过。"))
    try:
        for side in SIDES:
            blobs.content(session, application.photo(side) or "")
    except (crypto.Unreadable, sa.exc.NoResultFound):
        raise Refused("photo-unreadable", N_("有一面照片打不开，不能通过；请退回补拍。")) from None


def _decide(
    session: Session,
    application: Application,
    target: str,
    actor_id: str,
    now: dt.datetime,
    **values: str,
) -> None:
    person_id = application.person_id
    if person_id == actor_id:
        raise Forbidden(N_("不能审核自己的申请。"))
    decided = {"decided_by": actor_id, "decided_at": now, "reviewer_id": None, "locked_until": None}
    moved = move(
        session,
        APPLICATION,
        Application,
        application.id,
        origin="submitted",
        target=target,
        **decided,
        **values,
    )
    if not moved:
        raise Refused("decided", N_("这份申请已经有结果了。"))
    payload = {"application_id": application.id}
    outbox.emit_all(
        session,
        [
            (f"agent:{person_id}", "application.decided", payload),
            ("ops", "application.decided", payload),
        ],
        now=now,
    )


def _sentence(text: str, *, field: str, message: str) -> str:
    text = " ".join(text.split())
    if len(text) < 2:
        raise Invalid({field: [message]})
    if len(text) > MAX_REASON:
        raise Invalid({field: [N_("最多 500 个字。")]})
    return text


def _note(
    session: Session,
    application_id: str,
    actor_id: str,
    action: str,
    now: dt.datetime,
    reason: str | None = None,
    detail: dict[str, object] | None = None,
) -> None:
    audit.note(
        session,
        actor_id=actor_id,
        action=action,
        object_type="application",
        object_id=application_id,
        reason=reason,
        detail=detail,
        now=now,
    )
