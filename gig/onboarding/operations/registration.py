"""Becoming somebody we know."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from gig.core.db import transaction
from gig.core.errors import Refused, TooMany
from gig.core.text import N_
from gig.identity.operations.people import create_person
from gig.onboarding.models import RegistrationAttempt

BY_ADDRESS, WINDOW = 20, dt.timedelta(hours=1)


def register(*, phone: str, name: str, password: str, address: str, now: dt.datetime) -> None:
    """Somebody with this phone can log in: with this password if nobody had the phone before.

    Whether somebody had it is not said, and takes as long to find out as not.
    """
    _count_attempt(address, now)
    try:
        create_person(phone=phone, name=name, roles=["agent"], password=password, now=now, actor_id=None)
    except Refused as refused:
        if refused.slug != "phone-taken":
            raise


def _count_attempt(address: str, now: dt.datetime) -> None:
    with transaction() as session:
        session.execute(sa.delete(RegistrationAttempt).where(RegistrationAttempt.at <= now - WINDOW))
        recent = sa.select(RegistrationAttempt.at).where(
            RegistrationAttempt.address == address, RegistrationAttempt.at > now - WINDOW
        )
        times = session.scalars(recent.order_by(RegistrationAttempt.at.desc()).limit(BY_ADDRESS)).all()
        if len(times) == BY_ADDRESS:
            wait = int((times[-1] + WINDOW - now).total_seconds()) + 1
            raise TooMany(N_("这个网络注册得太多了，过一会儿再试。"), retry_after_s=max(1, wait))
        session.add(RegistrationAttempt(address=address, at=now))
