"""A conversation as its templates take it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.dispatch.models import Message, TurnQuote
from gig.dispatch.queries.threads import Thread
from gig.dispatch.schemas import unpaid_words
from gig.dispatch.views import handed
from gig.dispatch.views import shown as values
from gig.payouts.rates import queries as rates
from gig.web.filters import clock_time, times, yuan
from gig.web.names import called

ENDED = {
    "released": N_("你退了这一单。下面只有你自己发过的话。"),
    "missed": N_("这一轮超过了时限，没有计费，记 1 次漏答。咨询已回到大厅，下面只有你自己发过的话。"),
    "withdrawn": N_("客户取消了这条咨询，不计费，也不扣分。下面只有你自己发过的话。"),
    "returned": N_("这条咨询已转给别人，不扣分。下面只有你自己发过的话。"),
    "escalated": N_("你把这条升级给了别人，没扣分，不算退单。下面只有你自己发过的话。"),
}
ORDER_LABELS = {
    "external_id": N_("订单号"),
    "kind": N_("类型"),
    "amount": N_("金额"),
    "amount_fen": N_("金额"),
    "status": N_("状态"),
    "paid_at": N_("付款时间"),
    "shop": N_("商家"),
    "merchant": N_("商家"),
    "items": N_("商品"),
    "rider": N_("骑手"),
    "address": N_("地址"),
    "note": N_("备注"),
}


def shown(session: Session, thread: Thread, quotes: Sequence[TurnQuote], now: dt.datetime) -> dict[str, Any]:
    """Everything that the page of a conversation shows."""
    inquiry = thread.inquiry
    earned = (len(thread.earnings), sum(each.pay_fen for each in thread.earnings.values()))
    held = thread.owned and inquiry.state == "claimed"
    clock = None
    if thread.quote is not None and held:
        card = rates.card(session, thread.quote.card_id)
        clock = values.clock(thread.quote, inquiry, card, now, earned)
    return {
        "id": inquiry.id,
        "name": values.customer(inquiry) if thread.owned else called(inquiry.issue_type, "issue_type"),
        "sub": _sub(thread),
        "owned": thread.owned,
        "held": held,
        "state": inquiry.state,
        "resolved_at": inquiry.resolved_at,
        "resolves_at": inquiry.due_at,
        "order": order(thread.order),
        "messages": messages(thread, quotes),
        "clock": clock,
        "earned_count": earned[0],
        "earned_fen": earned[1],
        "draft": thread.draft,
        "typing_url": f"/agent/chats/{inquiry.id}/typing-to-customer" if inquiry.followed else "",
        "note": "" if thread.owned else _former(quotes),
        "can_resolve": held and inquiry.open_turn_id is None,
        "handovers": handed.for_owner(session, thread),
        "mine": handed.for_escalator(session, thread),
        "way_on": held and inquiry.open_turn_id is not None,
    }


def ring(thread: Thread, now: dt.datetime) -> dict[str, Any] | None:
    """The running clock alone, for a sheet that is opened over the conversation."""
    quote = thread.quote
    if quote is None or thread.inquiry.state != "claimed":
        return None
    return {
        "deadline": quote.deadline_at,
        "total_s": int((quote.deadline_at - quote.clock_started_at).total_seconds()),
        "remaining_s": values.seconds_left(quote.deadline_at, now),
    }


def _sub(thread: Thread) -> str:
    inquiry = thread.inquiry
    parts = [called(inquiry.issue_type, "issue_type")] if thread.owned else []
    parts.append(values.side(inquiry.side))
    if thread.owned:
        parts.append(_("第 %(n)s 轮", n=inquiry.turns))
    return " · ".join(parts)


def _former(quotes: Sequence[TurnQuote]) -> str:
    ended = (quotes[-1].ended if quotes else None) or "returned"
    return _(ENDED[ended])


def messages(thread: Thread, quotes: Sequence[TurnQuote]) -> list[dict[str, Any]]:
    """Bubbles, with a line where this agent took the inquiry."""
    lines: list[dict[str, Any]] = []
    taken = _taken(thread, quotes)
    last_asked = next((each.id for each in reversed(thread.messages) if each.author == "customer"), None)
    for message in thread.messages:
        if taken is not None and message.turn_id == taken.turn_id:
            lines.append({"who": "system", "text": _claim_words(taken)})
            taken = None
        lines.append(_bubble(thread, message, awaiting=message.id == last_asked))
    return lines


def _taken(thread: Thread, quotes: Sequence[TurnQuote]) -> TurnQuote | None:
    """The first clock of the present hold; none for a former owner."""
    claimed_at = thread.inquiry.claimed_at
    if not thread.owned or claimed_at is None:
        return quotes[0] if thread.owned and quotes else None
    since = [each for each in quotes if each.clock_started_at >= claimed_at]
    return since[0] if since else (quotes[-1] if quotes else None)


def _claim_words(quote: TurnQuote) -> str:
    at = clock_time(quote.clock_started_at)
    if quote.multiplier_percent > 100:
        return _(
            "%(t)s 你抢到了这条咨询 · 按%(name)s %(times)s 计价",
            t=at,
            name=values.band(quote.band) or _("高峰"),
            times=times(quote.multiplier_percent),
        )
    return _("%(t)s 你抢到了这条咨询 · 每条 %(yuan)s", t=at, yuan=yuan(quote.gross_fen))


def _bubble(thread: Thread, message: Message, *, awaiting: bool) -> dict[str, Any]:
    line: dict[str, Any] = {
        "who": message.author,
        "id": message.id,
        "text": message.text,
        "at": message.sent_at,
        "awaiting": False,
    }
    if message.photo_blob_id:
        line["photo_url"] = f"/agent/chats/{message.inquiry_id}/photos/{message.id}"
    if message.author == "customer":
        line["awaiting"] = (
            awaiting
            and thread.inquiry.state == "claimed"
            and message.turn_id is not None
            and message.turn_id == thread.inquiry.open_turn_id
        )
    elif message.author == "agent":
        earning = None if message.unpaid_reason else thread.earnings.get(message.turn_id or "")
        if earning is not None:
            line |= {
                "latency_s": -(-earning.latency_us // 1_000_000),
                "on_time": earning.on_time,
                "pay_fen": earning.pay_fen,
                "earning_url": f"/agent/earnings/{earning.id}",
            }
        else:
            line["unpaid"] = unpaid_words(message.unpaid_reason) or _("前一位客服的回复")
    return line


def order(detail: dict[str, Any]) -> dict[str, Any] | None:
    """The strip under the header: the kind, a few words, and every fact that the channel told."""
    if not detail:
        return None
    rows = [
        {"label": _(ORDER_LABELS[key]) if key in ORDER_LABELS else key, "value": _fact(key, value)}
        for key, value in detail.items()
    ]
    words = [
        _fact(key, value)
        for key, value in detail.items()
        if key not in ("external_id", "kind") and isinstance(value, str | int)
    ]
    return {"title": detail.get("kind") or _("订单"), "words": " · ".join(words[:3]), "rows": rows}


def _fact(key: str, value: Any) -> str:
    if key.endswith("_fen") and isinstance(value, int):
        return yuan(value)
    if isinstance(value, list):
        return "、".join(str(each) for each in value)
    return str(value)
