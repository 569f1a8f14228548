"""A login lasts thirty days, whoever holds the phone."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.ids import new_id
from gig.identity.models import LoginSession
from gig.identity.operations.sessions import SESSION_AGE, end_old_sessions
from tests import builders as a
from tests.builders import NOON

ONE = dt.timedelta(microseconds=1)


def test_a_session_ends_after_thirty_days_and_not_before(session: Session) -> None:
    person, begun = a.person(), new_id()
    with transaction() as inside:
        inside.add(LoginSession(id=begun, person_id=person, created_at=NOON, fresh_at=NOON, agent="a phone"))
        inside.flush()
    assert end_old_sessions(NOON + SESSION_AGE - ONE) is None
    assert end_old_sessions(NOON + SESSION_AGE) == "1 sessions"
    assert session.get_one(LoginSession, begun, populate_existing=True).revoked_at == NOON + SESSION_AGE
