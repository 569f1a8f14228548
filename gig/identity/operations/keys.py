"""Tokens of people and keys of channels: made, shown once, taken away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit
from gig.core.db import rows_changed, transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.core.text import N_
from gig.identity import keys
from gig.identity.access import CAPABILITIES
from gig.identity.models import ApiToken, Channel, Person


@dataclass(frozen=True, slots=True)
class Issued:
    """`secret` is nowhere else: show it once."""

    id: str
    secret: str


def issue_token(
    *,
    person_id: str,
    scopes: Iterable[str] = (),
    now: dt.datetime,
    actor_id: str | None,
    secret: str | None = None,
) -> Issued:
    """The person's programs may use the token, within the scopes if any are given.

    It is a fresh one, unless a demo world brings its own.
    """
    wanted = sorted(set(scopes))
    if not set(wanted) <= set(CAPABILITIES) - {"inquire"}:
        raise Invalid({"scopes": [N_("没有这个权限范围。")]})
    issued = Issued(new_id(), secret or keys.fresh(keys.PERSON))
    with transaction() as session:
        person = session.get(Person, person_id)
        if person is None:
            raise NotFound
        session.add(
            ApiToken(
                id=issued.id,
                person_id=person_id,
                token_hash=keys.hashed(issued.secret),
                scopes=" ".join(wanted),
                created_at=now,
                revoked_at=None,
            )
        )
        audit.note(
            session,
            actor_id=actor_id,
            action="token.issue",
            object_type="person",
            object_id=person_id,
            detail={"token": issued.id, "scopes": wanted},
            now=now,
        )
    return issued


def revoke_token(*, token_id: str, now: dt.datetime, actor_id: str | None) -> None:
    """The token opens nothing any more."""
    with transaction() as session:
        ended = (
            sa.update(ApiToken)
            .where(ApiToken.id == token_id, ApiToken.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        if not rows_changed(session, ended):
            raise NotFound
        _note_key(session, "token.revoke", "token", token_id, actor_id, now)


def create_channel(*, name: str, now: dt.datetime, actor_id: str | None, secret: str | None = None) -> Issued:
    """A channel of this name may hand in inquiries with the key: a fresh one, unless one is brought."""
    name = " ".join(name.split())
    if not name or len(name) > 60 or not name.isprintable():
        raise Invalid({"name": [N_("渠道名要 1 到 60 个字。")]})
    issued = Issued(new_id(), secret or keys.fresh(keys.CHANNEL))
    with transaction() as session:
        if session.scalar(sa.select(Channel.id).where(Channel.name == name)):
            raise Refused("channel-exists", N_("已经有叫这个名字的渠道。"))
        session.add(
            Channel(
                id=issued.id,
                name=name,
                key_hash=keys.hashed(issued.secret),
                created_at=now,
                revoked_at=None,
            )
        )
        _note_key(session, "channel.create", "channel", issued.id, actor_id, now)
    return issued


def rotate_channel_key(*, channel_id: str, now: dt.datetime, actor_id: str | None) -> Issued:
    """The channel has a new key and works again if it was shut; the old key opens nothing."""
    issued = Issued(channel_id, keys.fresh(keys.CHANNEL))
    with transaction() as session:
        renewed = (
            sa.update(Channel)
            .where(Channel.id == channel_id)
            .values(key_hash=keys.hashed(issued.secret), revoked_at=None)
        )
        if not rows_changed(session, renewed):
            raise NotFound
        _note_key(session, "channel.rotate-key", "channel", channel_id, actor_id, now)
    return issued


def revoke_channel(*, channel_id: str, now: dt.datetime, actor_id: str | None) -> None:
    """The channel's key opens nothing until a new one is made."""
    with transaction() as session:
        ended = (
            sa.update(Channel)
            .where(Channel.id == channel_id, Channel.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        if not rows_changed(session, ended):
            raise NotFound
        _note_key(session, "channel.revoke", "channel", channel_id, actor_id, now)


def _note_key(
    session: Session, action: str, kind: str, id: str, actor_id: str | None, now: dt.datetime
) -> None:
    audit.note(session, actor_id=actor_id, action=action, object_type=kind, object_id=id, now=now)
