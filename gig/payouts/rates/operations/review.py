"""Handing a draft in for its review, and giving it back. Its publication is the review that says yes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from gig.core import outbox
from gig.core.db import transaction
from gig.core.errors import Refused
from gig.core.text import N_
from gig.payouts.rates.operations.drafts import edit_draft, published
from gig.payouts.rates.operations.publication import check_timing
from gig.payouts.rates.operations.writing import WHY_CHANGED, check_revision, note_writer, reason_of, write
from gig.payouts.rates.queries import GIVE_BACK, card_of, maker_of, version


def submit(*, id: str, why: str, now: dt.datetime, actor_id: str | None, revision: int | None = None) -> None:
    """The draft waits for another person's review and does not change until then.

    Refused when it could not be published as it stands. Submitting again what waits changes nothing.
    """
    why = reason_of(why, "/why", WHY_CHANGED)
    with transaction() as session:
        found = version(session, id)
        if found.state == "submitted" and found.submitted_by == actor_id:
            return
        if found.state != "draft":
            raise published(found)
        check_revision(session, found, revision)
        check_timing(session, card_of(found), now)
        waits = {
            "state": "submitted",
            "revision": found.revision + 1,
            "submitted_by": actor_id,
            "submitted_at": now,
            "why": why,
        }
        write(session, found, waits, action="rate_card.submit", reason=why, now=now, actor_id=actor_id)
        note_writer(session, id, actor_id, now)
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
        check_revision(session, found, revision)
        if actor_id != maker_of(found) or reason.strip():
            reason = reason_of(reason, "/reason", N_("写一句退回的原因，提交的人会看到。"))
        back = {"state": "draft", "revision": found.revision + 1, "submitted_by": None, "submitted_at": None}
        why = reason.strip() or None
        note: dict[str, Any] = {"action": GIVE_BACK, "detail": {"revision": found.revision + 1}}
        write(session, found, back, reason=why, now=now, actor_id=actor_id, **note)
        outbox.emit(session, "ops", "rate_card.given_back", {"id": id}, now=now)
