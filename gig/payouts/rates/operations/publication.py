"""Publishing a card at an instant, and taking it back before that instant comes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gig.core import audit, outbox
from gig.core.businesstime import format_instant
from gig.core.db import rows_changed, transaction
from gig.core.errors import Invalid, Refused
from gig.core.text import N_, Sentence
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.operations.drafts import OBJECT, discard_draft, overtaken, sound_card, written
from gig.payouts.rates.queries import card_of, version


def publish(
    *,
    id: str,
    now: dt.datetime,
    actor_id: str | None,
    valid_from: dt.datetime | None = None,
    revision: int | None = None,
) -> None:
    """The draft is a published version that holds from `valid_from` (its own, unless told).

    Refused when that instant is not in the future, or is another version's. Publishing again what is
    published at the same instant changes nothing.
    """
    try:
        with transaction() as session:
            _publish(session, id, now, actor_id, valid_from, revision)
    except IntegrityError as error:
        raise _taken() from error


def _publish(
    session: Session,
    id: str,
    now: dt.datetime,
    actor_id: str | None,
    valid_from: dt.datetime | None,
    revision: int | None,
) -> None:
    draft = version(session, id)
    if draft.state == "published" and valid_from in (None, draft.valid_from):
        return
    if draft.state != "draft":
        raise Refused("published", N_("%(name)s 已发布，不能再改。从它新建一个草稿。"), name=draft.name)
    if revision is not None and draft.revision != revision:
        raise overtaken()
    value = card_of(draft)
    if valid_from is not None:
        value = replace(value, valid_from=valid_from)
    sound_card(value.to_json())
    if value.valid_from <= now:
        raise Invalid({"/valid_from": [N_("生效时间要在现在之后，过去的价格不能改。")]})
    taken = sa.select(RateCardVersion.name).where(
        RateCardVersion.state == "published", RateCardVersion.valid_from == value.valid_from
    )
    if (name := session.scalar(taken)) is not None:
        raise _taken(name)
    changed = rows_changed(
        session,
        sa.update(RateCardVersion)
        .where(
            RateCardVersion.id == id,
            RateCardVersion.state == "draft",
            RateCardVersion.revision == draft.revision,
        )
        .values(
            state="published",
            valid_from=value.valid_from,
            body=written(value),
            changed_at=now,
            published_at=now,
            published_by=actor_id,
        )
        .execution_options(synchronize_session=False),
    )
    if not changed:
        raise overtaken()
    session.expire(draft)
    audit.note(
        session,
        actor_id=actor_id,
        action="rate_card.publish",
        object_type=OBJECT,
        object_id=id,
        detail={"name": value.name, "valid_from": format_instant(value.valid_from)},
        now=now,
    )
    outbox.emit(session, "ops", "rate_card.published", {"id": id}, now=now)


def withdraw(*, id: str, reason: str, now: dt.datetime, actor_id: str | None) -> None:
    """A scheduled version never comes into force; who took it back, and why, stays on record.

    A draft is discarded instead. A version that is or was in force stays.
    """
    with transaction() as session:
        found = version(session, id)
        if found.state == "draft":
            discard_draft(id=id, now=now, actor_id=actor_id)
            return
        if found.state == "withdrawn":
            return
        if not reason.strip():
            raise Invalid({"/reason": [N_("写一句撤回的原因，会留在记录里。")]})
        changed = rows_changed(
            session,
            sa.update(RateCardVersion)
            .where(
                RateCardVersion.id == id,
                RateCardVersion.state == "published",
                RateCardVersion.valid_from > now,
            )
            .values(
                state="withdrawn", withdrawn_at=now, withdrawn_by=actor_id, withdrawn_reason=reason.strip()
            )
            .execution_options(synchronize_session=False),
        )
        if not changed:
            raise Refused(
                "started", N_("%(name)s 已经生效，不能撤回。发布一张新的费率卡来代替它。"), name=found.name
            )
        session.expire(found)
        audit.note(
            session,
            actor_id=actor_id,
            action="rate_card.withdraw",
            object_type=OBJECT,
            object_id=id,
            reason=reason.strip(),
            now=now,
        )
        outbox.emit(session, "ops", "rate_card.withdrawn", {"id": id}, now=now)


def _taken(name: str | None = None) -> Invalid:
    if name is None:
        return Invalid({"/valid_from": [N_("这个时刻刚被另一张费率卡占用，换一个时刻。")]})
    return Invalid({"/valid_from": [Sentence(N_("%(name)s 已从这个时刻生效，换一个时刻。"), {"name": name})]})
