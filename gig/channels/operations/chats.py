"""What a customer does on the chat page of their inquiry."""

from __future__ import annotations

import datetime as dt
import hashlib

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.channels.operations import limits, signals
from gig.channels.operations.signals import Marks
from gig.channels.queries import greetings
from gig.channels.rules.spam import SAME_IN_A_ROW, is_repeated
from gig.core import blobs, photos, tunables
from gig.core.db import db, rows_changed, transaction
from gig.core.errors import Refused
from gig.core.ids import new_id
from gig.core.text import N_
from gig.dispatch.models import Inquiry, Message, Rating
from gig.dispatch.operations import resolution
from gig.dispatch.operations.inquiries import add_customer_message
from gig.dispatch.values import PHOTO_WORDS

SPAM_WINDOW = dt.timedelta(minutes=10)


def open_chat(*, inquiry: Inquiry, english: bool, now: dt.datetime) -> None:
    """The customer has the page: they are told live what happens, and were greeted once.

    A page that is opened again writes nothing. Opening leaves no mark of who it was: any site can make
    somebody's browser open a link, and only who writes here has shown to be the customer.
    """
    if inquiry.followed:
        return
    with transaction() as session:
        first = rows_changed(
            session,
            sa.update(Inquiry)
            .where(Inquiry.id == inquiry.id, Inquiry.followed.is_(False))
            .values(followed=True)
            .execution_options(synchronize_session=False),
        )
        if first and inquiry.state in ("open", "claimed"):
            _greet(session, inquiry, english, now)


def _greet(session: Session, inquiry: Inquiry, english: bool, now: dt.datetime) -> None:
    text, text_en = greetings.in_force(session, inquiry.queue)
    words = (text_en if english else "") or text
    if words:
        row = {"id": new_id(), "inquiry_id": inquiry.id, "author": "system", "text": words, "sent_at": now}
        session.execute(sa.insert(Message), row)


def say(*, inquiry: Inquiry, key: str, text: str, address: str, marks: Marks, now: dt.datetime) -> str:
    """The customer's words are in the thread once for each key and text; the message's id.

    Refused politely when too much is sent, or the same thing again and again; the words stay with them.
    """
    external_id = _external("chat", key, text.encode())
    with transaction() as session:
        wanted = limits.bounds(session, inquiry, address, photo=False)
        limits.queue_up(session, wanted)
        known = _known(session, inquiry.id, external_id)
        if known:
            return known
        limits.count(session, wanted, now)
        if is_repeated(text, _latest(session, inquiry.id, now)):
            raise Refused("repeated", N_("这句话已经发过两遍，客服能看到，不用重复发。"))
        message_id = add_customer_message(
            channel_id=inquiry.channel_id, inquiry_id=inquiry.id, external_id=external_id, text=text, now=now
        )
        signals.note_customer(session, inquiry.id, marks, now=now)
        return message_id


def send_photo(
    *, inquiry: Inquiry, key: str, content: bytes, address: str, marks: Marks, now: dt.datetime
) -> str:
    """The photo, drawn anew without anything else of its file, is in the thread once; the message's id.

    Raises BadPhoto in words for the person who took it.
    """
    external_id = _external("photo", key, content)
    known = _known(db.session(), inquiry.id, external_id)
    if known:
        return known
    wanted = limits.bounds(db.session(), inquiry, address, photo=True)
    limits.refuse_if_full(db.session(), wanted, now)
    picture = photos.as_kept(content)
    with transaction() as session:
        limits.queue_up(session, wanted)
        known = _known(session, inquiry.id, external_id)
        if known:  # another request with the same key was first
            return known
        limits.count(session, wanted, now)
        blob = blobs.keep(session, picture, media_type=photos.MEDIA_TYPE, now=now)
        message_id = add_customer_message(
            channel_id=inquiry.channel_id,
            inquiry_id=inquiry.id,
            external_id=external_id,
            text=PHOTO_WORDS,
            photo_blob_id=blob.id,
            now=now,
        )
        signals.note_customer(session, inquiry.id, marks, now=now)
        return message_id


def rate(*, inquiry: Inquiry, stars: int, resolved: bool, comment: str, now: dt.datetime) -> bool:
    """The customer's opinion of how it ended is kept, once for each ending; False if it was there."""
    with transaction() as session:
        session.execute(sa.select(Inquiry.id).where(Inquiry.id == inquiry.id).with_for_update())
        if inquiry.resolved_at is None or inquiry.state not in ("resolved", "closed"):
            raise Refused("not-resolved", N_("咨询结束后才能评价。"))
        said = sa.select(Rating.id).where(
            Rating.inquiry_id == inquiry.id, Rating.rated_at >= inquiry.resolved_at
        )
        if session.execute(said.limit(1)).first():
            return False
        resolution.rate(
            channel_id=inquiry.channel_id,
            inquiry_id=inquiry.id,
            stars=stars,
            resolved=resolved,
            comment=comment,
            now=now,
        )
        return True


def forget_old_photos(now: dt.datetime) -> str | None:
    """Photos older than operations keep them are gone; their messages stay."""
    gone = 0
    with transaction() as session:
        before = now - dt.timedelta(days=tunables.values(session)["chat_photo_days"])
        old = (
            sa.select(Message.id, Message.photo_blob_id)
            .where(Message.photo_blob_id.is_not(None), Message.sent_at < before)
            .limit(500)
        )
        for message_id, blob_id in session.execute(old).all():
            session.execute(sa.update(Message).where(Message.id == message_id).values(photo_blob_id=None))
            blobs.forget(session, str(blob_id))
            gone += 1
    return f"{gone} photos" if gone else None


def _external(kind: str, key: str, content: bytes) -> str:
    """The same press of the button is the same message; other words under an old key are another."""
    return f"{kind}:{key[:64]}:{hashlib.sha256(content).hexdigest()[:16]}"


def _known(session: Session, inquiry_id: str, external_id: str) -> str | None:
    query = sa.select(Message.id).where(Message.inquiry_id == inquiry_id, Message.external_id == external_id)
    return session.execute(query).scalar()


def _latest(session: Session, inquiry_id: str, now: dt.datetime) -> list[str]:
    query = (
        sa.select(Message.text)
        .where(
            Message.inquiry_id == inquiry_id,
            Message.author == "customer",
            Message.sent_at > now - SPAM_WINDOW,
        )
        .order_by(Message.sent_at.desc(), Message.id.desc())
        .limit(SAME_IN_A_ROW)
    )
    return list(session.scalars(query))
