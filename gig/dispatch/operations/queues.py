"""Ops' lines of work: queues and the names of issue types. Nothing is deleted, money refers to it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gig.core import audit
from gig.core.db import rows_changed, transaction
from gig.core.errors import Errors, Invalid, NotFound, Refused
from gig.core.text import N_
from gig.dispatch.models import Queue
from gig.dispatch.models_lists import IssueType

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?")
NAME_MOST = 30


def create_queue(
    *, slug: str, name: str, name_en: str, easy: bool, actor_id: str | None, now: dt.datetime
) -> None:
    """Channels may hand in inquiries on the queue, and agents may be granted it."""
    made = {"slug": slug.strip(), **_names(name, name_en, _slug_faults(slug))}
    _create(Queue, {**made, "easy": easy}, "queue", actor_id, now)


def edit_queue(
    *, slug: str, name: str, name_en: str, easy: bool, actor_id: str | None, now: dt.datetime
) -> bool:
    """People read the new names, and the trainees' share follows the flag; False if nothing differed."""
    return _edit(Queue, slug, {**_names(name, name_en), "easy": easy}, "queue", actor_id, now)


def retire_queue(*, slug: str, reason: str, actor_id: str | None, now: dt.datetime) -> None:
    """No new inquiry comes in on the queue; those that are there are served to their end."""
    _retirement(slug, reason, actor_id, now, retired_at=now)


def restore_queue(*, slug: str, reason: str, actor_id: str | None, now: dt.datetime) -> None:
    """Inquiries come in on the queue again."""
    _retirement(slug, reason, actor_id, now, retired_at=None)


def create_issue_type(*, slug: str, name: str, name_en: str, actor_id: str | None, now: dt.datetime) -> None:
    """People read the names instead of the slug."""
    made = {"slug": slug.strip(), **_names(name, name_en, _slug_faults(slug))}
    _create(IssueType, made, "issue_type", actor_id, now)


def edit_issue_type(*, slug: str, name: str, name_en: str, actor_id: str | None, now: dt.datetime) -> bool:
    """People read the new names; False if nothing differed."""
    return _edit(IssueType, slug, _names(name, name_en), "issue_type", actor_id, now)


def _slug_faults(slug: str) -> Errors:
    if SLUG.fullmatch(slug.strip()):
        return {}
    return {"slug": [N_("代号只用小写字母、数字、- 和 _，1 到 40 个字符，头尾是字母或数字。")]}


def _names(name: str, name_en: str, faults: Errors | None = None) -> dict[str, str]:
    faults = dict(faults or {})
    names = {"name": " ".join(name.split()), "name_en": " ".join(name_en.split())}
    for field, text in names.items():
        if not text or len(text) > NAME_MOST or not text.isprintable():
            faults[field] = [N_("名称要 1 到 30 个字。")]
    if faults:
        raise Invalid(faults)
    return names


def _create(
    table: type[Queue] | type[IssueType],
    values: dict[str, Any],
    kind: str,
    actor_id: str | None,
    now: dt.datetime,
) -> None:
    try:
        with transaction() as session:
            session.execute(sa.insert(table).values(**values))
            _note(session, f"{kind}.create", kind, values, actor_id, now)
    except IntegrityError as error:
        raise Refused("slug-taken", N_("已经有这个代号，换一个。")) from error


def _edit(
    table: type[Queue] | type[IssueType],
    slug: str,
    values: dict[str, Any],
    kind: str,
    actor_id: str | None,
    now: dt.datetime,
) -> bool:
    with transaction() as session:
        found = session.get(table, slug, with_for_update=True, populate_existing=True)
        if found is None:
            raise NotFound
        if all(getattr(found, name) == value for name, value in values.items()):
            return False
        for name, value in values.items():
            setattr(found, name, value)
        session.flush()
        _note(session, f"{kind}.edit", kind, {"slug": slug, **values}, actor_id, now)
        return True


def _retirement(
    slug: str, reason: str, actor_id: str | None, now: dt.datetime, *, retired_at: dt.datetime | None
) -> None:
    reason = reason.strip()
    if not reason:
        raise Invalid({"reason": [N_("写明原因。")]})
    action = "queue.retire" if retired_at else "queue.restore"
    now_so = Queue.retired_at.is_(None) if retired_at else Queue.retired_at.is_not(None)
    with transaction() as session:
        if session.get(Queue, slug) is None:
            raise NotFound
        change = sa.update(Queue).where(Queue.slug == slug, now_so).values(retired_at=retired_at)
        if not rows_changed(session, change):
            raise Refused("wrong-state", N_("这个队列已经是这样了，刷新后再看。"))
        _note(session, action, "queue", {"slug": slug}, actor_id, now, reason)


def _note(
    session: Session,
    action: str,
    kind: str,
    values: dict[str, Any],
    actor_id: str | None,
    now: dt.datetime,
    reason: str | None = None,
) -> None:
    detail = {name: value for name, value in values.items() if name != "slug"}
    audit.note(
        session,
        actor_id=actor_id,
        action=action,
        object_type=kind,
        object_id=values["slug"],
        reason=reason,
        detail=detail,
        now=now,
    )
