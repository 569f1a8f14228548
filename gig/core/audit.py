"""Who did what to which object, when and why. Append-only: the database refuses changes."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import sqlalchemy as sa
from flask import g, has_request_context, request
from sqlalchemy.orm import Mapped, Session, mapped_column

from gig.core.db import Base, BigId


class AuditEntry(Base):
    __tablename__ = "audit_log"
    __table_args__ = (
        sa.Index("ix_audit_log_object", "object_type", "object_id", "id"),
        sa.Index("ix_audit_log_actor", "actor_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Mapped[dt.datetime]
    actor_id: Mapped[str | None]
    action: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[str]
    reason: Mapped[str | None]
    detail: Mapped[str]
    request_id: Mapped[str | None]
    address: Mapped[str | None]


def note(
    session: Session,
    *,
    actor_id: str | None,
    action: str,
    object_type: str,
    object_id: str,
    now: dt.datetime,
    reason: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """One line in the log, in the caller's transaction. `actor_id` None is the system itself.

    `detail` must hold no identity data: masked values only.
    """
    inside = has_request_context()
    session.add(
        AuditEntry(
            at=now,
            actor_id=actor_id,
            action=action,
            object_type=object_type,
            object_id=object_id,
            reason=reason,
            detail=json.dumps(detail or {}, ensure_ascii=False, sort_keys=True),
            request_id=g.get("request_id") if inside else None,
            address=request.remote_addr if inside else None,
        )
    )
    session.flush()
