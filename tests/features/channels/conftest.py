"""A customer at their chat page, by form and reload, without scripts."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from gig.channels.queries.doors import token_of
from gig.core.clock import real_now
from gig.core.db import db
from gig.core.ids import new_id
from gig.identity.operations.sessions import open_session

PUBLIC_ADDRESS = "8.8.4.4"
"""Addresses of documentation and of private networks say nothing of anybody."""


class Browser:
    """Each request has an application context of its own, as on a server, though the test has one open."""

    def __init__(self, app: Flask, address: str = "127.0.0.1") -> None:
        self.app, self.client, self.address = app, app.test_client(), address

    def ask(self, url: str, method: str = "GET", **options: Any) -> TestResponse:
        with self.app.app_context():
            return self.client.open(url, method=method, environ_base={"REMOTE_ADDR": self.address}, **options)

    def log_in(self, person_id: str) -> Browser:
        with self.app.app_context():
            opened = open_session(person_id=person_id, agent="test", now=real_now())
            with self.client.session_transaction() as cookie:
                cookie["_user_id"], cookie["_fresh"] = opened.session_id, True
        return self


class Customer:
    """A browser with one link."""

    def __init__(self, browser: Browser, token: str) -> None:
        self.browser, self.url = browser, f"/c/{token}"

    def open(self, path: str = "", **query: str) -> TestResponse:
        return self.browser.ask(self.url + path, query_string=query)

    def post(self, path: str, headers: dict[str, str] | None = None, **form: Any) -> TestResponse:
        return self.browser.ask(self.url + path, "POST", data=form, headers=headers)

    def say(self, text: str, key: str | None = None) -> TestResponse:
        return self.post("/messages", text=text, idempotency_key=key or new_id())

    def page(self, **query: str) -> str:
        return self.open(**query).text


NewCustomer = Callable[..., Customer]


@pytest.fixture(autouse=True)
def no_pace_of_another_test() -> None:
    """Databases of tests may have one address."""
    from gig.channels.queries import chat

    chat._paces.clear()


@pytest.fixture
def customer(app: Flask, session: Session) -> NewCustomer:
    """A fresh browser, or a given one, at the chat page of the inquiry."""

    def at(inquiry_id: str, address: str = "127.0.0.1", browser: Browser | None = None) -> Customer:
        token = token_of(db.session(), inquiry_id)
        assert token
        return Customer(browser or Browser(app, address), token)

    return at


def picture(size: tuple[int, int] = (900, 600), kind: str = "JPEG") -> io.BytesIO:
    """A photo with a place in its EXIF."""
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    made = io.BytesIO()
    Image.new("RGB", size, "steelblue").save(made, kind, exif=exif)
    made.seek(0)
    return made


def words_of(page: str) -> str:
    """What is read on the page."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())
