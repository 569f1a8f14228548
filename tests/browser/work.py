"""An agent's work in the browser: who logs in, what waits, and where things stand."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import sqlalchemy as sa

from gig.core.clock import real_now
from gig.core.db import db, transaction
from gig.dispatch.models import Queue
from gig.dispatch.models_lists import IssueType
from gig.dispatch.operations.inquiries import add_customer_message
from gig.identity import passwords
from gig.identity.models import Agent, Person
from tests import builders

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.fixtures.servers import Server

PASSWORD = "blue-river-7"
QUEUES = {"refund": ("退款", "Refund"), "delivery": ("配送", "Delivery")}


def an_agent(*, presence: str = "online", tier: str = "gold", name: str = "林可") -> tuple[str, str]:
    """A person who can log in and serve two queues: (id, phone)."""
    with transaction() as session:
        for slug, (name_zh, name_en) in QUEUES.items():
            if session.get(Queue, slug) is None:
                session.add(Queue(slug=slug, name=name_zh, name_en=name_en))
        if session.get(IssueType, "refund_status") is None:
            session.add(IssueType(slug="refund_status", name="退款进度", name_en="Refund status"))
        session.flush()
    id = builders.agent(skills=tuple(QUEUES), seen_at=real_now(), presence=presence, tier=tier, name=name)
    with transaction() as session:
        person = session.get_one(Person, id)
        person.password_hash = passwords.hashed(PASSWORD)
        return id, person.phone.removeprefix("+86")


def asked(text: str = "我的退款到哪里了？", *, ago_s: int = 60, queue: str = "refund") -> str:
    """An inquiry that has waited long enough for everyone to see it."""
    return builders.inquiry(queue_slug=queue, text=text, at=real_now() - dt.timedelta(seconds=ago_s))


def adds(inquiry_id: str, text: str) -> None:
    """The customer says more."""
    add_customer_message(
        channel_id=builders.channel(),
        inquiry_id=inquiry_id,
        external_id=f"more-{text[:20]}",
        text=text,
        now=real_now(),
    )


def log_in(page: Page, server: Server, phone: str, *, language: str = "zh") -> None:
    """The agent is on the feed, with a stream open if the page runs scripts."""
    page.goto(f"{server.url}/login?lang={language}")
    page.locator("[name=phone]").fill(phone)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/agent/feed")


def count(query: sa.Select[tuple[int]]) -> int:
    """A figure of the database as it is now."""
    db.session.rollback()
    return db.session.execute(query).scalar_one()


def presence_of(agent_id: str) -> str:
    db.session.rollback()
    return db.session.execute(sa.select(Agent.presence).where(Agent.id == agent_id)).scalar_one()
