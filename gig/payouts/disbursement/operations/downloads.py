"""Fetching what was frozen: the same bytes every time, by a link that works once, each fetch in the log."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import IO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import blobs
from gig.core.db import db, rows_changed, transaction
from gig.core.errors import GigError, NotFound, Refused
from gig.core.ids import new_id
from gig.core.text import N_
from gig.payouts.disbursement.models import Batch, DownloadLink
from gig.payouts.disbursement.operations.batches import note
from gig.payouts.disbursement.queries import files_of
from gig.payouts.disbursement.sheets import archive
from gig.payouts.disbursement.sheets.vouchers import pack_vouchers
from gig.payouts.disbursement.values import LINK_LASTS, MEDIA_TYPES

VOUCHERS = "vouchers"


class LinkGone(GigError):
    """The link has done its work, or its time is over. `batch_id` leads to where a new one is made."""

    slug = "link-gone"

    def __init__(self, batch_id: str, message: str, **params: object) -> None:
        super().__init__(message, **params)
        self.batch_id = batch_id


@dataclass(frozen=True)
class Sheet:
    """One download."""

    name: str
    media_type: str
    content: bytes
    sha256: str


def download_sheet(
    *, batch_id: str, kind: str | None = None, part: int | None = None, actor_id: str, now: dt.datetime
) -> Sheet:
    """The bytes that were exported, the same every time; the log holds who fetched them.

    Without a kind it is the template's first; several parts come as one archive unless one is named.
    """
    with transaction() as session:
        batch = _exported(session, batch_id)
        sheet = _sheet(session, batch, kind, part)
        note(session, batch, "batch.download", actor_id, now, file=sheet.name)
        return sheet


def make_link(*, batch_id: str, what: str, actor_id: str, now: dt.datetime) -> str:
    """The secret of a link to a file of the batch by its name, a kind of file, or the vouchers."""
    secret = secrets.token_urlsafe(32)
    with transaction() as session:
        batch = _exported(session, batch_id)
        names = {name for each in files_of(session, batch) for name in (each.name, each.kind)}
        if what not in (*names, VOUCHERS):
            raise NotFound()
        session.add(
            DownloadLink(
                id=new_id(),
                batch_id=batch_id,
                what=what,
                secret_hash=_hash(secret),
                made_by=actor_id,
                made_at=now,
                expires_at=now + LINK_LASTS,
            )
        )
        session.flush()
        note(session, batch, "batch.link", actor_id, now, file=what)
    return secret


def use_link(*, secret: str, actor_id: str, now: dt.datetime) -> tuple[Sheet | None, str]:
    """What the link leads to, and its batch; the link is used up. None stands for the vouchers."""
    with transaction() as session:
        query = sa.select(DownloadLink).where(DownloadLink.secret_hash == _hash(secret))
        link = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
        if link is None:
            raise NotFound()
        if link.used_at is None and link.expires_at <= now:
            raise LinkGone(link.batch_id, N_("这个下载链接已经过期，没有下载。回到批次再取一个。"))
        unused = (DownloadLink.id == link.id, DownloadLink.used_at.is_(None))
        if not rows_changed(
            session, sa.update(DownloadLink).where(*unused).values(used_at=now, used_by=actor_id)
        ):
            raise LinkGone(link.batch_id, N_("这个下载链接已经用过一次，不能再用。回到批次再取一个。"))
        batch = _exported(session, link.batch_id)
        sheet = None if link.what == VOUCHERS else _named(session, batch, link.what)
        note(session, batch, "batch.download", actor_id, now, file=sheet.name if sheet else VOUCHERS)
        return sheet, batch.id


def open_vouchers(batch_id: str, *, now: dt.datetime) -> tuple[str, IO[bytes]]:
    """The archive of vouchers of a batch as its lines stand now: its name and the open file."""
    session = db.session()
    batch = _exported(session, batch_id)
    return f"{batch.number}-vouchers.zip", pack_vouchers(session, batch, now=now)


def _exported(session: Session, batch_id: str) -> Batch:
    batch = session.get(Batch, batch_id, populate_existing=True)
    if batch is None:
        raise NotFound()
    if batch.state != "exported":
        raise Refused("not-exported", N_("这一批还没有导出。"))
    return batch


def _named(session: Session, batch: Batch, what: str) -> Sheet:
    for file in files_of(session, batch):
        if file.name == what:
            return _sheet(session, batch, file.kind, file.part)
    return _sheet(session, batch, what, None)


def _sheet(session: Session, batch: Batch, kind: str | None, part: int | None) -> Sheet:
    files = files_of(session, batch)
    kind = kind or files[0].kind
    chosen = [each for each in files if each.kind == kind and part in (None, each.part)]
    if not chosen:
        raise NotFound()
    if len(chosen) == 1:
        return _made(chosen[0].name, kind, blobs.content(session, chosen[0].blob_id))
    packed = archive.pack((each.name, blobs.content(session, each.blob_id)) for each in chosen)
    return _made(f"{batch.number}-{kind}.zip", "zip", packed)


def _made(name: str, kind: str, content: bytes) -> Sheet:
    return Sheet(name, MEDIA_TYPES[kind], content, hashlib.sha256(content).hexdigest())


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
