"""What comes in over the API, and what goes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from gig.api import Schema, fields
from gig.core.money import yuan
from gig.core.text import N_
from gig.dispatch.escalation_models import Escalation
from gig.dispatch.models import Inquiry, Message, TurnQuote
from gig.dispatch.queries.feed import FeedRow
from gig.dispatch.queries.threads import Thread
from gig.dispatch.rules.escalation import REASON_WORDS, REASONS
from gig.dispatch.rules.substantive import UnpaidReason
from gig.payouts.earnings import triage
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry

UNPAID = {
    UnpaidReason.NO_OPEN_TURN: N_("客户没有新问题在等，这条不计费。"),
    UnpaidReason.AUTOMATIC: N_("自动消息不计费，计时继续。"),
    UnpaidReason.EMPTY: N_("没有实际内容，不计费，计时继续。"),
    UnpaidReason.HOLDING: N_("只有客套话，不算回复，不计费，计时继续。"),
    UnpaidReason.REPEATED: N_("和你之前发的一样，不计费，计时继续。"),
}


class PresenceIn(Schema):
    state = fields.Choice(("online", "away", "offline"), required=True)


class ClaimIn(Schema):
    expected_gross_fen = fields.Fen(least=0, load_default=None)


class ReplyIn(Schema):
    text = fields.Words(least=0, required=True)
    script_id = fields.Id(load_default=None)


class EscalationIn(Schema):
    """`to` names one of the queues that take the inquiry's escalations; without it the reason decides."""

    reason = fields.Choice(tuple(REASONS), required=True)
    summary = fields.Words(required=True)
    to = fields.Text(most=60, load_default=None)


class ReleaseQuery(Schema):
    reason = fields.Text(most=200, load_default="")


class SpanQuery(Schema):
    since = fields.Date(data_key="from", load_default=None)
    until = fields.Date(data_key="to", load_default=None)


def unpaid_words(reason: str | None) -> str | None:
    return _(UNPAID[UnpaidReason(reason)]) if reason else None


def feed_row(row: FeedRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "queue": row.queue,
        "side": row.side,
        "issue_type": row.issue_type,
        "order_kind": row.order_kind,
        "length": row.length,
        "priority": row.priority,
        "escalated": row.handovers > 0,
        "waiting_s": row.waiting_s,
        "quote": {
            "base_fen": row.base_fen,
            "multiplier_percent": row.multiplier_percent,
            "gross_fen": row.gross_fen,
            "reply_within_s": row.reply_within_s,
            "until": row.until,
            "why": row.why,
            "kept_until": row.kept_until,
        },
    }


def inquiry_out(inquiry: Inquiry, *, order: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "id": inquiry.id,
        "queue": inquiry.queue,
        "side": inquiry.side,
        "issue_type": inquiry.issue_type,
        "state": inquiry.state,
        "priority": inquiry.priority,
        "escalated": inquiry.handovers > 0,
        "turns": inquiry.turns,
        "order": order or None,
        "customer_name": inquiry.customer_name,
        "arrived_at": inquiry.arrived_at,
    }


def quote_out(quote: TurnQuote) -> dict[str, Any]:
    return {
        "base_fen": quote.base_fen,
        "multiplier_percent": quote.multiplier_percent,
        "gross_fen": quote.gross_fen,
        "reply_within_s": int((quote.deadline_at - quote.clock_started_at).total_seconds()),
        "expires_at": quote.expires_at,
        "why": quote.why,
    }


def message_out(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "author": message.author,
        "text": message.text,
        "sent_at": message.sent_at,
        "unpaid_reason": message.unpaid_reason,
    }


def handover_out(handover: Escalation) -> dict[str, Any]:
    """What the agent before left for the next one, without their name."""
    return {
        "from": handover.from_queue,
        "to": handover.to_queue,
        "reason": handover.reason,
        "reason_words": _(REASON_WORDS[handover.reason]),
        "summary": handover.summary,
        "escalated_at": handover.escalated_at,
    }


def escalated_out(handover: Escalation) -> dict[str, Any]:
    """The answer to an escalation: the inquiry is open on another queue, and what the agent got for it."""
    return {
        "id": handover.id,
        "inquiry_id": handover.inquiry_id,
        "state": "escalated",
        "queue": handover.to_queue,
        "reason": handover.reason,
        "fee_fen": handover.fee_fen,
        "why": _("这张费率卡的转交费是 ¥%(fee)s。", fee=yuan(handover.fee_fen))
        if handover.fee_fen
        else _("这张费率卡没有转交费。升级不扣分、不算退单、不算漏答。"),
        "escalated_at": handover.escalated_at,
    }


def claimed_out(thread: Thread, handovers: Sequence[Escalation] = ()) -> dict[str, Any]:
    """The answer to a claim: the customer's words are told here for the first time.

    A former owner is told of nothing but their own messages. `handovers` are for the owner, the latest
    first.
    """
    quote = thread.quote
    inquiry = inquiry_out(thread.inquiry, order=thread.order) if thread.owned else {"id": thread.inquiry.id}
    turn = quote and {
        "id": quote.turn_id,
        "clock_started_at": quote.clock_started_at,
        "deadline_at": quote.deadline_at,
        "quote": quote_out(quote),
    }
    return {
        "inquiry": inquiry,
        "turn": turn,
        "messages": [message_out(message) for message in thread.messages],
        **({"handovers": [handover_out(each) for each in handovers]} if handovers else {}),
    }


def earning_out(earning: Earning) -> dict[str, Any]:
    return {
        "id": earning.id,
        "inquiry_id": earning.inquiry_id,
        "turn_id": earning.turn_id,
        "base_fen": earning.base_fen,
        "multiplier_percent": earning.multiplier_percent,
        "gross_fen": earning.gross_fen,
        "late_percent": earning.late_percent,
        "penalty_fen": earning.penalty_fen,
        "pay_fen": earning.pay_fen,
        "latency_ms": -(-earning.latency_us // 1000),
        "received_at": earning.received_at,
        "why": earning.why,
    }


def fee_out(fee: LedgerEntry) -> dict[str, Any]:
    """What handing a turn on paid."""
    return {
        "turn_id": triage.turn_of(fee),
        "fee_fen": fee.payable_fen,
        "posted_at": fee.posted_at,
        "why": _(fee.memo),
    }


def reply_out(message: Message, earning: Earning | None) -> dict[str, Any]:
    return {
        "reply": {"id": message.id, "text": message.text, "sent_at": message.sent_at},
        "earning": earning_out(earning) if earning else None,
        "unpaid_reason": message.unpaid_reason,
        "unpaid_why": unpaid_words(message.unpaid_reason),
    }
