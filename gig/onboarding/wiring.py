"""What onboarding plugs into the application."""

from __future__ import annotations

from flask import Flask

from gig import scheduler
from gig.core.db import db
from gig.core.text import N_
from gig.identity import menu
from gig.onboarding import documents  # noqa: F401  (tells tax who was verified by what)
from gig.onboarding.operations.retention import delete_old_photos
from gig.onboarding.queries import count_waiting, desks_of
from gig.onboarding.views import erasing, join, payee, register, review
from gig.payouts.settlement.rehearsal import mended


def plug_into(app: Flask) -> None:
    """People register, prove who they are, are reviewed, and say where their money goes."""
    for blueprint in (register.pages, join.pages, review.pages, erasing.pages, payee.pages):
        app.register_blueprint(blueprint)
    mended["unverified"] = ("review", desks_of)
    menu.offer(
        app,
        menu.Entry("review", N_("实名审核"), review.DESK, "id", "review", _waiting),
        menu.Entry("review", N_("删除实名信息"), erasing.HERE, "trash", "review"),
        menu.Entry("administer", N_("删除实名信息"), erasing.HERE, "trash", "administer"),
    )
    scheduler.register(
        app,
        scheduler.Job(
            "onboarding.delete_old_photos",
            every_s=3600,
            run=delete_old_photos,
            words=N_("删掉审完 30 天的证件照"),
        ),
    )


def _waiting() -> int:
    return count_waiting(db.session())
