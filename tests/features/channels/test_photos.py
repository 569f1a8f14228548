"""Photos in a conversation: drawn anew, sealed, and shown to those two alone."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image
from sqlalchemy.orm import Session

from gig.channels.operations import chats
from gig.channels.views import chat
from gig.core import photos
from gig.core.blobs import Blob
from gig.core.clock import real_now
from gig.core.db import transaction
from gig.core.limits import Limit
from gig.core.tunables import change
from gig.dispatch.models import Message
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.releases import release
from tests import builders as a
from tests.builders import seconds
from tests.features.channels.conftest import Browser, Customer, NewCustomer, picture


def waiting() -> str:
    return a.inquiry(at=real_now() - seconds(60))


def send(mine: Customer, content: io.BytesIO, key: str = "k") -> int:
    return mine.post("/photos", photo=(content, "IMG_0001.jpg"), idempotency_key=key).status_code


def blobs(session: Session) -> int:
    session.rollback()
    return session.execute(sa.select(sa.func.count()).select_from(Blob)).scalar_one()


def only_photo(session: Session) -> Message:
    session.rollback()
    return session.execute(sa.select(Message).where(Message.photo_blob_id.is_not(None))).scalar_one()


def test_a_photo_is_kept_upright_without_its_place_and_sealed(
    session: Session, customer: NewCustomer
) -> None:
    mine = customer(waiting())
    assert send(mine, picture()) == 303
    message = only_photo(session)
    assert (message.author, message.text) == ("customer", "[图片]")
    sealed = session.execute(sa.select(Blob.sealed)).scalar_one()
    assert b"WEBP" not in sealed
    shown = mine.open(f"/photos/{message.id}")
    assert (shown.mimetype, shown.headers["Cache-Control"]) == ("image/webp", "no-store, private")
    with Image.open(io.BytesIO(shown.data)) as image:
        assert (image.format, image.size, dict(image.getexif())) == ("WEBP", (900, 600), {})
    assert f"{mine.url}/photos/{message.id}" in mine.page()


def test_a_photo_sent_twice_is_there_once(session: Session, customer: NewCustomer) -> None:
    mine = customer(waiting())
    content = picture().getvalue()
    assert [send(mine, io.BytesIO(content)) for _ in range(2)] == [303, 303]
    assert only_photo(session)
    assert blobs(session) == 1


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a" + bytes(50), b"\xff\xd8 broken", b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_what_is_no_photo_is_refused_in_words(
    session: Session, customer: NewCustomer, content: bytes
) -> None:
    refused = customer(waiting()).post("/photos", photo=(io.BytesIO(content), "x.jpg"))
    assert refused.status_code == 422
    assert 'class="note r"' in refused.text
    assert blobs(session) == 0


def test_a_bomb_and_a_file_too_large_are_refused(
    session: Session, customer: NewCustomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = customer(waiting())
    monkeypatch.setattr(photos, "MAX_PIXELS", 1000)
    assert "像素太多" in mine.post("/photos", photo=(picture(), "x.jpg")).text
    monkeypatch.setattr(photos, "MAX_BYTES", 1000)
    assert "照片超过" in mine.post("/photos", photo=(picture(), "x.jpg")).text


def test_photos_are_bounded_and_closed_inquiries_take_none(session: Session, customer: NewCustomer) -> None:
    with transaction() as writing:
        change(writing, "chat_photos_an_hour", 1, actor_id=None, reason="test", now=real_now())
    mine, left = customer(waiting()), customer(waiting())
    assert [send(mine, picture(kind=kind), kind) for kind in ("JPEG", "PNG")] == [303, 429]
    left.post("/withdrawal")
    assert send(left, picture()) == 409
    assert blobs(session) == 1


def test_the_owner_sees_the_photo_and_nobody_else(
    app: Flask, session: Session, customer: NewCustomer
) -> None:
    owner, other = (a.agent(seen_at=real_now()) for _ in range(2))
    inquiry = waiting()
    mine, stranger = customer(inquiry), customer(waiting())
    send(mine, picture())
    message = only_photo(session)
    path = f"/agent/chats/{inquiry}/photos/{message.id}"
    pages = {id: Browser(app).log_in(id) for id in (owner, other)}
    assert pages[owner].ask(path).status_code == 404  # hidden until the claim
    claim(inquiry_id=inquiry, agent_id=owner, now=real_now())
    assert path in pages[owner].ask(f"/agent/chats/{inquiry}").text
    assert pages[owner].ask(path).mimetype == "image/webp"
    assert pages[other].ask(path).status_code == 404
    assert stranger.open(f"/photos/{message.id}").status_code == 404
    release(inquiry_id=inquiry, agent_id=owner, reason="busy", zone="Asia/Shanghai", now=real_now())
    assert pages[owner].ask(path).status_code == 404


def test_old_photos_are_forgotten_and_their_messages_stay(session: Session, customer: NewCustomer) -> None:
    send(customer(waiting()), picture())
    message = only_photo(session)
    assert chats.forget_old_photos(real_now() + dt.timedelta(days=89)) is None
    assert chats.forget_old_photos(real_now() + dt.timedelta(days=91)) == "1 photos"
    session.rollback()
    assert session.get_one(Message, message.id, populate_existing=True).photo_blob_id is None
    assert blobs(session) == 0


def test_pictures_that_do_not_open_are_tried_only_so_often(
    session: Session, customer: NewCustomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "PHOTO_TRIES", Limit("chat-photos", 3, 10**9))
    mine, broken = customer(waiting()), picture().getvalue()[:400]
    tried = [send(mine, io.BytesIO(broken), key=str(n)) for n in range(4)]
    assert tried == [422, 422, 422, 429]
    assert send(customer(waiting()), picture()) == 303
