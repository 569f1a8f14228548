"""Giving, taking, and taking back: proposed by one person, above the limit posted by another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.orm import Session

from gig.core import audit, blobs, outbox
from gig.core.db import made, one_at_a_time, transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.core.money import yuan
from gig.core.text import N_, Sentence
from gig.core.transitions import move
from gig.identity.models import Agent
from gig.payouts.adjustments import queries
from gig.payouts.adjustments.models import Adjustment
from gig.payouts.adjustments.operations.posting import post_adjustments
from gig.payouts.adjustments.states import ADJUSTMENT
from gig.payouts.adjustments.values import (
    DECIDED,
    EVIDENCE_LENGTH,
    FILE_BYTES,
    FILE_TYPES,
    MOST_FEN,
    REASON_LENGTH,
)
from gig.payouts.books.values import REVERSIBLE
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.values import zone


@dataclass(frozen=True)
class Evidence:
    """What speaks for a decision: words, and a file if there is one."""

    words: str = ""
    content: bytes = b""
    name: str = ""

    @property
    def media_type(self) -> str | None:
        """What the file is, by its first bytes; None if it is nothing that is kept."""
        found = (kind for kind, start in FILE_TYPES.items() if self.content.startswith(start))
        return next(found, None)

    def faults(self, *, needed: bool) -> dict[str, list[str]]:
        errors: dict[str, list[str]] = {}
        if needed and not (self.words.strip() or self.content):
            errors["evidence"] = [NO_EVIDENCE]
        elif len(self.words.strip()) > EVIDENCE_LENGTH:
            errors["evidence"] = [N_("依据最多 2000 字。")]
        if len(self.content) > FILE_BYTES:
            errors["file"] = [N_("附件最大 5 MB。")]
        elif self.content and self.media_type is None:
            errors["file"] = [N_("附件要是 PDF、PNG 或 JPEG。")]
        return errors


NONE = Evidence()
NO_EVIDENCE = N_("扣回、冲回和要另一个人复核的，写明依据或附上文件。")


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
    errors = _faults(amount_fen, reason, evidence, needed=kind == "clawback")
    if kind not in DECIDED:
        errors["kind"] = [N_("选一种调整。")]
    if errors:
        raise Invalid(errors)
    with _deciding() as session:
        if id is not None and session.get(Adjustment, id) is not None:
            return id
        if session.get(Agent, agent_id) is None:
            raise Invalid({"agent": [N_("没有这位客服。")]})
        earning = session.get(Earning, earning_id) if earning_id else None
        if earning_id and (earning is None or earning.agent_id != agent_id):
            raise Invalid({"earning": [N_("这位客服没有这条回复。")]})
        adjustment = _written(
            session,
            id=id or new_id(),
            kind=kind,
            agent_id=agent_id,
            amount_fen=amount_fen,
            earning_id=earning_id or None,
            reason=reason,
            evidence=evidence,
            actor_id=actor_id,
            now=now,
        )
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
    if errors := _faults(amount_fen, reason, evidence, needed=True):
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


def _faults(
    amount_fen: int, reason: str, evidence: Evidence, *, needed: bool
) -> dict[str, list[str | Sentence]]:
    errors: dict[str, list[str | Sentence]] = {**evidence.faults(needed=needed)}  # type: ignore[dict-item]
    if not 0 < amount_fen <= MOST_FEN:
        errors["amount"] = [N_("金额要大于 0，最多 100000 元。")]
    if not reason.strip():
        errors["reason"] = [N_("写明原因，客服会看到。")]
    elif len(reason.strip()) > REASON_LENGTH:
        errors["reason"] = [N_("原因最多 200 字。")]
    return errors


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
