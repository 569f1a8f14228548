"""Handing a draft in for its review, and giving it back. Its publication is the review that says yes."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from gig.core import audit, outbox
from gig.core.db import rows_changed, transaction
from gig.core.errors import Invalid, Refused
from gig.core.text import N_
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.operations.drafts import OBJECT, edit_draft, overtaken, published
from gig.payouts.rates.operations.publication import check_timing
from gig.payouts.rates.queries import card_of, maker_of, version

REASON_MOST = 500


def submit(*, id: str, why: str, now: dt.datetime, actor_id: str | None, revision: int | None = None) -> None:
    """The draft waits for another person's review and does not change until then.

    Refused when it could not be published as it stands. Submitting again what waits changes nothing.
    """
    why = _reason(why, "/why", N_("写一句为什么要改，复核的人和以后的人会看到。"))
    with transaction() as session:
        found = version(session, id)
        if found.state == "submitted" and found.submitted_by == actor_id:
            return
        if found.state != "draft":
            raise published(found)
        if revision is not None and found.revision != revision:
            raise overtaken()
        check_timing(session, card_of(found), now)
        changed = rows_changed(
            session,
            _as_it_is(found)
            .values(
                state="submitted",
                revision=found.revision + 1,
                submitted_by=actor_id,
                submitted_at=now,
                why=why,
            )
            .execution_options(synchronize_session=False),
        )
        if not changed:
            raise overtaken()
        session.expire(found)
        audit.note(
            session,
            actor_id=actor_id,
            action="rate_card.submit",
            object_type=OBJECT,
            object_id=id,
            reason=why,
            now=now,
        )
        outbox.emit(session, "ops", "rate_card.submitted", {"id": id}, now=now)


def save_and_submit(
    *, id: str, document: object, revision: int, why: str, now: dt.datetime, actor_id: str | None
) -> None:
    """The draft says what the document says and waits for its review; or nothing of it has happened."""
    with transaction():
        saved = edit_draft(id=id, document=document, revision=revision, now=now, actor_id=actor_id)
        submit(id=id, why=why, revision=saved, now=now, actor_id=actor_id)


def give_back(
    *, id: str, reason: str, now: dt.datetime, actor_id: str | None, revision: int | None = None
) -> None:
    """What waited for its review is a draft again, with the reason in its history.

    Its maker may take it back without one. A draft stays as it is.
    """
    with transaction() as session:
        found = version(session, id)
        if found.state == "draft":
            return
        if found.state != "submitted":
            raise Refused("published", N_("%(name)s 已经复核通过，不能再退回。"), name=found.name)
        if revision is not None and found.revision != revision:
            raise overtaken()
        if actor_id != maker_of(found) or reason.strip():
            reason = _reason(reason, "/reason", N_("写一句退回的原因，提交的人会看到。"))
        changed = rows_changed(
            session,
            _as_it_is(found)
            .values(state="draft", revision=found.revision + 1, submitted_by=None, submitted_at=None)
            .execution_options(synchronize_session=False),
        )
        if not changed:
            raise overtaken()
        session.expire(found)
        audit.note(
            session,
            actor_id=actor_id,
            action="rate_card.give_back",
            object_type=OBJECT,
            object_id=id,
            reason=reason.strip() or None,
            now=now,
        )
        outbox.emit(session, "ops", "rate_card.given_back", {"id": id}, now=now)


def _as_it_is(found: RateCardVersion) -> sa.Update:
    """A write that meets the version only as it was read."""
    return sa.update(RateCardVersion).where(
        RateCardVersion.id == found.id,
        RateCardVersion.state == found.state,
        RateCardVersion.revision == found.revision,
    )


def _reason(text: str, pointer: str, wanted: str) -> str:
    if not text.strip():
        raise Invalid({pointer: [wanted]})
    if len(text.strip()) > REASON_MOST:
        raise Invalid({pointer: [N_("最多 500 个字。")]})
    return text.strip()
