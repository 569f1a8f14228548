"""The check in the way of a reply: it costs no statement of its own."""

from __future__ import annotations

from sqlalchemy.orm import Session

from gig.dispatch.wording.queries.lists import lists
from gig.dispatch.wording.rules.check import check
from gig.dispatch.wording.values import Blocked


def passed(session: Session, text: str, *, at_revision: int, customer_words: str) -> str:
    """The text as it may be sent, with the customer's personal data masked; Blocked if it may not.

    The revision and the words come with a read that the caller makes anyway.
    """
    verdict = check(text, lists(session, at_revision), customer_words=customer_words)
    if verdict.faults:
        raise Blocked(verdict.faults)
    return verdict.text
