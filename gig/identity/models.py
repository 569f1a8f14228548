"""People, their sessions and keys, and the standing that other features read."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.crypto import Sealed
from gig.core.db import Base, BigId
from gig.identity.values import PRESENCES, STAGES, TIERS


def one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class Person(Base):
    """Anyone who can log in. `roles` is a sorted, comma-separated list without spaces."""

    __tablename__ = "person"
    __table_args__ = (
        sa.CheckConstraint(
            "NOT (',' || roles || ',' LIKE '%,ops,%' AND ',' || roles || ',' LIKE '%,finance,%')",
            name="ops_or_finance",
        ),
        sa.CheckConstraint("roles = 'agent' OR ',' || roles || ',' NOT LIKE '%,agent,%'", name="agent_alone"),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    phone: Mapped[str] = mapped_column(Sealed("person.phone"))
    phone_index: Mapped[str] = mapped_column(sa.String(32), unique=True)
    name: Mapped[str]
    roles: Mapped[str]
    password_hash: Mapped[str | None]
    disabled_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]

    def has(self, role: str) -> bool:
        return role in self.roles.split(",")


class LoginSession(Base):
    """One logged-in browser; the cookie names it, so it can be ended from anywhere."""

    __tablename__ = "login_session"
    __table_args__ = (sa.Index("ix_login_session_person_id", "person_id"),)

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]
    fresh_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    agent: Mapped[str]


class ApiToken(Base):
    """A bearer token of a person; only its SHA-256 is kept."""

    __tablename__ = "api_token"

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    scopes: Mapped[str]
    created_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]


class Channel(Base):
    """A system that hands in customers' inquiries and sees only its own."""

    __tablename__ = "channel"

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    key_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]


class LoginAttempt(Base):
    """A failed login, for throttling by phone and by address."""

    __tablename__ = "login_attempt"
    __table_args__ = (
        sa.Index("ix_login_attempt_phone_index_at", "phone_index", "at"),
        sa.Index("ix_login_attempt_address_at", "address", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    phone_index: Mapped[str] = mapped_column(sa.String(32))
    address: Mapped[str]
    at: Mapped[dt.datetime]


class Agent(Base):
    """An agent's standing: all that dispatch must know of a person, and nothing else.

    `tier` is written by scoring, `stage` by onboarding and ops, `misses_in_row` and `last_seen_at` by
    dispatch. `verified_at` is set when a reviewer passed the identity documents. `idle_since` is the latest
    answered turn or going online; until `rest_until` the agent rests; `unreachable_since` is set while an
    agent with a waiting customer gives no sign of life.
    """

    __tablename__ = "agent"
    __table_args__ = (
        sa.CheckConstraint(one_of("stage", STAGES), name="stage"),
        sa.CheckConstraint(one_of("tier", TIERS), name="tier"),
        sa.CheckConstraint(one_of("presence", PRESENCES), name="presence"),
        sa.CheckConstraint("stage IN ('applicant', 'left') OR verified_at IS NOT NULL", name="verified"),
        sa.Index("ix_agent_presence_last_seen_at", "presence", "last_seen_at"),
        sa.Index(
            "ix_agent_rest_until",
            "rest_until",
            sqlite_where=sa.text("rest_until IS NOT NULL"),
            postgresql_where=sa.text("rest_until IS NOT NULL"),
        ),
        sa.Index(
            "ix_agent_unreachable_since",
            "unreachable_since",
            sqlite_where=sa.text("unreachable_since IS NOT NULL"),
            postgresql_where=sa.text("unreachable_since IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("person.id"), primary_key=True)
    stage: Mapped[str]
    tier: Mapped[str]
    presence: Mapped[str]
    presence_reason: Mapped[str | None]
    last_seen_at: Mapped[dt.datetime]
    verified_at: Mapped[dt.datetime | None]
    answered_turns: Mapped[int] = mapped_column(default=0)
    misses_in_row: Mapped[int] = mapped_column(default=0)
    score_tenths: Mapped[int] = mapped_column(default=848)
    nights_below: Mapped[int] = mapped_column(default=0)
    suspended_reason: Mapped[str | None]
    sound: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[dt.datetime]
    idle_since: Mapped[dt.datetime | None]
    rest_until: Mapped[dt.datetime | None]
    unreachable_since: Mapped[dt.datetime | None]


class AgentSkill(Base):
    """The agent may serve the queue; granted by ops, and who granted it when is its certificate.

    With `senior_at` they may take the queue's emergencies too.
    """

    __tablename__ = "agent_skill"
    __table_args__ = (
        sa.CheckConstraint("senior_by IS NULL OR senior_at IS NOT NULL", name="senior"),
        sa.Index("ix_agent_skill_queue_agent_id", "queue", "agent_id"),
    )

    agent_id: Mapped[str] = mapped_column(sa.ForeignKey("agent.id"), primary_key=True)
    queue: Mapped[str] = mapped_column(primary_key=True)
    granted_by: Mapped[str | None]
    granted_at: Mapped[dt.datetime]
    senior_by: Mapped[str | None]
    senior_at: Mapped[dt.datetime | None]


class Duty(Base):
    """A span in which an agent was online; the open one says when their next rest is due."""

    __tablename__ = "duty"
    __table_args__ = (
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= began_at", name="order"),
        sa.Index("ix_duty_agent_id_began_at", "agent_id", "began_at"),
        sa.Index(
            "uq_duty_open",
            "agent_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index(
            "ix_duty_rest_due_at",
            "rest_due_at",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    agent_id: Mapped[str] = mapped_column(sa.ForeignKey("agent.id"))
    began_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    rest_due_at: Mapped[dt.datetime]
