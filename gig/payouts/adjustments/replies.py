"""Which reply an adjustment is about: by its own number, by its conversation, or picked from the latest."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import Invalid
from gig.core.ids import is_id
from gig.core.text import N_, Sentence
from gig.payouts.earnings.models import Earning

LATEST = 30


def latest(session: Session, agent_id: str, *, also: str = "") -> Sequence[Earning]:
    """The agent's newest paid replies, and those that `also` names, wherever they stand in time."""
    if not is_id(agent_id):
        return []
    own = sa.select(Earning).where(Earning.agent_id == agent_id, Earning.gross_fen > 0)
    newest = own.order_by(Earning.received_at.desc(), Earning.id.desc()).limit(LATEST)
    found = list(session.scalars(newest))
    if is_id(wanted := last_part(also)):
        named = sa.or_(Earning.id == wanted, Earning.inquiry_id == wanted)
        known = {each.id for each in found}
        found += [each for each in session.scalars(own.where(named).limit(LATEST)) if each.id not in known]
    return found


def named(session: Session, agent_id: str, reference: str) -> str | None:
    """The reply's number; None for an empty reference.

    A conversation, or the address of its page, names its reply if the agent was paid for one only.
    """
    if not (wanted := last_part(reference)):
        return None
    own = sa.select(Earning.id).where(Earning.agent_id == agent_id)
    known = session.scalar(own.where(Earning.id == wanted))
    if known is not None:
        return known
    found = session.scalars(own.where(Earning.inquiry_id == wanted, Earning.gross_fen > 0)).all()
    if len(found) > 1:
        words = N_("这个会话里有 %(n)s 条计费的回复，请在「关联的回复」里选一条。")
        raise Invalid({"earning": [Sentence(words, {"n": len(found)})]})
    if not found:
        raise Invalid({"earning": [N_("这位客服没有这条回复，也没有这个会话。")]})
    return found[0]


def last_part(reference: str) -> str:
    """`…/agent/chats/01m83…` is pasted as often as the number alone."""
    return reference.strip().partition("?")[0].rstrip("/").rpartition("/")[2].lower()
