"""Publishing a card at an instant, and taking it back before that instant comes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gig.core import audit, outbox
from gig.core.businesstime import format_instant
from gig.core.db import one_at_a_time, rows_changed, transaction
from gig.core.errors import Invalid, Refused
from gig.core.text import N_, Sentence
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.news import tell_of_publication, tell_of_withdrawal
from gig.payouts.rates.notice import Notice, notice_of
from gig.payouts.rates.operations.drafts import (
    discard_draft,
    edit_draft,
    published,
    sound_card,
    written,
)
from gig.payouts.rates.operations.writing import WHY_CHANGED, check_revision, reason_of, write
from gig.payouts.rates.queries import OBJECT, card_of, others_may_review, version, writers_of
from gig.payouts.rates.rules.card import RateCard

NOT_SAID = N_("没有写明原因")
"""Why a card is as it is that a program published without a word."""
SCHEDULE = "rate_cards"
"""What two people do one after the other: each sees the cards that the other one scheduled."""


def publish(
    *,
    id: str,
    now: dt.datetime,
    actor_id: str | None,
    valid_from: dt.datetime | None = None,
    revision: int | None = None,
    why: str | None = None,
) -> None:
    """The card is a published version that holds from `valid_from` (its own, unless told).

    That is its review: nobody who ever wrote on it or submitted it can do it while another person may. With
    `revision`, it is Refused if that is not the present one.
    Refused when the instant is not in the future, is another version's, or is too soon for what the card
    lowers, or for what the card scheduled after it would lower then. Publishing again what is published at
    the same instant changes nothing.

    Why a card that was never submitted is as it is, `why` says; None is said by a program that knows of no
    reasons, and the history says so.
    """
    try:
        with transaction() as session:
            _publish(session, id, now, actor_id, valid_from, revision, why)
    except IntegrityError as error:
        raise _taken() from error


def save_and_publish(
    *, id: str, document: object, revision: int, why: str, now: dt.datetime, actor_id: str | None
) -> None:
    """The draft says what the document says and is published, with why; or nothing of it has happened."""
    with transaction() as session:
        one_at_a_time(session, SCHEDULE)  # before the draft, as whoever else publishes or withdraws
        saved = edit_draft(id=id, document=document, revision=revision, now=now, actor_id=actor_id)
        publish(id=id, revision=saved, why=why, now=now, actor_id=actor_id)


def _publish(
    session: Session,
    id: str,
    now: dt.datetime,
    actor_id: str | None,
    valid_from: dt.datetime | None,
    revision: int | None,
    why: str | None,
) -> None:
    one_at_a_time(session, SCHEDULE)
    found = version(session, id)
    if found.state == "published" and valid_from in (None, found.valid_from):
        return
    if found.state not in ("draft", "submitted"):
        raise published(found)
    check_revision(session, found, revision)
    value = card_of(found)
    if valid_from is not None:
        value = replace(value, valid_from=valid_from)
    notice = check_timing(session, value, now)
    alone = _alone(session, id, actor_id)
    reason = _why(found, why)
    detail = {"name": value.name, "valid_from": format_instant(value.valid_from)}
    values = {
        "state": "published",
        "valid_from": value.valid_from,
        "body": written(value),
        "changed_at": now,
        "published_at": now,
        "published_by": actor_id,
        "why": reason if found.state == "draft" else found.why,
    }
    write(
        session,
        found,
        values,
        action="rate_card.publish",
        reason=reason,
        detail=detail | ({"alone": True} if alone else {}),
        now=now,
        actor_id=actor_id,
    )
    outbox.emit(session, "ops", "rate_card.published", {"id": id}, now=now)
    tell_of_publication(session, id, value, notice, now)


def _why(found: RateCardVersion, why: str | None) -> str | None:
    """What the history says of the publication. Of a card that was submitted it knows why, and a reviewer may
    add a word."""
    if found.state == "submitted":
        return reason_of(why, "/why", WHY_CHANGED) if why and why.strip() else None
    if why is None:
        return found.why or NOT_SAID
    return reason_of(why, "/why", WHY_CHANGED)


def _alone(session: Session, id: str, actor_id: str | None) -> bool:
    """Whether they review what they wrote because nobody else is there; Refused if somebody is."""
    writers = writers_of(session, id)
    if actor_id is None or actor_id not in writers:
        return False
    if others_may_review(session, *writers):
        raise Refused("two-people", N_("这张卡你写过，不能由你复核，请没有写过它的运营来复核发布。"))
    if others_may_review(session, actor_id):
        raise Refused(
            "two-people",
            N_("能复核的人都写过这张卡。从它新建一份草稿，由一个人写，另一个人复核发布。"),
        )
    return True


def check_timing(session: Session, value: RateCard, now: dt.datetime) -> Notice:
    """What publishing it owes the agents; `Invalid` unless the card is sound and may begin when it says."""
    sound_card(value.to_json())
    if value.valid_from <= now:
        raise Invalid({"/valid_from": [N_("生效时间要在现在之后，过去的价格不能改。")]})
    taken = sa.select(RateCardVersion.name).where(
        RateCardVersion.state == "published", RateCardVersion.valid_from == value.valid_from
    )
    if (name := session.scalar(taken)) is not None:
        raise _taken(name)
    notice = notice_of(session, value, now)
    if faults := notice.faults(value):
        raise Invalid(faults)
    return notice


def withdraw(*, id: str, reason: str, now: dt.datetime, actor_id: str | None) -> None:
    """A scheduled version never comes into force; who took it back, and why, stays on record, and agents to
    whom it had promised more read so.

    A draft is discarded instead. A version that is or was in force stays.
    """
    with transaction() as session:
        one_at_a_time(session, SCHEDULE)
        found = version(session, id)
        if found.state == "draft":
            discard_draft(id=id, now=now, actor_id=actor_id)
            return
        if found.state == "withdrawn":
            return
        if found.state == "submitted":
            raise Refused("submitted", N_("%(name)s 在等复核，先退回为草稿。"), name=found.name)
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
        tell_of_withdrawal(session, found, reason.strip(), now)


def _taken(name: str | None = None) -> Invalid:
    if name is None:
        return Invalid({"/valid_from": [N_("这个时刻刚被另一张费率卡占用，换一个时刻。")]})
    return Invalid(
        {"/valid_from": [Sentence(N_("%(name)s 已定在这个时刻生效，换一个时刻。"), {"name": name})]}
    )
