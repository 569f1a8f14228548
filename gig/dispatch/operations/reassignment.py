"""改派: ops hands a waiting customer to another agent, who may take it or leave it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit, outbox, tunables
from gig.core.db import transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import is_id
from gig.core.text import N_
from gig.dispatch.models import Inquiry
from gig.dispatch.notices.operations import tell_agent
from gig.dispatch.operations.expiry import back_to_feed
from gig.dispatch.operations.locks import lock_agent
from gig.dispatch.queries.candidates import Candidate, candidates
from gig.dispatch.values import seconds

REASON_MOST = 200
TOLD_FOR = dt.timedelta(minutes=15)


def reassign(
    *, inquiry_id: str, to_agent_id: str | None = None, reason: str, actor_id: str, now: dt.datetime
) -> Candidate:
    """The inquiry is in the feed, for a while for one agent alone (the best, unless named); returns them.

    Its owner, if it had one, is told in plain words and loses nothing by it: no miss, no release, no
    points; their clock and quote stay theirs. Nobody is forced: after the while it is everyone's.
    """
    reason = reason.strip()
    if not reason or len(reason) > REASON_MOST:
        raise Invalid({"reason": [N_("写明原因，最多 200 个字。")]})
    with transaction() as session:
        inquiry = session.get(Inquiry, inquiry_id, populate_existing=True) if is_id(inquiry_id) else None
        if inquiry is None:
            raise NotFound
        owner_id = inquiry.owner_id
        if owner_id:
            lock_agent(session, owner_id)
        numbers = tunables.values(session)
        chosen = _chosen(candidates(session, inquiry, numbers, now), to_agent_id)
        found = _free(session, inquiry_id, owner_id, now)
        found.reserved_for = chosen.agent_id
        found.reserved_until = now + seconds(numbers, "reassign_s")
        session.flush()
        _tell(session, found, owner_id, chosen, numbers["reassign_s"], now)
        detail = {"from": owner_id, "to": chosen.agent_id, "turn": found.open_turn_id}
        _note(session, inquiry_id, reason, detail, actor_id, now)
        return chosen


def _chosen(able: list[Candidate], wanted: str | None) -> Candidate:
    for each in able:
        if wanted in (None, "", each.agent_id):
            return each
    if able:
        raise Refused("not-eligible", N_("这位客服现在接不了：要在线、有这个队列、手上没满。换一位。"))
    raise Refused("nobody-free", N_("现在没有空着的客服能接，没有改派。可以发通知叫人。"))


def _free(session: Session, inquiry_id: str, owner_id: str | None, now: dt.datetime) -> Inquiry:
    """The inquiry, open and locked; Refused when it is no longer as it was looked at."""
    if owner_id:
        still = (Inquiry.owner_id == owner_id, Inquiry.expires_at >= now)
        found = back_to_feed(session, inquiry_id, *still, ended="returned", now=now)
    else:
        waiting = sa.select(Inquiry).where(Inquiry.id == inquiry_id, Inquiry.state == "open")
        locked = waiting.with_for_update().execution_options(populate_existing=True)
        found = session.execute(locked).scalar_one_or_none()
    if found is None:
        raise Refused("moved", N_("这条刚刚变了：已回复、已超时或已结束，没有改派。"))
    return found


def _tell(
    session: Session, inquiry: Inquiry, owner_id: str | None, chosen: Candidate, wait_s: int, now: dt.datetime
) -> None:
    if owner_id:
        words = N_("运营把你手上的一条咨询改派给了别人，不扣分，不算漏答，也不算退单。")
        tell_agent(session, owner_id, words, {}, lasts=TOLD_FOR, now=now)
    words = N_("运营请你接一条咨询，%(n)s 秒内只有你能抢；不接也没关系，不扣分。")
    lasts = dt.timedelta(seconds=wait_s)
    tell_agent(session, chosen.agent_id, words, {"n": wait_s}, lasts=lasts, now=now)
    events: list[outbox.Event] = [
        (f"agent:{chosen.agent_id}", "feed.new", {"inquiry_id": inquiry.id, "queue": inquiry.queue}),
        ("ops", "risk.changed", {"inquiry_id": inquiry.id}),
    ]
    outbox.emit_all(session, events, now=now)


def _note(
    session: Session, inquiry_id: str, reason: str, detail: dict[str, Any], actor_id: str, now: dt.datetime
) -> None:
    audit.note(
        session,
        actor_id=actor_id,
        action="inquiry.reassign",
        object_type="inquiry",
        object_id=inquiry_id,
        reason=reason,
        detail=detail,
        now=now,
    )
