"""The role `live`: streams in a process that loads none of the features."""

from __future__ import annotations

import subprocess
import sys

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.clock import real_now
from gig.identity.models import Agent
from tests import builders
from tests.fixtures.processes import ROOT
from tests.fixtures.servers import environment

NOTE = """
import sys
from gig.streams import alone
alone()._note_present({sys.argv[1]})
print([name for name in ("gig.app", "gig.payouts", "gig.channels", "alembic") if name in sys.modules])
"""


def test_it_notes_who_is_present_and_loads_no_feature_for_that(session: Session, database_url: str) -> None:
    before = real_now() - builders.seconds(600)
    agent = builders.agent(seen_at=before)
    done = subprocess.run(
        [sys.executable, "-c", NOTE, agent],
        cwd=ROOT,
        env=environment(GIG_DATABASE_URL=database_url),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "[]", done.stderr
    session.rollback()
    seen = session.execute(sa.select(Agent.last_seen_at).where(Agent.id == agent)).scalar_one()
    assert seen > before
