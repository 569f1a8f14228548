"""Keeping no document longer than it is needed."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from gig.core.db import transaction
from gig.onboarding.models import Application
from gig.onboarding.operations.applications import forget_unused
from gig.onboarding.values import KEEP_PHOTOS, SIDES

AT_ONCE = 200


def delete_old_photos(now: dt.datetime) -> int:
    """No photo is left of what was decided long ago, or never handed in; says how many applications.

    A photo that a newer application of the same person still shows stays until that one is old too.
    """
    old = now - KEEP_PHOTOS
    decided = Application.decided_at <= old
    abandoned = sa.and_(Application.state == "draft", Application.created_at <= old)
    has_photos = sa.or_(Application.front_blob_id.is_not(None), Application.back_blob_id.is_not(None))
    query = sa.select(Application).where(sa.or_(decided, abandoned), has_photos).limit(AT_ONCE)
    with transaction() as session:
        found = session.scalars(query).all()
        blobs = [blob for application in found for side in SIDES if (blob := application.photo(side))]
        for application in found:
            application.front_blob_id = application.back_blob_id = None
        session.flush()
        for blob in dict.fromkeys(blobs):
            forget_unused(session, blob)
        return len(found)
