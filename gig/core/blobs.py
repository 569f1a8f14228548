"""Whole files that must live and die with the rows that name them: sealed, in the database."""

from __future__ import annotations

import datetime as dt
import hashlib

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from gig.core import crypto
from gig.core.db import Base
from gig.core.ids import new_id


class Blob(Base):
    __tablename__ = "blob"

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    media_type: Mapped[str]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    created_at: Mapped[dt.datetime]


def keep(session: Session, content: bytes, *, media_type: str, now: dt.datetime) -> Blob:
    """The content is stored, encrypted, under a new id; `sha256` is of the plain bytes."""
    id = new_id()
    blob = Blob(
        id=id,
        media_type=media_type,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        sealed=crypto.keyring().seal(content, f"blob.{id}"),
        created_at=now,
    )
    session.add(blob)
    session.flush()
    return blob


def content(session: Session, id: str) -> bytes:
    """The plain bytes, proved equal to what was kept."""
    blob = session.get_one(Blob, id)
    plain = crypto.keyring().open(blob.sealed, f"blob.{id}")
    if hashlib.sha256(plain).hexdigest() != blob.sha256:
        raise crypto.Unreadable(f"blob.{id}")
    return plain


def forget(session: Session, id: str) -> None:
    session.execute(sa.delete(Blob).where(Blob.id == id))
