"""What is still undecided about a period's money, told by the features above that know it.

Settlement may not look up at them; each hands in one question at start, and a rehearsal asks them all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask, current_app
from sqlalchemy.orm import Session

KEY = "gig.payouts.undecided"


@dataclass(frozen=True)
class Undecided:
    """One open matter of a period: whose, how much of their money, until when, and where it is decided."""

    kind: str
    id: str
    agent_id: str
    agent_name: str
    fen: int
    due_at: dt.datetime
    url: str


Question = Callable[[Session, str], Sequence[Undecided]]
"""What of the feature is undecided in the period of this id."""


def ask(app: Flask, question: Question) -> None:
    """From here on the question is asked of every period that is rehearsed."""
    app.extensions.setdefault(KEY, []).append(question)


def undecided(session: Session, period_id: str) -> list[Undecided]:
    """All that is undecided in the period, the most urgent first."""
    questions: list[Question] = current_app.extensions.get(KEY, [])
    found = [each for question in questions for each in question(session, period_id)]
    return sorted(found, key=lambda each: (each.due_at, each.id))
