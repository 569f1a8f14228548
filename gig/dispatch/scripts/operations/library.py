"""A script is written, worded anew, retired and restored; every wording that it had stays readable."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit
from gig.core.db import transaction
from gig.core.errors import Errors, Invalid, NotFound, Refused
from gig.core.ids import is_id, new_id
from gig.core.text import N_, Sentence
from gig.dispatch.models import Queue
from gig.dispatch.scripts.models import Script, ScriptVersion
from gig.dispatch.scripts.rules.fields import unknown_fields
from gig.dispatch.scripts.rules.search import sounds_of
from gig.dispatch.scripts.values import REASON_MOST, STAGES, TEXT_MOST, TITLE_MOST

ISSUE_TYPE_MOST = 60


@dataclass(frozen=True)
class Wording:
    """What ops fill in. `queue` and `issue_type` empty mean any."""

    title: str
    text: str
    stage: str
    queue: str = ""
    issue_type: str = ""

    def tidy(self) -> Wording:
        """Without spaces at the ends, and with one kind of line break."""
        return Wording(
            title=" ".join(self.title.split()),
            text=self.text.replace("\r\n", "\n").strip(),
            stage=self.stage,
            queue=self.queue.strip(),
            issue_type=self.issue_type.strip(),
        )


def create_script(*, wording: Wording, actor_id: str | None, now: dt.datetime) -> str:
    """The script is in the library, as version 1; its id."""
    wording = wording.tidy()
    with transaction() as session:
        _refuse_faults(session, wording)
        script = Script(id=new_id(), created_by=actor_id, created_at=now)
        session.add(script)
        session.flush()
        _save(session, script.id, 1, wording, actor_id=actor_id, now=now, action="script.create")
        return script.id


def edit_script(
    *, script_id: str, wording: Wording, seen: int, actor_id: str, now: dt.datetime, reason: str = ""
) -> int:
    """The wording is the script's next version, its number; the one before stays.

    `seen` is the version that was open when the words were written: if another came since, nothing is saved.
    The same words again are no version.
    """
    wording = wording.tidy()
    with transaction() as session:
        newest = _newest(session, script_id)
        if newest.number != seen:
            raise Refused("script-changed", N_("刚才有人改过这条话术，没有保存。看看新的版本再改。"))
        _refuse_faults(session, wording, before=newest)
        if wording == _wording(newest):
            return newest.number
        number = newest.number + 1
        note = _reason(reason, needed=False)
        _save(
            session, script_id, number, wording, actor_id=actor_id, now=now, reason=note, action="script.edit"
        )
        return number


def retire_script(*, script_id: str, actor_id: str, reason: str, now: dt.datetime) -> None:
    """Nobody finds it any more; what was sent with it keeps pointing at it. A retired one stays so."""
    _turn(script_id, retired=True, actor_id=actor_id, reason=reason, now=now)


def restore_script(*, script_id: str, actor_id: str, reason: str, now: dt.datetime) -> None:
    """Agents find it again, in its last wording."""
    _turn(script_id, retired=False, actor_id=actor_id, reason=reason, now=now)


def _turn(script_id: str, *, retired: bool, actor_id: str, reason: str, now: dt.datetime) -> None:
    reason = _reason(reason, needed=True)
    with transaction() as session:
        newest = _newest(session, script_id)
        if newest.retired == retired:
            return
        _save(
            session,
            script_id,
            newest.number + 1,
            _wording(newest),
            retired=retired,
            actor_id=actor_id,
            now=now,
            reason=reason,
            action="script.retire" if retired else "script.restore",
        )


def _newest(session: Session, script_id: str) -> ScriptVersion:
    """The version in force; the script is ours until the transaction ends."""
    mine = sa.select(Script.id).where(Script.id == script_id).with_for_update()
    if not is_id(script_id) or session.scalar(mine) is None:
        raise NotFound
    versions = sa.select(ScriptVersion).where(ScriptVersion.script_id == script_id)
    return session.scalars(versions.order_by(ScriptVersion.number.desc()).limit(1)).one()


def _wording(version: ScriptVersion) -> Wording:
    return Wording(
        title=version.title,
        text=version.text,
        stage=version.stage,
        queue=version.queue or "",
        issue_type=version.issue_type or "",
    )


def _save(
    session: Session,
    script_id: str,
    number: int,
    wording: Wording,
    *,
    actor_id: str | None,
    now: dt.datetime,
    action: str,
    retired: bool = False,
    reason: str = "",
) -> None:
    session.add(
        ScriptVersion(
            script_id=script_id,
            number=number,
            title=wording.title,
            text=wording.text,
            stage=wording.stage,
            queue=wording.queue or None,
            issue_type=wording.issue_type or None,
            sounds=sounds_of(wording.title),
            retired=retired,
            reason=reason,
            saved_by=actor_id,
            saved_at=now,
        )
    )
    audit.note(
        session,
        actor_id=actor_id,
        action=action,
        object_type="script",
        object_id=script_id,
        reason=reason or None,
        detail={"version": number, "title": wording.title},
        now=now,
    )


def _reason(reason: str, *, needed: bool) -> str:
    reason = " ".join(reason.split())
    if (needed and not reason) or len(reason) > REASON_MOST:
        raise Invalid({"reason": [N_("写明原因，最多 200 个字。")]})
    return reason


def _refuse_faults(session: Session, wording: Wording, before: ScriptVersion | None = None) -> None:
    faults: Errors = {}
    if not wording.title or len(wording.title) > TITLE_MOST or not wording.title.isprintable():
        faults["title"] = [N_("标题要 1 到 30 个字。")]
    if not wording.text or len(wording.text) > TEXT_MOST:
        faults["text"] = [N_("内容要 1 到 500 个字。")]
    elif not all(line.isprintable() for line in wording.text.split("\n")):
        faults["text"] = [N_("内容里有不能显示的控制字符。")]
    elif unknown := unknown_fields(wording.text):
        named = "、".join(f"{{{name}}}" if name not in "{}" else name for name in dict.fromkeys(unknown))
        faults["text"] = [Sentence(N_("没有这样的填空：%(names)s。能用的都列在旁边。"), {"names": named})]
    if wording.stage not in STAGES:
        faults["stage"] = [N_("选一个环节。")]
    if wording.queue and not (before and before.queue == wording.queue):
        queue = session.get(Queue, wording.queue)
        if queue is None or queue.retired_at is not None:
            faults["queue"] = [N_("没有这个队列，或者已经停用。")]
    if len(wording.issue_type) > ISSUE_TYPE_MOST or not wording.issue_type.isprintable():
        faults["issue_type"] = [N_("问题类型最多 60 个字。")]
    if faults:
        raise Invalid(faults)
