"""升级: a turn that goes to somebody else, with what the next one must know; and where it may go."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit, outbox, tunables
from gig.core.db import made, transaction
from gig.core.errors import Errors, Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.core.text import N_
from gig.dispatch.escalation_models import Escalation, EscalationRoute
from gig.dispatch.models import Inquiry, Queue, TurnQuote
from gig.dispatch.operations.expiry import back_to_feed
from gig.dispatch.operations.locks import lock_agent
from gig.dispatch.queries import escalations, phrases
from gig.dispatch.rules.escalation import FEE_MEMOS, KINDS, REASONS, Route, summary_faults
from gig.payouts.earnings.triage import pay_triage
from gig.payouts.rates import queries as rates

REASON_MOST = 200


def escalate(
    *,
    inquiry_id: str,
    agent_id: str,
    reason: str,
    summary: str,
    now: dt.datetime,
    to_queue: str | None = None,
) -> Escalation:
    """The open turn waits on another queue, its escalator is owed the card's fee, and nobody is blamed.

    The inquiry keeps its place by `queued_at`; the escalator's clock on the turn is over and they are not
    offered the inquiry again. Without `to_queue` the reason decides. Doing it twice changes nothing.
    """
    with transaction() as session:
        lock_agent(session, agent_id)
        inquiry, quote = _held(session, inquiry_id, agent_id)
        if inquiry.owner_id != agent_id:
            done = escalations.latest_own(session, inquiry_id, agent_id)
            if done is not None and done.turn_id == quote.turn_id:
                return done
            raise Refused("not-yours", N_("这条咨询已经不在你手上了。"))
        if inquiry.open_turn_id is None:
            raise Refused("no-open-turn", N_("这一轮已经回复，客户再问时才能升级。"))
        if inquiry.expires_at is not None and inquiry.expires_at < now:
            raise Refused("expired", N_("这一轮已超过时限，会自动退回抢单大厅。"))
        _check_words(session, reason, summary)
        target = _target(session, inquiry, reason, to_queue)
        written = _write(session, inquiry, quote, reason, summary.strip(), target, now)
        _hand_on(session, inquiry, target, now)
        pay_triage(
            session,
            turn_id=written.turn_id,
            agent_id=agent_id,
            fee_fen=written.fee_fen,
            memo=FEE_MEMOS[reason],
            now=now,
        )
        made(session, escalation_id=written.id)
        return written


def _held(session: Session, inquiry_id: str, agent_id: str) -> tuple[Inquiry, TurnQuote]:
    """The inquiry, locked, and the agent's latest clock in it; not there for who never had one."""
    inquiry = session.get(Inquiry, inquiry_id, with_for_update=True, populate_existing=True)
    quote = session.scalars(
        sa.select(TurnQuote)
        .where(TurnQuote.agent_id == agent_id, TurnQuote.inquiry_id == inquiry_id)
        .order_by(TurnQuote.clock_started_at.desc(), TurnQuote.turn_id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).first()
    if inquiry is None or quote is None:
        raise NotFound
    return inquiry, quote


def _check_words(session: Session, reason: str, summary: str) -> None:
    faults: Errors = {}
    if reason not in REASONS:
        faults["reason"] = [N_("选一个原因。")]
    at_revision = session.execute(sa.select(phrases.revision())).scalar_one()
    wrong = summary_faults(
        summary,
        least=tunables.values(session)["handover_summary_least"],
        holding_phrases=phrases.holding_phrases(session, at_revision),
    )
    if wrong:
        faults["summary"] = list(wrong)
    if faults:
        raise Invalid(faults)


def _target(session: Session, inquiry: Inquiry, reason: str, to_queue: str | None) -> Route:
    way = escalations.way_on(session, inquiry, reason)
    if way.refused:
        raise way.refused
    if to_queue is None:
        return way.to[0]
    for route in way.to:
        if route.to_queue == to_queue:
            return route
    raise Invalid({"to": [N_("不能转到这个队列，换一个。")]})


def _write(
    session: Session,
    inquiry: Inquiry,
    quote: TurnQuote,
    reason: str,
    summary: str,
    target: Route,
    now: dt.datetime,
) -> Escalation:
    """The hand-over is kept, with the fee that the card of the escalator's clock names."""
    written = Escalation(
        id=new_id(),
        inquiry_id=inquiry.id,
        turn_id=quote.turn_id,
        agent_id=quote.agent_id,
        number=inquiry.handovers + 1,
        from_queue=inquiry.queue,
        to_queue=target.to_queue,
        reason=reason,
        summary=summary,
        card_id=quote.card_id,
        fee_fen=rates.card(session, quote.card_id).triage_fee_fen,
        escalated_at=now,
    )
    session.add(written)
    session.flush()
    return written


def _hand_on(session: Session, inquiry: Inquiry, target: Route, now: dt.datetime) -> None:
    """Open on the other queue. A rating before the next claim is not the escalator's."""
    left = inquiry.queue
    inquiry.queue = target.to_queue
    inquiry.handovers += 1
    inquiry.last_owner_id = inquiry.resolved_by
    session.flush()
    back_to_feed(session, inquiry.id, ended="escalated", now=now)
    payload = {"inquiry_id": inquiry.id, "from": left, "to": target.to_queue, "number": inquiry.handovers}
    outbox.emit(session, "ops", "inquiry.escalated", payload, now=now)


def list_route(
    *, from_queue: str, to_queue: str, kind: str, reason: str, actor_id: str | None, now: dt.datetime
) -> None:
    """From the next escalation on, the one queue takes the other's."""
    faults: Errors = {}
    if kind not in KINDS:
        faults["kind"] = [N_("选高级或专家。")]
    if from_queue == to_queue:
        faults["to_queue"] = [N_("不能升级到同一个队列。")]
    with transaction() as session:
        for field, slug in (("from_queue", from_queue), ("to_queue", to_queue)):
            queue = session.get(Queue, slug)
            if queue is None or queue.retired_at is not None:
                faults[field] = [N_("选一个使用中的队列。")]
        reason = _reason(reason, faults)
        if Route(to_queue, kind) in escalations.routes_from(session, from_queue):
            raise Refused("route-listed", N_("已经是这样了。"))
        _change(session, from_queue, to_queue, kind, reason, actor_id, now, listed=True)


def unlist_route(
    *, from_queue: str, to_queue: str, reason: str, actor_id: str | None, now: dt.datetime
) -> None:
    """From the next escalation on, the one queue takes none of the other's."""
    reason = _reason(reason, {})
    with transaction() as session:
        for route in escalations.routes_from(session, from_queue):
            if route.to_queue == to_queue:
                _change(session, from_queue, to_queue, route.kind, reason, actor_id, now, listed=False)
                return
        raise NotFound


def _reason(reason: str, faults: Errors) -> str:
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_MOST or not reason.isprintable():
        faults["reason"] = [N_("写明为什么要改，最多 200 个字。")]
    if faults:
        raise Invalid(faults)
    return reason


def _change(
    session: Session,
    from_queue: str,
    to_queue: str,
    kind: str,
    reason: str,
    actor_id: str | None,
    now: dt.datetime,
    *,
    listed: bool,
) -> None:
    session.add(
        EscalationRoute(
            from_queue=from_queue,
            to_queue=to_queue,
            kind=kind,
            listed=listed,
            reason=reason,
            changed_by=actor_id,
            changed_at=now,
        )
    )
    audit.note(
        session,
        actor_id=actor_id,
        action="escalation.route" if listed else "escalation.unroute",
        object_type="queue",
        object_id=from_queue,
        reason=reason,
        detail={"to": to_queue, "kind": kind},
        now=now,
    )
