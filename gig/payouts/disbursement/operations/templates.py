"""Writing a payout template: each change is a version that stays."""

from __future__ import annotations

import datetime as dt
import json
import re
from contextlib import suppress
from typing import Any

from gig.core import audit
from gig.core.db import one_at_a_time, transaction
from gig.core.errors import Errors, Invalid, NotFound, Refused
from gig.core.text import N_
from gig.payouts.disbursement.models import SheetTemplate
from gig.payouts.disbursement.rules.layout import Layout, read
from gig.payouts.disbursement.rules.shipped import GENERIC
from gig.payouts.disbursement.sheets import templates

SLUG = re.compile(r"[a-z][a-z0-9_-]{1,29}")
LONGEST = 64 * 1024


def write_template(
    *, slug: str, text: str, reason: str, based_on: int, actor_id: str, now: dt.datetime
) -> int:
    """The layout holds for every batch made from now on; its version. Every fault of it is listed.

    `based_on` is the version that the writer saw, 0 for a new template: a change by somebody else in
    between is never overwritten. Batches that were made keep their own version.
    """
    layout = sound(text, slug=slug, reason=reason)
    with transaction() as session:
        one_at_a_time(session, "sheet_template")
        before = templates.newest(session, slug)
        version = before.version if before else 0
        if version != based_on:
            raise Refused("overtaken", N_("刚刚有人改过这个模板，请先看他改了什么再保存。"))
        session.add(_row(slug, version + 1, layout.dumps(), False, reason, actor_id, now))
        session.flush()
        _note(session, slug, version + 1, "template.write", reason, actor_id, now)
        return version + 1


def retire_template(*, slug: str, retired: bool, reason: str, actor_id: str, now: dt.datetime) -> None:
    """No batch is made with the template any more, or again; what was made goes on."""
    if not reason.strip():
        raise Invalid({"reason": [N_("写明为什么要改。")]})
    with transaction() as session:
        one_at_a_time(session, "sheet_template")
        before = templates.newest(session, slug)
        if before is None:
            raise NotFound()
        if slug == GENERIC and retired:
            raise Refused("last-resort", N_("通用模板不能停用：别的模板写不进的行要靠它付。"))
        if before.retired == retired:
            return
        session.add(_row(slug, before.version + 1, before.layout.dumps(), retired, reason, actor_id, now))
        session.flush()
        action = "template.retire" if retired else "template.restore"
        _note(session, slug, before.version + 1, action, reason, actor_id, now)


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
    )


def _note(
    session: Any, slug: str, version: int, action: str, reason: str, actor_id: str, now: dt.datetime
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
