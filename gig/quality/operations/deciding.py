"""A reviewer decides an appeal: the event, the money and the answer in one transaction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit, outbox
from gig.core.db import transaction
from gig.core.errors import Errors, Invalid, NotFound, Refused
from gig.core.ids import is_id
from gig.core.money import yuan
from gig.core.text import N_, Sentence
from gig.core.transitions import move
from gig.dispatch.notices.operations import tell_agent
from gig.payouts.ledger import journal
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.operations.periods import posting_period
from gig.quality.models import Appeal
from gig.quality.queries.money import open_fen
from gig.quality.states import APPEAL
from gig.quality.values import (
    CAUSES,
    GIVEN_BACK,
    GIVEN_BACK_PARTLY,
    REPLY_MOST,
    TOLD_FOR,
    VERDICTS,
    Verdict,
)
from gig.scoring.operations.scoring import lock_agents
from gig.scoring.operations.striking import overturn

NO_MONEY = N_("申诉 %(number)s 成立：这一条不算了，服务分也改回。")
TOLD: dict[Verdict, str] = {
    "upheld": N_("申诉 %(number)s 成立：这一条不算了，返还 ¥%(yuan)s，服务分也改回。"),
    "partly": N_("申诉 %(number)s 部分成立：返还 ¥%(yuan)s。理由在申诉里。"),
    "rejected": N_("申诉 %(number)s 没有成立，维持原判。理由在申诉里。"),
}


@dataclass(frozen=True)
class Ruling:
    """What the reviewer says. `part_fen` and `strike` matter for `partly` alone: how much of the money goes
    back, and whether the event leaves the score too."""

    verdict: str
    cause: str
    reply: str
    part_fen: int | None = None
    strike: bool = False


def decide(*, appeal_id: str, ruling: Ruling, actor_id: str, now: dt.datetime) -> int:
    """The appeal is decided, once, by someone who did not impose what it is about; the fen given back.

    Upheld: the event counts no more, the score is recomputed forward, and what is left of the penalty comes
    back as the reversal `reversal:appeal-ID:ENTRY`. Partly: a stated part of it. The agent is told. A late
    decision counts like any other.
    """
    with transaction() as session:
        found = session.get(Appeal, appeal_id, with_for_update=True, populate_existing=True)
        if found is None or not is_id(appeal_id):
            raise NotFound
        _refuse_unless_theirs(found, actor_id)
        lock_agents(session, [found.agent_id])  # before the penalty, as whoever excuses an outage does
        left = open_fen(session, found.penalty_id, hold=True)
        verdict = _checked(ruling, left)
        fen = {"upheld": left, "partly": ruling.part_fen or 0, "rejected": 0}[verdict]
        strikes = verdict == "upheld" or (verdict == "partly" and ruling.strike)
        struck = strikes and overturn(session, found.event_id, now=now)
        if fen:
            _give_back(session, found, fen, verdict, now)
        _move(session, found, verdict, ruling, actor_id, fen, struck, now)
        _tell(session, found, verdict, fen, now)
        return fen


def _refuse_unless_theirs(found: Appeal, actor_id: str) -> None:
    if found.state != "open":
        raise Refused("already-decided", N_("这件申诉已经有人裁定过了，刷新后再看。"))
    if actor_id in (found.imposed_by, found.agent_id):
        raise Refused("own-decision", N_("这一条是你判的，要由另一位审核来裁定。"))


def _checked(ruling: Ruling, left_fen: int) -> Verdict:
    """The verdict, if all that it needs is there; every fault is named."""
    faults: Errors = {}
    verdict = next((each for each in VERDICTS if each == ruling.verdict), None)
    if verdict is None:
        faults["verdict"] = [N_("选一个结果。")]
    if ruling.cause not in CAUSES:
        faults["cause"] = [N_("选一个归因。")]
    if not ruling.reply.strip() or len(ruling.reply) > REPLY_MOST:
        faults["reply"] = [Sentence(N_("写 1 到 %(n)s 个字。"), {"n": REPLY_MOST})]
    if verdict == "partly" and not 0 < (ruling.part_fen or 0) < left_fen:
        words = N_("部分返还要多于 0、少于还没返还的 ¥%(yuan)s。")
        faults["part"] = [Sentence(words, {"yuan": yuan(left_fen)})]
    if faults or verdict is None:
        raise Invalid(faults)
    return verdict


def _give_back(session: Session, found: Appeal, fen: int, verdict: Verdict, now: dt.datetime) -> None:
    period_id, late_for = posting_period(session, now, now)
    journal.reverse(
        session,
        session.get_one(LedgerEntry, found.penalty_id),
        decision=f"appeal-{found.id}",
        amount_fen=fen,
        period_id=period_id,
        late_for_period_id=late_for,
        why=GIVEN_BACK if verdict == "upheld" else GIVEN_BACK_PARTLY,
        now=now,
    )


def _move(
    session: Session,
    found: Appeal,
    verdict: Verdict,
    ruling: Ruling,
    actor_id: str,
    fen: int,
    struck: bool,
    now: dt.datetime,
) -> None:
    moved = move(
        session,
        APPEAL,
        Appeal,
        found.id,
        origin="open",
        target=verdict,
        decided_by=actor_id,
        decided_at=now,
        cause=ruling.cause,
        reply=ruling.reply.strip(),
        returned_fen=fen,
        struck=struck,
    )
    if not moved:
        raise Refused("already-decided", N_("这件申诉已经有人裁定过了，刷新后再看。"))
    audit.note(
        session,
        actor_id=actor_id,
        action=f"appeal.{verdict}",
        object_type="appeal",
        object_id=found.id,
        reason=ruling.reply.strip(),
        detail={"agent": found.agent_id, "cause": ruling.cause, "returned_fen": fen, "struck": struck},
        now=now,
    )


def _tell(session: Session, found: Appeal, verdict: Verdict, fen: int, now: dt.datetime) -> None:
    params = {"number": found.number, "yuan": yuan(fen)}
    words = NO_MONEY if verdict == "upheld" and not fen else TOLD[verdict]
    tell_agent(session, found.agent_id, words, params, lasts=TOLD_FOR, now=now)
    payload = {"id": found.id, "verdict": verdict, "fen": fen}
    outbox.emit(session, f"agent:{found.agent_id}", "appeal.decided", payload, now=now)
    outbox.emit(session, "reviewer", "appeal.decided", payload, now=now)


def ring_overdue(*, now: dt.datetime) -> int:
    """Each open appeal whose nine days are over has rung once with the reviewers; how many did now."""
    late = (Appeal.state == "open", Appeal.due_at < now, Appeal.rung_at.is_(None))
    with transaction() as session:
        rung = session.scalars(
            sa.update(Appeal)
            .where(*late)
            .values(rung_at=now)
            .returning(Appeal.id)
            .execution_options(synchronize_session=False)
        ).all()
        events: list[outbox.Event] = [("reviewer", "appeal.overdue", {"id": id}) for id in rung]
        outbox.emit_all(session, events, now=now)
        return len(rung)
