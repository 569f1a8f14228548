"""Links made anew or shut, and the sites that may frame a channel's page."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.channels import links
from gig.channels.models import ChatLink, Embedding
from gig.channels.rules.sites import MOST, parse_sites
from gig.core import audit, outbox
from gig.core.db import made, transaction
from gig.core.errors import Invalid, NotFound
from gig.core.text import N_, Sentence
from gig.dispatch.models import Inquiry
from gig.identity.models import Channel


def renew_link(*, channel_id: str, inquiry_id: str, now: dt.datetime) -> None:
    """The inquiry has a new link; the earlier one opens nothing, and its streams have ended."""
    with transaction() as session:
        _next_generation(session, channel_id, inquiry_id, None, now)
        made(session, inquiry_id=inquiry_id)


def shut_link(*, channel_id: str, inquiry_id: str, now: dt.datetime) -> None:
    """No link opens the inquiry until it is renewed."""
    with transaction() as session:
        _next_generation(session, channel_id, inquiry_id, now, now)


def _next_generation(
    session: Session, channel_id: str, inquiry_id: str, shut_at: dt.datetime | None, now: dt.datetime
) -> None:
    mine = sa.select(Inquiry.id).where(Inquiry.id == inquiry_id, Inquiry.channel_id == channel_id)
    if session.execute(mine.with_for_update()).first() is None:
        raise NotFound
    link = session.get(ChatLink, inquiry_id, populate_existing=True)
    if link is None:
        link = ChatLink(inquiry_id=inquiry_id, generation=0)
        session.add(link)
    ended = links.session_of(inquiry_id, link.generation)
    link.generation += 1
    link.shut_at = shut_at
    link.changed_at = now
    session.flush()
    outbox.emit(session, f"session:{ended}", "session.revoked", {}, now=now)


def allow_sites(*, channel_id: str, sites: str, actor_id: str, now: dt.datetime) -> list[str]:
    """These sites, and no others, may show the channel's chat page in a frame; an empty list: nobody."""
    wanted, faults = parse_sites(sites)
    if faults:
        raise Invalid(
            {
                "sites": [
                    Sentence(
                        N_("%(site)s 不是网址，写成 https://shop.example 这样。"), {"site": faults[0][:60]}
                    )
                ]
            }
        )
    if len(wanted) > MOST:
        raise Invalid({"sites": [Sentence(N_("最多 %(most)s 个网址。"), {"most": MOST})]})
    with transaction() as session:
        if session.get(Channel, channel_id) is None:
            raise NotFound
        row = session.get(Embedding, channel_id, populate_existing=True, with_for_update=True)
        if row is None:
            row = Embedding(channel_id=channel_id)
            session.add(row)
        row.sites, row.changed_by, row.changed_at = " ".join(wanted), actor_id, now
        session.flush()
        audit.note(
            session,
            actor_id=actor_id,
            action="channel.embedding",
            object_type="channel",
            object_id=channel_id,
            detail={"sites": wanted},
            now=now,
        )
    return wanted
