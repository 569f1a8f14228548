"""已解决: the end of an inquiry, by the agent's word or by the customer's silence; and the rating."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import outbox
from gig.core.db import made, transaction
from gig.core.errors import NotFound, Refused
from gig.core.ids import new_id
from gig.core.text import N_
from gig.dispatch.models import Inquiry, Rating, TurnQuote
from gig.dispatch.operations.expiry import next_closing
from gig.dispatch.operations.following import told
from gig.scoring.operations.events import note_event


def resolve(*, inquiry_id: str, agent_id: str, now: dt.datetime) -> None:
    """The owner has declared the question answered; saying so again changes nothing.

    Refused while the customer waits for an answer.
    """
    with transaction() as session:
        inquiry = session.execute(
            sa.select(Inquiry)
            .where(Inquiry.id == inquiry_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalar_one_or_none()
        if inquiry is None or not _had(session, inquiry, agent_id):
            raise NotFound
        if inquiry.state == "resolved" and inquiry.resolved_by == agent_id:
            return
        if inquiry.owner_id != agent_id:
            raise Refused("not-yours", N_("这条咨询已经不在你手上了。"))
        if inquiry.open_turn_id:
            raise Refused("turn-open", N_("客户还在等这一轮的回复，先回复再结束。"))
        settle_resolution(session, inquiry, now=now)


def settle_resolution(session: Session, inquiry: Inquiry, *, now: dt.datetime) -> None:
    """The inquiry is resolved, to the credit of its owner, and may come back within 24 h.

    A customer who had said before that it was not solved is not overruled by the word of the agent.
    """
    owner_id = inquiry.owner_id
    if owner_id is None:
        return
    said_no = sa.select(Rating.id).where(
        Rating.inquiry_id == inquiry.id, Rating.first, sa.not_(Rating.resolved)
    )
    if inquiry.resolved_at:
        said_no = said_no.where(Rating.rated_at > inquiry.resolved_at)
    unsolved = session.execute(said_no).first() is not None
    inquiry.state = "resolved"
    inquiry.resolved_at = now
    inquiry.resolved_by = owner_id
    inquiry.owner_id = inquiry.claimed_at = inquiry.expires_at = None
    inquiry.due_at = next_closing(now)
    inquiry.version += 1
    session.flush()
    note_event(
        session,
        agent_id=owner_id,
        kind="resolved",
        source_key=f"resolved:{inquiry.id}:{now.isoformat()}",
        at=now,
        inquiry_id=inquiry.id,
    )
    if unsolved:
        note_event(
            session,
            agent_id=owner_id,
            kind="not_solved",
            source_key=f"not_solved:{inquiry.id}:{now.isoformat()}",
            at=now,
            inquiry_id=inquiry.id,
        )
    events: list[outbox.Event] = [(f"agent:{owner_id}", "inquiry.resolved", {"inquiry_id": inquiry.id})]
    outbox.emit_all(session, events + told(inquiry.id, inquiry.followed), now=now)


def rate(
    *, channel_id: str, inquiry_id: str, stars: int, resolved: bool, comment: str, now: dt.datetime
) -> str:
    """The customer's rating is kept; the first of an inquiry counts, for its resolver or last owner.

    Returns the rating's id.
    """
    with transaction() as session:
        inquiry = session.execute(
            sa.select(Inquiry)
            .where(Inquiry.id == inquiry_id, Inquiry.channel_id == channel_id)
            .with_for_update()
        ).scalar_one_or_none()
        if inquiry is None:
            raise NotFound
        earlier = session.execute(
            sa.select(Rating.id).where(Rating.inquiry_id == inquiry_id).limit(1)
        ).first()
        back = inquiry.state in ("open", "claimed")
        agent_id = inquiry.last_owner_id if back else inquiry.resolved_by or inquiry.last_owner_id
        rating = Rating(
            id=new_id(),
            inquiry_id=inquiry_id,
            agent_id=agent_id,
            stars=stars,
            resolved=resolved,
            comment=comment,
            first=earlier is None,
            rated_at=now,
        )
        session.add(rating)
        session.flush()
        made(session, rating_id=rating.id)
        if rating.first and agent_id:
            note_event(
                session,
                agent_id=agent_id,
                kind="rating",
                source_key=f"rating:{inquiry_id}",
                at=now,
                inquiry_id=inquiry_id,
                stars=stars,
                solved=resolved,
            )
        return rating.id


def _had(session: Session, inquiry: Inquiry, agent_id: str) -> bool:
    if inquiry.owner_id == agent_id:
        return True
    held = sa.select(TurnQuote.turn_id).where(
        TurnQuote.agent_id == agent_id, TurnQuote.inquiry_id == inquiry.id
    )
    return session.execute(held.limit(1)).first() is not None
