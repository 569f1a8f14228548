"""People at their browsers, and pictures of documents that exist only while a test runs."""

from __future__ import annotations

import io
import re
from typing import Any

from flask import Flask
from PIL import Image, ImageDraw
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from gig.identity import passwords
from gig.identity.models import Person
from gig.onboarding.models import Application

PASSWORD = "correct horse"
NUMBER = "110101199001010015"
OTHER_NUMBER = "360426199101010071"


class Browser:
    """One browser: it keeps its cookie, and sends forms with the token of the page it last saw.

    Each request has an application context of its own, as on a server, though the test has one open.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._client = app.test_client()
        self._token = ""
        self._page_with_token = "/login"

    def get(self, url: str, **options: Any) -> TestResponse:
        with self._app.app_context():
            return self._seen(self._client.get(url, **options))

    def post(self, url: str, data: dict[str, Any] | None = None, *, follow: bool = True) -> TestResponse:
        if not self._token:
            self.get(self._page_with_token)
        form = {"csrf_token": self._token, **(data or {})}
        with self._app.app_context():
            answer = self._seen(self._client.post(url, data=form))
        return self.get(answer.location) if follow and answer.status_code == 303 else answer

    def log_in(self, phone: str) -> Browser:
        answer = self.post("/login", {"phone": phone, "password": PASSWORD}, follow=False)
        assert answer.status_code == 303, answer.text
        self._token, self._page_with_token = (
            "",
            "/me/security",
        )  # fetched if a form is sent before a page is seen
        return self

    def _seen(self, response: TestResponse) -> TestResponse:
        if response.mimetype == "text/html":
            found = re.search(r'name="csrf-token" content="([^"]+)"', response.text)
            self._token = found[1] if found else self._token
        response.request.input_stream.close()  # the client holds a form of more than 500 kB in a file
        return response


def phone_of(session: Any, person_id: str) -> str:
    phone: str = session.get_one(Person, person_id).phone
    return phone


def hashed_password() -> str:
    return passwords.hashed(PASSWORD)


def photo(
    format: str = "JPEG",
    size: tuple[int, int] = (1200, 800),
    *,
    exif: Image.Exif | None = None,
    seed: str = "",
) -> bytes:
    """A picture that could be a photo of a card."""
    picture = Image.new("RGB", size, "#dde6f0")
    ImageDraw.Draw(picture).text((40, 40), f"card {seed}", fill="#223344")
    file = io.BytesIO()
    picture.save(file, format, **({"exif": exif} if exif else {}))
    return file.getvalue()


def upload(content: bytes, name: str = "card.jpg") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def everything(**changes: object) -> dict[str, object]:
    """A whole form, ready to hand in."""
    form: dict[str, object] = {
        "name": "李晓明",
        "number": NUMBER,
        "front": upload(photo(seed="front")),
        "back": upload(photo(seed="back")),
        "consent": "1",
        "do": "submit",
    }
    return {**form, **changes}


def application_of(session: Session, person_id: str) -> Application:
    session.rollback()
    found = session.query(Application).filter_by(person_id=person_id).order_by(Application.created_at.desc())
    return found.first()


def hand_in(browser: Browser, **changes: object) -> None:
    assert "正在审核" in browser.post("/agent/join/id", everything(**changes)).text


def look_at_both(desk: Browser, application_id: str) -> None:
    """The reviewer opens the application and sees its photos."""
    for path in ("", "/photos/front", "/photos/back"):
        assert desk.get(f"/console/review/{application_id}{path}").status_code == 200


def passed(desk: Browser, session: Session, person_id: str) -> None:
    """The reviewer passes what the person handed in."""
    id = application_of(session, person_id).id
    look_at_both(desk, id)
    desk.post(f"/console/review/{id}/approval")
    assert application_of(session, person_id).state == "approved"
