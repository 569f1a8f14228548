"""回复: the message, its price, its place in the ledger and its score event, in one transaction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import outbox, tunables
from gig.core.db import Base, Instant, made, table_of, transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.core.inserts import PreparedInsert
from gig.core.prepared import Prepared
from gig.core.rows import as_written
from gig.core.text import N_
from gig.core.together import together
from gig.dispatch.models import Draft, Inquiry, Message, Turn, TurnQuote
from gig.dispatch.operations import clocks, following
from gig.dispatch.operations.drafts import put_draft
from gig.dispatch.queries import phrases
from gig.dispatch.rules.substantive import UnpaidReason, fingerprint, not_substantive
from gig.dispatch.scripts.queries import library
from gig.dispatch.values import seconds
from gig.dispatch.wording.operations.checking import passed
from gig.dispatch.wording.queries import lists
from gig.dispatch.wording.queries.words import customer_words
from gig.dispatch.wording.rules.check import asks_for_words
from gig.identity.models import Agent
from gig.payouts.earnings.models import Earning
from gig.payouts.earnings.operations import AnsweredTurn, record_earning
from gig.payouts.rates import queries as rates
from gig.payouts.rates.rules.pricing import Pricing, price
from gig.scoring.operations.events import note_event

Found = Any
"""The row of `_LOOK`, by column name."""


@dataclass(frozen=True)
class Replied:
    """The message as it was sent, and what it earned unless `unpaid_reason` says why not."""

    message: Message
    earning: Earning | None

    @property
    def unpaid_reason(self) -> str | None:
        return self.message.unpaid_reason


def reply(
    *, inquiry_id: str, agent_id: str, text: str, now: dt.datetime, script_id: str | None = None
) -> Replied:
    """The customer has the agent's words; if they answer the open turn, it is priced, posted and scored.

    A reply after the expiry, or by a former owner, is refused and stays in their draft, as do words that
    the check before sending blocks, while the clock runs on; for anyone else the inquiry does not exist.
    """
    try:
        with transaction() as session:
            return _reply(session, inquiry_id, agent_id, text, script_id, now)
    except (Refused, Invalid):
        if text.strip():
            put_draft(inquiry_id=inquiry_id, agent_id=agent_id, text=text, now=now)
        raise


def _reply(
    session: Session, inquiry_id: str, agent_id: str, text: str, script_id: str | None, now: dt.datetime
) -> Replied:
    mark = fingerprint(text)
    asked = {"inquiry": inquiry_id, "agent": agent_id, "mark": mark, "script": script_id}
    found = _look(session, asked, text)
    if found.open_turn_id and found.owner_id == agent_id and found.card_id is None:
        found = _look(session, asked, text)  # the turn began while we waited for the lock
    _refuse_unless_owner(found, agent_id, now)
    if script_id and not found.script_known:
        raise Invalid({"script_id": [N_("没有这条话术。")]})
    text = passed(
        session, text, at_revision=found.wording_revision, customer_words=found.customer_words or ""
    )
    reason: str | None = UnpaidReason.NO_OPEN_TURN
    if found.open_turn_id and now >= found.clock_started_at:
        reason = not_substantive(
            text,
            holding_phrases=phrases.holding_phrases(session, found.phrases_revision),
            earlier=(mark,) if found.repeated else (),
        )
    with together(session) as writes:
        message = _send(session, found, agent_id, text, mark, script_id, reason, now)
        if found.has_draft:
            _FORGET.write(session, {"inquiry": inquiry_id, "agent": agent_id})
        made(session, message_id=message.id)
        if reason:
            _SEEN.write(session, {"agent": agent_id, "at": now})
            _tell(session, found, agent_id, {"message_id": message.id}, now)
            return Replied(message, None)
        pricing = price(
            clocks.kept_quote(rates.card(session, found.card_id), found),
            clock_started_at=found.clock_started_at,
            replied_at=now,
        )
        writes.decide(_CLOSE_TURN, {"turn": found.open_turn_id, "agent": agent_id, "at": now})
        earning = _answer(session, found, agent_id, pricing, now)
        made(session, earning_id=earning.id)
        told = {"message_id": message.id, "earning_id": earning.id, "pay_fen": earning.pay_fen}
        _tell(session, found, agent_id, told, now)
    if not writes.met:
        raise Refused("not-yours", N_("这一轮已经有人回复，没有发送。文字还在草稿里。"))
    return Replied(message, earning)


def _look(session: Session, asked: dict[str, Any], text: str) -> Found:
    """All that the decision needs, in one read; on PostgreSQL the agent is locked, then the inquiry.

    The customer's words are read only for a text that may repeat personal data of theirs.
    """
    found: Found = (_LOOK_WITH_WORDS if asks_for_words(text) else _LOOK).first(session, asked)
    if found is None or not (found.held or found.owner_id == asked["agent"]):
        raise NotFound
    return found


def _looking(words: sa.ColumnElement[Any]) -> sa.Select[*tuple[Any, ...]]:
    inquiry: sa.BindParameter[str] = sa.bindparam("inquiry")
    agent: sa.BindParameter[str] = sa.bindparam("agent")
    held = sa.select(TurnQuote.turn_id).where(TurnQuote.inquiry_id == inquiry, TurnQuote.agent_id == agent)
    repeated = sa.select(Message.id).where(
        Message.inquiry_id == inquiry,
        Message.agent_id == agent,
        Message.fingerprint == sa.bindparam("mark"),
    )
    draft = sa.select(Draft.saved_at).where(Draft.inquiry_id == inquiry, Draft.agent_id == agent)
    quote = TurnQuote.__table__.c
    return (
        sa.select(
            Inquiry.id,
            Inquiry.queue,
            Inquiry.issue_type,
            Inquiry.owner_id,
            Inquiry.open_turn_id,
            Inquiry.followed,
            quote.clock_started_at,
            quote.expires_at,
            quote.card_id,
            quote.tier,
            quote.base_fen,
            quote.multiplier_percent,
            quote.band,
            quote.gross_fen,
            quote.capped,
            held.exists().label("held"),
            repeated.exists().label("repeated"),
            draft.exists().label("has_draft"),
            tunables.revision().label("revision"),
            phrases.revision().label("phrases_revision"),
            lists.revision().label("wording_revision"),
            library.known(sa.bindparam("script", type_=sa.String)).label("script_known"),
            words.label("customer_words"),
        )
        .select_from(Inquiry)
        .join(Agent, Agent.id == agent)
        .outerjoin(TurnQuote, sa.and_(quote.turn_id == Inquiry.open_turn_id, quote.agent_id == agent))
        .where(Inquiry.id == inquiry)
        .with_for_update(of=[Agent, Inquiry], key_share=True)
    )


_LOOK = Prepared(_looking(sa.null()))
_LOOK_WITH_WORDS = Prepared(lambda dialect: _looking(customer_words(dialect)))


def _refuse_unless_owner(found: Found, agent_id: str, now: dt.datetime) -> None:
    if found.expires_at is not None and now > found.expires_at:
        raise Refused("expired", N_("这一轮已超过时限，没有发送。文字还在草稿里。"))
    if found.owner_id != agent_id:
        raise Refused("not-yours", N_("这条咨询已经不在你手上了，没有发送。文字还在草稿里。"))


def _send(
    session: Session,
    found: Found,
    agent_id: str,
    text: str,
    mark: str,
    script_id: str | None,
    reason: str | None,
    now: dt.datetime,
) -> Message:
    written = {
        "id": new_id(),
        "inquiry_id": found.id,
        "turn_id": found.open_turn_id,
        "author": "agent",
        "agent_id": agent_id,
        "text": text,
        "fingerprint": mark,
        "script_id": script_id,
        "unpaid_reason": str(reason) if reason else None,
        "sent_at": now,
    }
    _SEND.write(session, [written])
    return as_written(Message, written)


_SEND = PreparedInsert(table_of(Message))


def _answer(session: Session, found: Found, agent_id: str, pricing: Pricing, now: dt.datetime) -> Earning:
    """The turn, once closed, is paid and scored, and the inquiry waits for the customer."""
    turn = AnsweredTurn(
        turn_id=found.open_turn_id,
        inquiry_id=found.id,
        agent_id=agent_id,
        queue=found.queue,
        issue_type=found.issue_type,
        tier=found.tier,
        card_id=found.card_id,
        band=found.band or "",
        capped=found.capped,
        clock_started_at=found.clock_started_at,
        received_at=now,
    )
    earning = record_earning(session, turn, pricing, now=now)
    numbers = tunables.values(session, found.revision)
    due_at = now + seconds(numbers, "auto_resolve_s")
    paid = 1 if pricing.gross_fen else 0
    _WAIT.write(session, {"inquiry": found.id, "due": due_at, "paid": paid})
    _COUNT.write(session, {"agent": agent_id, "at": now})
    note_event(
        session,
        agent_id=agent_id,
        kind="on_time" if pricing.on_time else "late",
        source_key=f"answered:{found.open_turn_id}",
        at=now,
        turn_id=found.open_turn_id,
        inquiry_id=found.id,
    )
    return earning


def _by_id(model: type[Base], parameter: str, *conditions: Any, **values: Any) -> Prepared:
    table = table_of(model)
    return Prepared(
        sa.update(table).where(table.c.id == sa.bindparam(parameter), *conditions).values(**values)
    )


_AGENT: sa.BindParameter[str] = sa.bindparam("agent")
_AT = sa.bindparam("at", type_=Instant())
_FORGET = Prepared(
    sa.delete(table_of(Draft)).where(
        table_of(Draft).c.inquiry_id == sa.bindparam("inquiry"), table_of(Draft).c.agent_id == _AGENT
    )
)
_SEEN = _by_id(Agent, "agent", last_seen_at=_AT)
_COUNT = _by_id(
    Agent,
    "agent",
    last_seen_at=_AT,
    idle_since=_AT,
    misses_in_row=0,
    answered_turns=Agent.answered_turns + 1,
)
_CLOSE_TURN = _by_id(
    Turn, "turn", Turn.state == "open", state="answered", answered_at=_AT, answered_by=_AGENT
)
_WAIT = _by_id(
    Inquiry,
    "inquiry",
    open_turn_id=None,
    expires_at=None,
    due_at=sa.bindparam("due", type_=Instant()),
    paid_replies=Inquiry.paid_replies + sa.bindparam("paid", type_=sa.Integer()),
    version=Inquiry.version + 1,
)


def _tell(session: Session, found: Found, agent_id: str, detail: dict[str, Any], now: dt.datetime) -> None:
    payload = {"inquiry_id": found.id, **detail}
    events: list[outbox.Event] = [(f"agent:{agent_id}", "reply.sent", payload)]
    outbox.emit_all(session, events + following.told(found.id, found.followed), now=now)
