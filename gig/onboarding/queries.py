"""What onboarding's pages show. Names and numbers leave here masked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.masks import mask_name, mask_resident_id
from gig.core.text import N_, Sentence
from gig.identity.models import Person
from gig.onboarding.models import Application
from gig.onboarding.rules.resident_id import BadNumber, read_resident_id

LISTED = 50
RECENT = 20


@dataclass(frozen=True)
class Row:
    """One application in the reviewers' list."""

    id: str
    name: str
    at: dt.datetime
    waited_s: float
    attempt: int
    holder: str | None
    """The name of another reviewer who has it now."""
    reason: str | None


@dataclass(frozen=True)
class Check:
    """One line of the reviewer's list: `ok` None means that it wants a look."""

    ok: bool | None
    label: str
    words: Sentence | str = ""


@dataclass(frozen=True)
class Facts:
    """What a reviewer compares with the photos."""

    name: str
    number: str
    age: int
    sex: str
    checks: Sequence[Check] = field(default_factory=tuple)


def waiting(session: Session, *, actor_id: str, now: dt.datetime) -> list[Row]:
    """Submitted applications, the longest waiting first; nobody is offered their own."""
    query = (
        sa.select(Application, Person.name)
        .outerjoin(Person, Person.id == Application.reviewer_id)
        .where(Application.state == "submitted", Application.person_id != actor_id)
        .order_by(Application.submitted_at, Application.id)
        .limit(LISTED)
    )
    found = list(session.execute(query))
    attempts = _attempts(session, {application.person_id for application, _ in found})
    return [
        Row(
            id=application.id,
            name=_masked(application),
            at=at,
            waited_s=(now - at).total_seconds(),
            attempt=attempts[application.person_id],
            holder=holder if _held_by_other(application, actor_id, now) else None,
            reason=None,
        )
        for application, holder in found
        if (at := application.submitted_at) is not None
    ]


def decided(session: Session, state: str) -> list[Row]:
    """The newest decisions of one kind."""
    query = sa.select(Application).where(Application.state == state)
    found = session.scalars(query.order_by(Application.decided_at.desc()).limit(LISTED)).all()
    return [
        Row(
            id=application.id,
            name=_masked(application),
            at=at,
            waited_s=(at - (application.submitted_at or at)).total_seconds(),
            attempt=0,
            holder=None,
            reason=application.reason_text,
        )
        for application in found
        if (at := application.decided_at) is not None
    ]


def count_waiting(session: Session) -> int:
    query = sa.select(sa.func.count()).select_from(Application).where(Application.state == "submitted")
    return session.execute(query).scalar_one()


def desks_of(session: Session, agent_ids: Sequence[str]) -> dict[str, str]:
    """Where the reviewers decide who each of these people is: the newest that they handed in, if any."""
    newest = (
        sa.select(Application.person_id, sa.func.max(Application.id))
        .where(Application.person_id.in_(agent_ids), Application.state != "draft")
        .group_by(Application.person_id)
    )
    found = {person_id: f"/console/review/{id}" for person_id, id in session.execute(newest)}
    return {id: found.get(id, "/console/review") for id in agent_ids}


def next_waiting(session: Session, *, actor_id: str, now: dt.datetime, skip: str = "") -> str | None:
    """The application that has waited longest and that nobody else holds."""
    free = sa.or_(
        Application.reviewer_id.is_(None),
        Application.reviewer_id == actor_id,
        Application.locked_until <= now,
    )
    query = sa.select(Application.id).where(
        Application.state == "submitted", Application.person_id != actor_id, Application.id != skip, free
    )
    return session.execute(
        query.order_by(Application.submitted_at, Application.id).limit(1)
    ).scalar_one_or_none()


def facts(session: Session, application: Application, today: dt.date) -> Facts:
    """What the number says by itself, and whether it has been seen before."""
    number, name = application.id_number or "", application.legal_name or ""
    read = read_resident_id(number, today=today)
    shown = mask_resident_id(number)
    if isinstance(read, BadNumber):
        return Facts(name, shown, 0, "", (Check(False, N_("号码有效"), read.reason),))
    age = read.age_on(today)
    warnings = read.warnings[0] if read.warnings else N_("地区代码常见")
    seen = _seen_elsewhere(session, application)
    repeated = (
        Sentence(N_("另有 %(n)s 个账号交过这个号码，未通过"), {"n": seen}) if seen else N_("没有别的账号用过")
    )
    return Facts(
        name=name,
        number=shown,
        age=age,
        sex=N_("男") if read.is_male else N_("女"),
        checks=(
            Check(True, N_("校验位正确"), N_("居住证") if read.is_permit else N_("居民身份证")),
            Check(True, N_("已满 18 岁"), Sentence(N_("%(n)s 岁"), {"n": age})),
            Check(None if seen else True, N_("没有重复注册"), repeated),
            Check(None if read.warnings else True, N_("地区代码"), warnings),
            Check(None, N_("收款户名一致"), N_("绑卡时再核")),
        ),
    )


def people_ahead(session: Session, application: Application) -> int:
    query = sa.select(sa.func.count()).select_from(Application)
    before = Application.submitted_at < application.submitted_at
    return session.execute(query.where(Application.state == "submitted", before)).scalar_one()


def usual_wait_s(session: Session) -> float | None:
    """The middle of the last decisions' waits; None before there are five."""
    query = sa.select(Application.submitted_at, Application.decided_at).where(
        Application.decided_at.is_not(None)
    )
    rows = session.execute(query.order_by(Application.decided_at.desc()).limit(RECENT))
    waits = sorted((end - start).total_seconds() for start, end in rows if start and end)
    return waits[len(waits) // 2] if len(waits) >= 5 else None


def log_of(session: Session, application_id: str) -> list[tuple[AuditEntry, str | None]]:
    """Who did what with one application, the newest first."""
    query = (
        sa.select(AuditEntry, Person.name)
        .outerjoin(Person, Person.id == AuditEntry.actor_id)
        .where(AuditEntry.object_type == "application", AuditEntry.object_id == application_id)
    )
    return list(session.execute(query.order_by(AuditEntry.id.desc()).limit(LISTED)))


def verified_name(session: Session, person_id: str) -> str | None:
    """The name on the documents that a reviewer passed. For comparing; pages show it masked."""
    query = sa.select(Application.legal_name).where(
        Application.person_id == person_id, Application.state == "approved"
    )
    return session.execute(query).scalar_one_or_none()


def _masked(application: Application) -> str:
    return mask_name(application.legal_name) if application.legal_name else "—"


def _held_by_other(application: Application, actor_id: str, now: dt.datetime) -> bool:
    until = application.locked_until
    return application.reviewer_id not in (None, actor_id) and until is not None and now < until


def _attempts(session: Session, people: set[str]) -> dict[str, int]:
    query = (
        sa.select(Application.person_id, sa.func.count())
        .where(Application.person_id.in_(people), Application.state != "draft")
        .group_by(Application.person_id)
    )
    return dict(session.execute(query).all())


def _seen_elsewhere(session: Session, application: Application) -> int:
    query = sa.select(sa.func.count(sa.distinct(Application.person_id))).where(
        Application.id_index == application.id_index,
        Application.person_id != application.person_id,
        Application.state != "draft",
    )
    return session.execute(query).scalar_one()


def last_rejection(session: Session, person_id: str) -> Application | None:
    """The person's newest rejected application."""
    query = sa.select(Application).where(Application.person_id == person_id, Application.state == "rejected")
    return session.scalars(query.order_by(Application.decided_at.desc()).limit(1)).one_or_none()
