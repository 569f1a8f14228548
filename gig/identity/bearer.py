"""Programs: a person's token or a channel's key in the Authorization header."""

from __future__ import annotations

from typing import cast

import sqlalchemy as sa
from flask import request

from gig.core.db import db
from gig.core.prepared import Prepared
from gig.identity.access import Principal
from gig.identity.keys import CHANNEL, hashed
from gig.identity.models import Agent, ApiToken, Channel, Person
from gig.identity.values import Stage

_token, _person, _agent = ApiToken.__table__, Person.__table__, Agent.__table__
_channel = Channel.__table__
_PERSON = Prepared(
    sa.select(_token.c.id, _token.c.scopes, _person.c.id, _person.c.name, _person.c.roles, _agent.c.stage)
    .select_from(_token.join(_person, _person.c.id == _token.c.person_id).outerjoin(_agent))
    .where(
        _token.c.token_hash == sa.bindparam("hash"),
        _token.c.revoked_at.is_(None),
        _person.c.disabled_at.is_(None),
    )
)
_CHANNEL = Prepared(
    sa.select(_channel.c.id, _channel.c.name).where(
        _channel.c.key_hash == sa.bindparam("hash"), _channel.c.revoked_at.is_(None)
    )
)


def principal() -> Principal | None:
    """Who sent the token of this request, in one statement."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        return None
    if secret.startswith(CHANNEL):
        return _of_channel(secret)
    row = _PERSON.peek(db.session(), {"hash": hashed(secret)})
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


def _of_channel(secret: str) -> Principal | None:
    row = _CHANNEL.peek(db.session(), {"hash": hashed(secret)})
    if row is None:
        return None
    channel_id, name = row
    return Principal(
        kind="channel", id=channel_id, name=name, roles=frozenset({"channel"}), session_id=channel_id
    )
