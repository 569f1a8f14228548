"""Deciding whether a customer was the agent's own: genuine, or paid back."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.channels.models import Suspicion
from gig.channels.states import SUSPICION
from gig.core import audit, outbox
from gig.core.db import transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.text import N_
from gig.core.transitions import move
from gig.dispatch.models import Inquiry
from gig.payouts.disbursement.operations import questions

ENDED = ("closed", "abandoned")
REASON_MOST = 300
TAKEN_BACK = "人工核实：这条咨询的客户是你自己，回复不计费"


def decide_genuine(*, suspicion_id: str, actor_id: str, reason: str, now: dt.datetime) -> None:
    """The customer was somebody else: nothing is taken, and no payout waits for it any more."""
    words = _reason(reason)
    with transaction() as session:
        found, _state = _get(session, suspicion_id)
        _decide(session, found, "genuine", actor_id, words, now, None)


def decide_own_customer(*, suspicion_id: str, actor_id: str, reason: str, now: dt.datetime) -> int:
    """All that the agent earned in the inquiry is reversed, linked to this decision; the fen taken back.

    Only once the inquiry has ended, so that nothing can be earned in it after the decision.
    """
    words = _reason(reason)
    with transaction() as session:
        found, state = _get(session, suspicion_id)
        if state not in ENDED:
            raise Refused(
                "not-ended", N_("这条咨询还没有结束（解决后 24 小时关闭），结束后再判。付款会一直暂缓。")
            )
        taken = questions.take_back(
            session,
            agent_id=found.agent_id,
            inquiry_id=found.inquiry_id,
            decision=f"suspicion-{found.id}",
            why=TAKEN_BACK,
            now=now,
        )
        _decide(session, found, "own_customer", actor_id, words, now, taken)
        return taken


def _decide(
    session: Session,
    found: Suspicion,
    target: str,
    actor_id: str,
    reason: str,
    now: dt.datetime,
    taken_fen: int | None,
) -> None:
    moved = move(
        session,
        SUSPICION,
        Suspicion,
        found.id,
        origin="undecided",
        target=target,
        decided_by=actor_id,
        decided_at=now,
        reason=reason,
        taken_back_fen=taken_fen,
    )
    if not moved:
        raise Refused("already-decided", N_("这一条已经有人判过了，刷新后再看。"))
    questions.end_question(session, agent_id=found.agent_id, inquiry_id=found.inquiry_id, now=now)
    audit.note(
        session,
        actor_id=actor_id,
        action=f"suspicion.{target}",
        object_type="suspicion",
        object_id=found.id,
        reason=reason,
        detail={"agent": found.agent_id, "inquiry": found.inquiry_id, "taken_back_fen": taken_fen or 0},
        now=now,
    )
    payload = {"inquiry_id": found.inquiry_id, "decision": target}
    outbox.emit(session, f"agent:{found.agent_id}", "statement.changed", payload, now=now)


def _get(session: Session, id: str) -> tuple[Suspicion, str]:
    """The suspicion and the state of its inquiry, both locked: first the inquiry, as everywhere."""
    about = sa.select(Suspicion.inquiry_id).where(Suspicion.id == id).scalar_subquery()
    inquiry = sa.select(Inquiry.state).where(Inquiry.id == about).with_for_update(key_share=True)
    state = session.execute(inquiry).scalar_one_or_none()
    if state is None:
        raise NotFound
    return session.get_one(Suspicion, id, populate_existing=True, with_for_update=True), state


def _reason(text: str) -> str:
    words = " ".join(text.split())
    if not words or len(words) > REASON_MOST:
        raise Invalid({"reason": [N_("写明依据，1 到 300 个字。")]})
    return words
