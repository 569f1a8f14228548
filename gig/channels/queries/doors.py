"""What a link opens, and who may frame it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from gig.channels import links
from gig.channels.models import ChatLink, Embedding
from gig.core import tunables
from gig.core.errors import NotFound
from gig.dispatch.models import Inquiry


@dataclass(frozen=True)
class Opened:
    """The inquiry behind a link, as its customer; `sites` may show it in a frame."""

    token: str
    inquiry: Inquiry
    generation: int
    sites: str
    expired: bool


def token_of(session: Session, inquiry_id: str) -> str | None:
    """The link's secret part as it stands now; None while it is shut."""
    link = session.get(ChatLink, inquiry_id, populate_existing=True)
    if link is not None and link.shut_at is not None:
        return None
    return links.token(_secret(), inquiry_id, link.generation if link else 0)


def first_token(inquiry_id: str) -> str:
    """The link's secret part before anybody renews or shuts it. No statement."""
    return links.token(_secret(), inquiry_id, 0)


def opened(session: Session, token: str, now: dt.datetime) -> Opened:
    """NotFound for a link that was not made here, or was renewed or shut since. One statement."""
    said = links.read(_secret(), token)
    if said is None:
        raise NotFound
    row = session.execute(
        sa.select(Inquiry, ChatLink.generation, ChatLink.shut_at, Embedding.sites, tunables.revision())
        .outerjoin(ChatLink, ChatLink.inquiry_id == Inquiry.id)
        .outerjoin(Embedding, Embedding.channel_id == Inquiry.channel_id)
        .where(Inquiry.id == said[0])
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    inquiry, generation, shut_at, sites, revision = row
    if (generation or 0) != said[1] or shut_at is not None:
        raise NotFound
    kept = dt.timedelta(days=tunables.values(session, revision)["chat_link_days"])
    expired = inquiry.ended_at is not None and now >= inquiry.ended_at + kept
    return Opened(token, inquiry, said[1], sites or "", expired)


def sites_of(session: Session, channel_id: str) -> str:
    return session.scalar(sa.select(Embedding.sites).where(Embedding.channel_id == channel_id)) or ""


def _secret() -> str:
    secret: str = current_app.config["SECRET_KEY"]
    return secret
