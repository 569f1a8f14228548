"""The one way to write a version that is not published yet: as it was read, with a note of who did it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gig.core import audit
from gig.core.db import is_sqlite, rows_changed
from gig.core.errors import Invalid, Refused
from gig.core.text import N_, Sentence
from gig.payouts.rates.models import CardWriter, RateCardVersion
from gig.payouts.rates.queries import OBJECT, given_back

REASON_MOST = 500
WHY_CHANGED = N_("写一句为什么要改，复核的人和以后的人会看到。")


def write(
    session: Session,
    found: RateCardVersion,
    values: dict[str, Any],
    *,
    action: str,
    now: dt.datetime,
    actor_id: str | None,
    reason: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """The version has the values and the log says who gave them; Refused if it is not as `found` any more."""
    as_it_is = (
        RateCardVersion.id == found.id,
        RateCardVersion.state == found.state,
        RateCardVersion.revision == found.revision,
    )
    change = sa.update(RateCardVersion).where(*as_it_is).values(**values)
    if not rows_changed(session, change.execution_options(synchronize_session=False)):
        raise _overtaken(session, found)
    session.expire(found)
    audit.note(
        session,
        actor_id=actor_id,
        action=action,
        object_type=OBJECT,
        object_id=found.id,
        reason=reason,
        detail=detail,
        now=now,
    )


def check_revision(session: Session, found: RateCardVersion, revision: int | None) -> None:
    """Refused if the caller has read another revision than the present one; whoever gave it back is named."""
    if revision is not None and found.revision != revision:
        raise _overtaken(session, found, revision)


def _overtaken(session: Session, found: RateCardVersion, revision: int | None = None) -> Refused:
    back = given_back(session, found.id, after=found.revision if revision is None else revision)
    if back is None:
        return Refused("overtaken", N_("别人刚保存过这张费率卡，你填的内容还在，先看对方改了什么。"))
    who, why = back
    said = {"who": who or Sentence(N_("系统")), "name": found.name}
    if why:
        return Refused("overtaken", N_("%(who)s 已把 %(name)s 退回为草稿：%(why)s"), **said, why=why)
    return Refused("overtaken", N_("%(who)s 已把 %(name)s 取回去改。"), **said)


def reason_of(text: str, pointer: str, wanted: str) -> str:
    """The reason as it is kept; `Invalid` at the pointer when there is none or too much of it."""
    if not text.strip():
        raise Invalid({pointer: [wanted]})
    if len(text.strip()) > REASON_MOST:
        raise Invalid({pointer: [N_("最多 500 个字。")]})
    return text.strip()


def note_writer(session: Session, id: str, actor_id: str | None, now: dt.datetime) -> None:
    """The person counts as one who wrote on the card, for ever."""
    if actor_id is None:
        return
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    wrote = insert(CardWriter).values(card_id=id, person_id=actor_id, since=now)
    session.execute(wrote.on_conflict_do_nothing())
