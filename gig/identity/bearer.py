"""Programs: a person's token or a channel's key in the Authorization header."""

from __future__ import annotations

from typing import cast

import sqlalchemy as sa
from flask import request

from gig.core.db import db
from gig.identity.access import Principal
from gig.identity.keys import CHANNEL, hashed
from gig.identity.models import Agent, ApiToken, Channel, Person
from gig.identity.values import Stage

_PERSON = (
    sa.select(ApiToken.id, ApiToken.scopes, Person.id, Person.name, Person.roles, Agent.stage)
    .join(Person, Person.id == ApiToken.person_id)
    .outerjoin(Agent, Agent.id == Person.id)
    .where(
        ApiToken.token_hash == sa.bindparam("hash"),
        ApiToken.revoked_at.is_(None),
        Person.disabled_at.is_(None),
    )
)
_CHANNEL = sa.select(Channel.id, Channel.name).where(
    Channel.key_hash == sa.bindparam("hash"), Channel.revoked_at.is_(None)
)


def principal() -> Principal | None:
    """Who sent the token of this request, in one statement."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        return None
    if secret.startswith(CHANNEL):
        return _channel(secret)
    row = db.session.execute(_PERSON, {"hash": hashed(secret)}).one_or_none()
    if row is None:
        return None
    token_id, scopes, person_id, name, roles, stage = row
    return Principal(
        kind="person",
        id=person_id,
        name=name,
        roles=frozenset(roles.split(",")),
        session_id=token_id,
        stage=cast("Stage | None", stage),
        scopes=frozenset(scopes.split()),
    )


def _channel(secret: str) -> Principal | None:
    row = db.session.execute(_CHANNEL, {"hash": hashed(secret)}).one_or_none()
    if row is None:
        return None
    channel_id, name = row
    return Principal(
        kind="channel", id=channel_id, name=name, roles=frozenset({"channel"}), session_id=channel_id
    )
