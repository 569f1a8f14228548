"""The demo world's library, and its agents' habit of using it."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.dispatch.scripts.models import Script
from gig.dispatch.scripts.operations.library import create_script
from gig.dispatch.scripts.queries.library import Entry, library
from gig.dispatch.scripts.rules.fields import filled
from gig.simulator.library import LIBRARY
from gig.simulator.story import Story

OPENS, ANSWERS, CLOSES = 0.2, 0.25, 0.5
"""How often the first answer begins with a script, any is taken from one, the last one ends with one."""


def write_library(session: Session, *, actor_id: str, now: dt.datetime) -> None:
    """The scripts are there, unless somebody has written some already."""
    if session.scalar(sa.select(Script.id).limit(1)) is None:
        for wording in LIBRARY:
            create_script(wording=wording, actor_id=actor_id, now=now)


@dataclass(frozen=True)
class Said:
    """What an agent sends, and the script that it began as."""

    text: str
    script_id: str | None = None


def worded(session: Session, story: Story, turn: int, *, customer: str, key: str) -> Said:
    """The story's own answer, now and then with a script about it; the same for the same key."""
    answer = story.turns[turn][1]
    chance = random.Random(key)
    dice = chance.random()
    last = turn == len(story.turns) - 1
    fitting = [each for each in library(session).values() if _fits(each, story)]
    if turn == 0 and dice < OPENS:
        stage = "opening"
    elif last and dice > 1 - CLOSES:
        stage = "closing"
    elif dice < OPENS + ANSWERS:
        stage = "answer"
    else:
        return Said(answer)
    known = {
        "customer": customer,
        "agent": "小林",
        "order": f"D{chance.randrange(10**6):06d}",
        "kind": "外卖",
    }
    choices = sorted((each for each in fitting if each.stage == stage), key=lambda each: each.title)
    texts = [(each, filled(each.text, known)) for each in choices]
    whole = [(each, text) for each, text in texts if "【" not in text]
    if not whole:
        return Said(answer)
    script, text = chance.choice(whole)
    parts = [text, answer] if stage == "opening" else [answer, text]
    return Said("\n".join(parts), script.id)


def _fits(entry: Entry, story: Story) -> bool:
    return (
        not entry.retired
        and entry.queue in (None, story.queue)
        and entry.issue_type in (None, story.issue_type)
    )
