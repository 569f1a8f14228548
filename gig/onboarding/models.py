"""Applications to become an agent, one row for each attempt; earlier attempts stay."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from gig.core.crypto import Sealed
from gig.core.db import Base, BigId
from gig.onboarding.states import APPLICATION

ONE_EACH = sa.text("state IN ('draft', 'submitted', 'approved')")
TAKEN = sa.text("state IN ('submitted', 'approved')")
COMPLETE = " AND ".join(
    f"{column} IS NOT NULL"
    for column in (
        "legal_name",
        "id_number",
        "id_index",
        "consent_version",
        "consented_at",
        "submitted_at",
    )
)


class Application(Base):
    """What one person handed in, and what was decided.

    A person has one draft, submitted or approved application at most, and a number belongs to one
    submitted or approved application at most. The birthday is in the number and nowhere else.
    `retake` names the photos that a rejection asks for again. Photos are deleted some time after the
    decision; the rest when the identity is erased.
    """

    __tablename__ = "application"
    __table_args__ = (
        sa.CheckConstraint(APPLICATION.check(), name="state"),
        sa.CheckConstraint(f"state = 'draft' OR erased_at IS NOT NULL OR ({COMPLETE})", name="complete"),
        sa.CheckConstraint(
            "state <> 'submitted' OR (front_blob_id IS NOT NULL AND back_blob_id IS NOT NULL)", name="photos"
        ),
        sa.CheckConstraint("(state IN ('approved', 'rejected')) = (decided_at IS NOT NULL)", name="decided"),
        sa.CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decider"),
        sa.CheckConstraint("(state = 'rejected') = (reason_text IS NOT NULL)", name="reason"),
        sa.CheckConstraint("(reviewer_id IS NULL) = (locked_until IS NULL)", name="lock"),
        sa.CheckConstraint("state = 'submitted' OR reviewer_id IS NULL", name="lock_while_submitted"),
        sa.CheckConstraint("(consent_version IS NULL) = (consented_at IS NULL)", name="consent"),
        sa.CheckConstraint("decided_by <> person_id AND reviewer_id <> person_id", name="two_people"),
        sa.Index(
            "uq_application_one_each",
            "person_id",
            unique=True,
            sqlite_where=ONE_EACH,
            postgresql_where=ONE_EACH,
        ),
        sa.Index(
            "uq_application_number", "id_index", unique=True, sqlite_where=TAKEN, postgresql_where=TAKEN
        ),
        sa.Index("ix_application_person", "person_id", "id"),
        sa.Index("ix_application_queue", "state", "submitted_at"),
        sa.Index("ix_application_id_index", "id_index"),
        sa.Index("ix_application_reviewer", "reviewer_id"),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.String(26), sa.ForeignKey("person.id"))
    state: Mapped[str]
    legal_name: Mapped[str | None] = mapped_column(Sealed("application.legal_name"))
    id_number: Mapped[str | None] = mapped_column(Sealed("application.id_number"))
    id_index: Mapped[str | None] = mapped_column(sa.String(32))
    front_blob_id: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("blob.id"))
    back_blob_id: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("blob.id"))
    consent_version: Mapped[str | None]
    consented_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]
    submitted_at: Mapped[dt.datetime | None]
    reviewer_id: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("person.id"))
    locked_until: Mapped[dt.datetime | None]
    decided_by: Mapped[str | None] = mapped_column(sa.String(26), sa.ForeignKey("person.id"))
    decided_at: Mapped[dt.datetime | None]
    reason_code: Mapped[str | None]
    reason_text: Mapped[str | None]
    retake: Mapped[str] = mapped_column(default="")
    erased_at: Mapped[dt.datetime | None]

    def photo(self, side: str) -> str | None:
        """The blob of one side."""
        return self.front_blob_id if side == "front" else self.back_blob_id


class RegistrationAttempt(Base):
    """A try to register, for throttling by address."""

    __tablename__ = "registration_attempt"
    __table_args__ = (sa.Index("ix_registration_attempt_address_at", "address", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    address: Mapped[str]
    at: Mapped[dt.datetime]
