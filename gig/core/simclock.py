"""Where a fast clock is anchored, so that every process of a simulation tells the same time."""

from __future__ import annotations

import datetime as dt

from flask import Flask
from sqlalchemy.orm import Mapped, mapped_column

from gig.core import clock, dbclock
from gig.core.db import Base, db, transaction


class ClockAnchor(Base):
    """One row a simulation: the real instant at which its clock showed `start`."""

    __tablename__ = "clock_anchor"

    start: Mapped[dt.datetime] = mapped_column(primary_key=True)
    speed: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    anchored_at: Mapped[dt.datetime]


def init_app(app: Flask, start: dt.datetime | None, speed: int) -> None:
    """The process reads real time, or the shared clock once the first request or job asks for it."""
    clock.agree(None)
    if start is None:
        clock.use(clock.Clock())
        return

    def anchor() -> None:
        if clock.current().start is None:
            with app.app_context():
                clock.use(clock.Clock(start, _anchored_at(start, speed), speed))

    clock.use(clock.Clock())
    app.before_request_funcs.setdefault(None, []).insert(0, anchor)
    app.extensions["gig.anchor_clock"] = anchor


def _anchored_at(start: dt.datetime, speed: int) -> dt.datetime:
    """The anchor of this simulation, set by whichever process comes first."""
    with transaction() as session:
        found = session.get(ClockAnchor, (start, speed))
        if found is None:
            found = ClockAnchor(start=start, speed=speed, anchored_at=clock.real_now())
            session.add(found)
        anchored_at = found.anchored_at
    db.session.remove()
    return anchored_at


def running(app: Flask) -> None:
    """The clock tells the deployment's time and is anchored; for jobs and commands, which have no request."""
    with app.app_context():
        dbclock.settle(db.engine)
    if anchor := app.extensions.get("gig.anchor_clock"):
        anchor()
