"""What the customer's side plugs into the application."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from gig import api, scheduler
from gig.channels import audit, naming, values  # noqa: F401  (declares the numbers and the checks)
from gig.channels.operations.chats import forget_old_photos
from gig.channels.operations.limits import forget_old_sends
from gig.channels.operations.signals import forget_old_marks
from gig.channels.queries.suspicions import cases_of, waiting
from gig.channels.views import (
    agent,
    chat,
    console_embedding,
    console_greetings,
    console_suspicions,
    devices,
)
from gig.channels.views import api as channel_api
from gig.core.db import db
from gig.core.text import N_
from gig.identity import menu
from gig.payouts.books import causes
from gig.payouts.books.causes import Cause
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.rehearsal import mended
from gig.web import things


def _decided(_session: Session, entry: LedgerEntry) -> Cause | None:
    """The decision that somebody was their own customer, which took pay back."""
    id = causes.decision_of(entry, "suspicion-")
    return Cause(N_("这次认定"), f"{console_suspicions.HERE}/{id}", by="review") if id else None


def plug_into(app: Flask) -> None:
    """The channel's API, the customer's page, what it adds to the agent's, and the console's rooms for it."""
    api.register(app, channel_api.blueprint)
    for room in (chat, agent, console_greetings, console_embedding, console_suspicions):
        app.register_blueprint(room.pages)
    devices.plug_into(app)
    things.provide(app, suspicion=naming.suspicions)
    causes.register(_decided)
    mended["own-customer"] = ("review", cases_of)
    menu.offer(
        app,
        menu.Entry("arrange", N_("自动问候"), console_greetings.HERE, "message-2", "operate"),
        menu.Entry("review", N_("疑似自问自答"), console_suspicions.HERE, "users", "review", _waiting),
    )
    scheduler.register(
        app,
        scheduler.Job(
            "channels.forget_old_sends", every_s=3600, run=forget_old_sends, words=N_("清掉客户发消息的计数")
        ),
        scheduler.Job(
            "channels.forget_old_marks", every_s=3600, run=forget_old_marks, words=N_("清掉旧的设备标记")
        ),
        scheduler.Job(
            "channels.forget_old_photos", every_s=3600, run=forget_old_photos, words=N_("删掉过期的聊天图片")
        ),
    )


def _waiting() -> int:
    return waiting(db.session())
