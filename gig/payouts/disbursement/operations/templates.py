"""Writing a payout template: each change is a version that holds once another person has approved it."""

from __future__ import annotations

import datetime as dt
import json
import re
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit
from gig.core.db import one_at_a_time, transaction
from gig.core.errors import Errors, Invalid, NotFound, Refused
from gig.core.text import N_
from gig.payouts.disbursement.models import SheetTemplate
from gig.payouts.disbursement.rules.layout import Layout, read
from gig.payouts.disbursement.rules.shipped import GENERIC
from gig.payouts.disbursement.sheets import templates
from gig.payouts.disbursement.sheets.templates import Template
from gig.payouts.disbursement.states import TEMPLATE

SLUG = re.compile(r"[a-z][a-z0-9_-]{1,29}")
LONGEST = 64 * 1024


def write_template(
    *, slug: str, text: str, reason: str, based_on: int, actor_id: str, now: dt.datetime
) -> int:
    """The layout waits as a new version for another person's approval; its version. Every fault is listed.

    `based_on` is the version that the writer saw, 0 for a new template: a change by somebody else in
    between is never overwritten. It takes the place of a version that waits, whose writers stay writers.
    """
    layout = sound(text, slug=slug, reason=reason)
    with transaction() as session:
        one_at_a_time(session, "sheet_template")
        before = templates.newest(session, slug)
        version = before.version if before else 0
        if version != based_on:
            raise Refused("overtaken", N_("刚刚有人改过这个模板，请先看他改了什么再保存。"))
        if before and before.state == "waiting":
            _decide(session, before, "replaced", actor_id=actor_id, now=now)
        session.add(_row(slug, version + 1, layout.dumps(), False, reason, actor_id, now))
        session.flush()
        _note(session, slug, version + 1, "template.write", reason, actor_id, now)
        return version + 1


def approve_template(*, slug: str, version: int, actor_id: str, now: dt.datetime) -> None:
    """The version holds for every batch made from now on; those that were made keep their own.

    Nobody who wrote on it since the last decided version can approve it. Pressed twice it changes nothing.
    """
    with transaction() as session:
        waiting = _waiting(session, slug, version)
        if waiting.state == "approved":
            return
        if actor_id in templates.writers(session, waiting):
            raise Refused("two-people", N_("这一版是你写的，要由没有写过它的另一位财务来审批。"))
        _decide(session, waiting, "approved", actor_id=actor_id, now=now)
        _note(session, slug, version, "template.approve", waiting.reason, actor_id, now)


def turn_down_template(*, slug: str, version: int, reason: str, actor_id: str, now: dt.datetime) -> None:
    """The version is never used, with the reason; the next one starts from what is approved."""
    if not reason.strip():
        raise Invalid({"reason": [N_("写明为什么退回。")]})
    with transaction() as session:
        waiting = _waiting(session, slug, version)
        if waiting.state == "approved":
            raise Refused("already-decided", N_("这一版已经审批通过了。"))
        _decide(session, waiting, "refused", actor_id=actor_id, now=now, refusal=reason.strip())
        _note(session, slug, version, "template.refuse", reason, actor_id, now)


def retire_template(*, slug: str, retired: bool, reason: str, actor_id: str, now: dt.datetime) -> bool:
    """It waits for another person's approval that no batch is made with the template any more, or again.

    Until then it goes on as it was. Asking for what is so already changes nothing, and is False.
    """
    if not reason.strip():
        raise Invalid({"reason": [N_("写明为什么要改。")]})
    with transaction() as session:
        one_at_a_time(session, "sheet_template")
        newest, before = templates.newest(session, slug), templates.in_force(session, slug)
        if newest and newest.state == "waiting":
            raise Refused("waiting", N_("有一版在等审批，先审批或退回它。"))
        if newest is None or before is None:
            raise NotFound()
        if slug == GENERIC and retired:
            raise Refused("last-resort", N_("通用模板不能停用：别的模板写不进的行要靠它付。"))
        if before.retired == retired:
            return False
        version = newest.version + 1
        session.add(_row(slug, version, before.layout.dumps(), retired, reason, actor_id, now))
        session.flush()
        action = "template.retire" if retired else "template.restore"
        _note(session, slug, version, action, reason, actor_id, now)
        return True


def sound(text: str, *, slug: str, reason: str = "-") -> Layout:
    """The layout that the text says; Invalid with every fault, by its place."""
    errors: Errors = {}
    if not SLUG.fullmatch(slug):
        errors["slug"] = [N_("代号用 2 到 30 个小写字母、数字、- 或 _，以字母开头。")]
    if not reason.strip() or len(reason) > 200:
        errors["reason"] = [N_("写明为什么要改。")]
    given: Any = None
    with suppress(ValueError, RecursionError):
        given = json.loads(text) if len(text) <= LONGEST else None
    layout, faults = (None, {}) if given is None else read(given)
    if given is None:
        errors["layout"] = [N_("这不是有效的 JSON。")]
    errors |= {place: [*sentences] for place, sentences in faults.items()}
    if errors or layout is None:
        raise Invalid(errors)
    return layout


def _row(
    slug: str, version: int, layout: str, retired: bool, reason: str, actor_id: str, now: dt.datetime
) -> SheetTemplate:
    return SheetTemplate(
        slug=slug,
        version=version,
        layout=layout,
        retired=retired,
        reason=reason.strip(),
        made_by=actor_id,
        made_at=now,
        state="waiting",
    )


def _waiting(session: Session, slug: str, version: int) -> Template:
    """The version that somebody wants to decide, which nobody else decides or replaces meanwhile."""
    one_at_a_time(session, "sheet_template")
    newest = templates.newest(session, slug)
    if newest is None or newest.made_by is None or not 0 < version <= newest.version:
        raise NotFound()
    if newest.version != version:
        raise Refused("overtaken", N_("刚刚有人改过这个模板，请先看新的一版再决定。"))
    if newest.state == "refused":
        raise Refused("already-decided", N_("这一版已经退回了。"))
    return newest


def _decide(
    session: Session,
    template: Template,
    state: str,
    *,
    actor_id: str,
    now: dt.datetime,
    refusal: str | None = None,
) -> None:
    if not TEMPLATE.allows(template.state, state):
        raise ValueError(f"no move from {template.state} to {state}")
    session.execute(
        sa.update(SheetTemplate)
        .where(SheetTemplate.slug == template.slug, SheetTemplate.version == template.version)
        .values(state=state, decided_by=actor_id, decided_at=now, refusal=refusal)
    )


def _note(
    session: Session, slug: str, version: int, action: str, reason: str, actor_id: str, now: dt.datetime
) -> None:
    audit.note(
        session,
        actor_id=actor_id,
        action=action,
        object_type="sheet_template",
        object_id=slug,
        reason=reason.strip(),
        detail={"version": version},
        now=now,
    )
