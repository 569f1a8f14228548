"""Several of operations at one script: one version at a time."""

from __future__ import annotations

from functools import partial

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.dispatch.scripts.models import ScriptVersion
from gig.dispatch.scripts.operations.library import Wording, create_script, edit_script
from tests import builders
from tests.builders import NOON
from tests.races.test_claims_at_once import at_once


def test_of_eight_edits_of_one_version_exactly_one_is_saved(app: Flask, session: Session) -> None:
    actor_id = builders.person(roles="ops")
    script_id = create_script(wording=Wording("题", "旧的", "answer"), actor_id=actor_id, now=NOON)
    edit = partial(edit_script, script_id=script_id, seen=1, actor_id=actor_id, now=NOON)
    ended = at_once(app, [partial(edit, wording=Wording("题", f"新的{n}", "answer")) for n in range(8)])
    assert ended == {"done": 1, "script-changed": 7}
    session.rollback()
    assert list(session.scalars(sa.select(ScriptVersion.number).order_by(ScriptVersion.number))) == [1, 2]
