"""A quarter over months' and a year's end, under each of two tax policies: cards change through their
review, people are late and appeal, two are suspended, some owe us, the bank refuses payments and sends
others back.

At its end the books are proved, and each fen on each sheet is followed to the reply or the decision it is of.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from gig.settings import Settings
from tests.fixtures.servers import gig
from tests.scenarios.quarter.story import Quarter
from tests.scenarios.quarter.tracing import Trace, trace

AGENTS = {"sqlite": 500, "postgresql": 40}


@pytest.mark.long
@pytest.mark.usefixtures("programs_here")
@pytest.mark.parametrize("policy", ["labour_2018", "platform_2025"])
def test_each_fen_of_a_quarter_is_of_a_reply_or_a_decision(
    app: Flask, session: Session, settings: Settings, policy: str, tmp_path: Path
) -> None:
    quarter = Quarter(app, session, policy, AGENTS["sqlite" if settings.sqlite else "postgresql"])
    quarter.run()
    session.rollback()
    audited = gig("audit", cwd=tmp_path, GIG_DATABASE_URL=settings.database_url)
    assert audited.returncode == 0, audited.stdout
    found = trace(session, quarter.bank.sheets, left=quarter.left)
    _assert_the_story_was_told(found, policy)


def _assert_the_story_was_told(found: Trace, policy: str) -> None:
    """A scenario proves nothing of what did not happen in it."""
    seen = found.seen
    assert seen["capped"] > 0
    for what in (
        "×150",
        "×175",
        "×200",
        "×300",
        "late 10",
        "late 15",
        "late 20",
        "late 50",
        "appeal upheld",
        "appeal partly",
        "appeal rejected",
        "clawback posted",
        "reversal posted",
        "award refused",
        "back_pay posted",
        "negative carried",
        "small carried",
        "posted for a closed period",
        "statement voided",
        "handed on",
        "held",
        "failed",
        "returned",
        "settled",
        "retry",
        "retry of a retry",
        "tax given back",
        "taxed in 2026-12",
        "taxed in 2027-01",
        "taxed in 2027-02",
    ):
        assert seen[what] > 0, (what, policy)
