"""A small API on the real kit: a shop where somebody with a token orders tea."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from gig import api
from gig.api import fields
from gig.core import outbox
from gig.core.clock import received_at
from gig.core.db import db, made, transaction
from gig.core.errors import Refused, TooMany
from gig.core.ids import new_id
from gig.core.outbox import OutboxEvent
from gig.identity.access import allow, public
from gig.identity.operations.keys import issue_token
from gig.settings import Settings
from tests import builders
from tests.fixtures.application import wired


class Person(api.Schema):
    name = fields.Text(most=20)


class Order(api.Schema):
    tea = fields.Words(required=True)
    cups = fields.Int(least=1, most=9, load_default=1)
    at = fields.Instant(load_default=None)
    day = fields.Date(load_default=None)
    hot = fields.Flag(load_default=True)
    size = fields.Choice(("small", "large"), load_default="small")
    guest = fields.Nested(Person, load_default=None)


class Shop:
    """What happens inside the views, for the tests to steer."""

    def __init__(self) -> None:
        self.fail: BaseException | None = None
        self.during: Any = None

    def brew(self, tea: str, now: dt.datetime) -> str:
        id = new_id()
        with transaction() as session:
            outbox.emit(session, "shop", "brewed", {"id": id}, now=now)
            made(session, order_id=id)
            if self.during:
                self.during()
            if self.fail:
                raise self.fail
        return id


def blueprint_of(shop: Shop) -> api.ApiBlueprint:
    blueprint = api.api_blueprint("shop")

    def again(ref: dict[str, Any]) -> dict[str, Any]:
        return {"id": ref["order_id"], "reread": True}

    @blueprint.post("/orders")
    @allow("work")
    @api.idempotent(reread=again)
    @blueprint.arguments(Order)
    @blueprint.answers(201)
    def order(body: dict[str, Any]) -> dict[str, Any]:
        return {"id": shop.brew(body["tea"], received_at())}

    @blueprint.post("/tips")
    @allow("work")
    @api.idempotent()
    @blueprint.arguments(Order)
    @blueprint.answers(201)
    def tip(body: dict[str, Any]) -> dict[str, Any]:
        return {"id": shop.brew(body["tea"], received_at())}

    @blueprint.post("/echo")
    @public
    @blueprint.arguments(Order)
    @blueprint.answers(200)
    def echo(body: dict[str, Any]) -> dict[str, Any]:
        return body

    @blueprint.get("/closed")
    @public
    @blueprint.answers(200)
    def closed() -> None:
        raise Refused("shop-closed", "没有找到。")

    @blueprint.get("/busy")
    @public
    @blueprint.answers(200)
    def busy() -> None:
        raise TooMany("没有找到。", retry_after_s=7)

    @blueprint.get("/broken")
    @public
    @blueprint.answers(200)
    def broken() -> None:
        raise RuntimeError("a secret of the inside")

    return blueprint


STEERED = Shop()


def with_shop(app: Flask) -> None:
    api.register(app, blueprint_of(STEERED))


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """An application of its own, for the shop's views are added to it."""
    with wired(settings, with_shop) as app:
        yield app


@pytest.fixture
def shop(app: Flask) -> Shop:
    STEERED.__init__()  # type: ignore[misc]
    return STEERED


@pytest.fixture
def bearer(app: Flask) -> dict[str, str]:
    """The Authorization header of an agent."""
    with app.app_context():
        agent = builders.agent()
        issued = issue_token(person_id=agent, now=builders.NOON, actor_id=None)
    return {"Authorization": f"Bearer {issued.secret}"}


def brewed() -> int:
    """How many orders were carried out."""
    count = sa.select(sa.func.count()).select_from(OutboxEvent).where(OutboxEvent.topic == "shop")
    return db.session.scalar(count) or 0
