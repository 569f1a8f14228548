"""The scripts with every wording that they had, who likes which, and what became of them day by day."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.db import Base, BigId
from gig.dispatch.scripts.values import STAGES


class Script(Base):
    """A place in the library. Retired, never deleted: messages refer to it.

    Its row is the mutex of its versions.
    """

    __tablename__ = "script"

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    created_by: Mapped[str | None] = mapped_column(sa.String(26))
    created_at: Mapped[dt.datetime]


class ScriptVersion(Base):
    """One wording of a script; the newest holds. The database refuses to change or delete any.

    Retiring and restoring are versions too, so that one number says all that changed. `sounds` is how the
    title is spelled in pinyin, for the search.
    """

    __tablename__ = "script_version"
    __table_args__ = (
        sa.CheckConstraint(f"stage IN ({', '.join(repr(stage) for stage in STAGES)})", name="stage"),
        sa.CheckConstraint("number >= 1", name="number"),
        sa.UniqueConstraint("script_id", "number"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    script_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("script.id"))
    number: Mapped[int]
    title: Mapped[str]
    text: Mapped[str]
    stage: Mapped[str]
    queue: Mapped[str | None] = mapped_column(sa.ForeignKey("queue.slug"))
    issue_type: Mapped[str | None]
    sounds: Mapped[str]
    retired: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str]
    saved_by: Mapped[str | None] = mapped_column(sa.String(26))
    saved_at: Mapped[dt.datetime]


class ScriptFavourite(Base):
    """An agent wants to find this script first."""

    __tablename__ = "script_favourite"

    agent_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("agent.id"), primary_key=True)
    script_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("script.id"), primary_key=True)
    marked_at: Mapped[dt.datetime]


class ScriptDay(Base):
    """What became of a script's uses on one business day, counted by the scheduler.

    `picked` messages were sent with it, `answered` of them answered a turn, `on_time` of those in time.
    Of the conversations, `ended` are resolved, `solved` of those without coming back within 24 hours and
    without a "not solved"; `rated` have a rating, of `stars` together.
    """

    __tablename__ = "script_day"
    __table_args__ = (
        sa.CheckConstraint("answered BETWEEN 0 AND picked", name="answered"),
        sa.CheckConstraint("on_time BETWEEN 0 AND answered", name="on_time"),
        sa.CheckConstraint("solved BETWEEN 0 AND ended", name="solved"),
        sa.CheckConstraint("stars BETWEEN rated AND 5 * rated", name="stars"),
    )

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    script_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("script.id"), primary_key=True)
    picked: Mapped[int]
    answered: Mapped[int]
    on_time: Mapped[int]
    ended: Mapped[int]
    solved: Mapped[int]
    rated: Mapped[int]
    stars: Mapped[int]
