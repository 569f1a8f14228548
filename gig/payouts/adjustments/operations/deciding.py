"""Giving, taking, and taking back: proposed by one person, above the limit posted by another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from gig.core import audit, blobs, outbox
from gig.core.db import made, one_at_a_time, transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.core.money import yuan
from gig.core.text import N_
from gig.core.transitions import move
from gig.payouts.adjustments import queries
from gig.payouts.adjustments.models import Adjustment
from gig.payouts.adjustments.operations.checking import (
    NO_EVIDENCE,
    NONE,
    Evidence,
    faults_of_any,
    faults_of_new,
)
from gig.payouts.adjustments.operations.posting import post_adjustments
from gig.payouts.adjustments.states import ADJUSTMENT
from gig.payouts.books.values import REVERSIBLE
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.values import zone


def propose(
    *,
    kind: str,
    agent_id: str,
    amount_fen: int,
    reason: str,
    evidence: Evidence = NONE,
    earning_id: str | None = None,
    id: str | None = None,
    actor_id: str,
    now: dt.datetime,
) -> str:
    """The adjustment is posted, or waits for a second person when it is above the limit; its id.

    What takes or waits has evidence: words or a file. The same `id` proposed again changes nothing.
    """
    asked: dict[str, Any] = {
        "kind": kind,
        "agent_id": agent_id,
        "amount_fen": amount_fen,
        "earning_id": earning_id or None,
        "reason": reason,
        "evidence": evidence,
    }
    with _deciding() as session:
        if id is not None and session.get(Adjustment, id) is not None:
            return id
        if errors := faults_of_new(session, **asked):
            raise Invalid(errors)
        adjustment = _written(session, id=id or new_id(), actor_id=actor_id, now=now, **asked)
        return _post_if_small(session, adjustment, now=now)


def propose_reversal(
    *,
    entry_id: str,
    amount_fen: int,
    reason: str,
    evidence: Evidence = NONE,
    id: str | None = None,
    actor_id: str,
    now: dt.datetime,
) -> str:
    """A stated part of an entry is taken back with evidence, or waits for a second person; its id."""
    if errors := faults_of_any(amount_fen=amount_fen, reason=reason, evidence=evidence, needed=True):
        raise Invalid(errors)
    with _deciding() as session:
        if id is not None and session.get(Adjustment, id) is not None:
            return id
        # locked before the adjustment refers to it, as whoever else takes back from it would
        original = session.get(LedgerEntry, entry_id, with_for_update=True)
        if original is None:
            raise NotFound()
        if original.kind not in REVERSIBLE or original.agent_id is None:
            raise Refused("not-reversible", N_("这笔分录不能在这里冲回。"))
        left = queries.left_of(session, original)
        if amount_fen > left:
            raise Refused("too-much-reversed", N_("最多还能冲回 ¥%(yuan)s。"), yuan=yuan(left))
        adjustment = _written(
            session,
            id=id or new_id(),
            kind="reversal",
            agent_id=original.agent_id,
            amount_fen=amount_fen,
            reverses_id=entry_id,
            reason=reason,
            evidence=evidence,
            actor_id=actor_id,
            now=now,
        )
        return _post_if_small(session, adjustment, now=now)


def approve(*, adjustment_id: str, actor_id: str, now: dt.datetime) -> None:
    """What another person proposed is posted. Pressed again by the same person it changes nothing."""
    with _deciding() as session:
        adjustment = _waiting(session, adjustment_id)
        if adjustment.state == "posted" and adjustment.decided_by == actor_id:
            return
        if adjustment.maker_id == actor_id:
            raise Refused("two-people", N_("提出的人不能自己复核，请另一位财务来看。"))
        _decide(session, adjustment, "posted", actor_id=actor_id, now=now)
        post_adjustments(session, [adjustment], now=now)
        _note(session, adjustment, "adjustment.approve", actor_id=actor_id, now=now)


def turn_down(*, adjustment_id: str, reason: str, actor_id: str, now: dt.datetime) -> None:
    """Nothing is posted: another person refused it with a reason, or its maker withdrew it."""
    with _deciding() as session:
        adjustment = _waiting(session, adjustment_id)
        if adjustment.maker_id == actor_id:
            _decide(session, adjustment, "withdrawn", actor_id=actor_id, now=now)
            _note(session, adjustment, "adjustment.withdraw", actor_id=actor_id, now=now)
            return
        if not reason.strip():
            raise Invalid({"refusal": [N_("写明为什么不同意。")]})
        _decide(session, adjustment, "refused", actor_id=actor_id, now=now, refusal=reason.strip())
        _note(session, adjustment, "adjustment.refuse", actor_id=actor_id, now=now, reason=reason.strip())


@contextmanager
def _deciding() -> Iterator[Session]:
    """A transaction in which nobody else decides an adjustment: sums and limits are judged one by one."""
    with transaction() as session:
        one_at_a_time(session, "adjustments")
        yield session


def _written(
    session: Session,
    *,
    id: str,
    kind: str,
    agent_id: str,
    amount_fen: int,
    reason: str,
    evidence: Evidence,
    actor_id: str,
    now: dt.datetime,
    earning_id: str | None = None,
    reverses_id: str | None = None,
) -> Adjustment:
    blob = None
    if evidence.content and (media_type := evidence.media_type):
        blob = blobs.keep(session, evidence.content, media_type=media_type, now=now)
    adjustment = Adjustment(
        id=id,
        kind=kind,
        agent_id=agent_id,
        amount_fen=amount_fen,
        earning_id=earning_id,
        reverses_id=reverses_id,
        reason=reason.strip(),
        evidence=evidence.words.strip(),
        evidence_blob_id=blob.id if blob else None,
        evidence_name=(evidence.name or N_("附件"))[:100] if blob else None,
        state="proposed",
        maker_id=actor_id,
        made_at=now,
    )
    session.add(adjustment)
    session.flush()
    made(session, adjustment_id=id)
    _note(session, adjustment, "adjustment.propose", actor_id=actor_id, now=now)
    return adjustment


def _post_if_small(session: Session, adjustment: Adjustment, *, now: dt.datetime) -> str:
    """What one person gives or takes alone in a day stays within the limit, however it is split."""
    since, _until = zone().day_bounds(zone().day_of(now))
    alone = queries.posted_alone(session, adjustment.maker_id, adjustment.agent_id, since)
    if alone + adjustment.amount_fen > queries.alone_fen(session):
        if not adjustment.evidence and adjustment.evidence_blob_id is None:
            raise Invalid({"evidence": [NO_EVIDENCE]})
        outbox.emit(session, "finance", "adjustment.waiting", {"adjustment_id": adjustment.id}, now=now)
        return adjustment.id
    _decide(session, adjustment, "posted", actor_id=None, now=now)
    post_adjustments(session, [adjustment], now=now)
    return adjustment.id


def _waiting(session: Session, adjustment_id: str) -> Adjustment:
    found = session.get(Adjustment, adjustment_id, populate_existing=True)
    if found is None or found.run_id is not None:
        raise NotFound()
    return found


def _decide(
    session: Session,
    adjustment: Adjustment,
    target: str,
    *,
    actor_id: str | None,
    now: dt.datetime,
    refusal: str | None = None,
) -> None:
    """Compare-and-set: of two people who press at once, one wins and the other is told."""
    values = {"decided_by": actor_id, "decided_at": now, "refusal": refusal}
    if adjustment.state != "proposed" or not move(
        session, ADJUSTMENT, Adjustment, adjustment.id, origin="proposed", target=target, **values
    ):
        raise Refused("already-decided", N_("这笔调整已经有人处理过了。"))
    session.refresh(adjustment)


def _note(
    session: Session,
    adjustment: Adjustment,
    action: str,
    *,
    actor_id: str,
    now: dt.datetime,
    reason: str | None = None,
) -> None:
    audit.note(
        session,
        actor_id=actor_id,
        action=action,
        object_type="adjustment",
        object_id=adjustment.id,
        reason=reason or adjustment.reason,
        detail={
            "kind": adjustment.kind,
            "agent_id": adjustment.agent_id,
            "amount_fen": adjustment.amount_fen,
        },
        now=now,
    )
