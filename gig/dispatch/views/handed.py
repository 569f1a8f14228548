"""Hand-overs as templates take them: for the next agent, for the escalator, and for ops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.dispatch.escalation_models import Escalation
from gig.dispatch.models import Inquiry, Message
from gig.dispatch.queries import escalations, threads
from gig.dispatch.queries.escalations import EscalationRow
from gig.dispatch.queries.threads import Thread
from gig.dispatch.rules.escalation import REASON_WORDS, REASONS, Route
from gig.identity.access import actor_id
from gig.web.names import called

KIND_WORDS = {"senior": N_("高级"), "specialist": N_("专家")}
STATE_WORDS = {
    "open": N_("等人接"),
    "claimed": N_("处理中"),
    "resolved": N_("已解决"),
    "closed": N_("已关闭"),
    "abandoned": N_("已作废"),
}
STATE_TAGS = {"open": "w", "claimed": "b", "resolved": "g", "closed": "", "abandoned": "r"}


def for_owner(session: Session, thread: Thread) -> list[dict[str, Any]]:
    """What those before left for who holds it, the latest first; nobody is named."""
    if not thread.owned or not thread.inquiry.handovers:
        return []
    return [one(each, thread.messages) for each in escalations.handovers(session, thread.inquiry.id)]


def for_escalator(session: Session, thread: Thread) -> dict[str, Any] | None:
    """The hand-over by an agent who does not hold it any more."""
    if thread.owned or not thread.inquiry.handovers:
        return None
    found = escalations.latest_own(session, thread.inquiry.id, actor_id())
    return one(found, ()) if found else None


def one(handed: Escalation, messages: Sequence[Message]) -> dict[str, Any]:
    """The summary, what had been tried, and the customer's own words."""
    return {
        "turn_id": handed.turn_id,
        "inquiry_id": handed.inquiry_id,
        "number": handed.number,
        "from": called(handed.from_queue, "queue"),
        "to": called(handed.to_queue, "queue"),
        "reason": reason(handed.reason),
        "summary": handed.summary,
        "at": handed.escalated_at,
        "fee_fen": handed.fee_fen,
        "fee_key": f"triage:{handed.turn_id}:{handed.agent_id}" if handed.fee_fen else "",
        "tried": [m.text for m in escalations.tried(messages, handed)],
        "asked": [m.text for m in escalations.asked(messages, handed.turn_id)],
    }


def for_ops(session: Session, inquiry: Inquiry, rows: Sequence[EscalationRow]) -> list[dict[str, Any]]:
    """The same with who did it."""
    messages = threads.messages(session, inquiry.id)
    return [{**one(row.escalation, messages), "by": row.by} for row in rows]


def row(each: EscalationRow) -> dict[str, Any]:
    """A line of ops' list."""
    return {
        **one(each.escalation, ()),
        "by": each.by,
        "state": _(STATE_WORDS[each.state]),
        "tone": STATE_TAGS[each.state],
    }


def reason(slug: str) -> str:
    return _(REASON_WORDS[slug])


def reasons() -> list[dict[str, str]]:
    """The choices of the sheet, each with who it asks for."""
    return [
        {"value": slug, "title": reason(slug), "words": _("先找%(kind)s队列", kind=_(KIND_WORDS[kind]))}
        for slug, kind in REASONS.items()
    ]


def takers(to: Sequence[Route]) -> list[tuple[str, str]]:
    """The queues it can go to, as choices; first, that the reason decides."""
    named = [
        (route.to_queue, f"{called(route.to_queue, 'queue')}（{_(KIND_WORDS[route.kind])}）") for route in to
    ]
    return [("", _("按原因自动选")), *named]
