"""What an agent is told when their standing changes: what happened, why, and what they can do now."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask_babel import gettext as _

from gig.core.audit import AuditEntry
from gig.web.names import called


@dataclass(frozen=True)
class Notice:
    """A note on the page: its tone, its sentence, and one link."""

    kind: str
    words: str
    action: str
    url: str


def notice(entry: AuditEntry) -> Notice | None:
    """The change as the agent reads it; None for what they need not read."""
    why = why_of(entry)
    feed, earnings = (_("去接单"), "/agent/feed"), (_("看收入"), "/agent/earnings")
    match entry.action:
        case "agent.suspend":
            words = _("你的接单被暂停，原因：%(why)s。没答完的咨询已退回大厅，已赚的钱照常结算。", why=why)
            return Notice("r", words, *earnings)
        case "agent.leave":
            words = _("你和平台的合作已结束，原因：%(why)s。已赚的钱照常结算。", why=why)
            return Notice("r", words, *earnings)
        case "agent.revoke-skill":
            words = _(
                "「%(queue)s」已收回，原因：%(why)s。不再收到它的新咨询，手上的可以做完。",
                queue=queue_of(entry),
                why=why,
            )
            return Notice("w", words, _("看能接的队列"), "/agent/me")
        case "agent.grant-skill":
            words = _("给你开通了「%(queue)s」，它的新咨询会出现在接单页。", queue=queue_of(entry))
            return Notice("g", words, *feed)
        case "agent.reinstate":
            return Notice("g", _("你可以重新接单了，先上线。"), *feed)
        case "agent.admit":
            return Notice("g", _("实名审核通过了，上线就能接单。"), *feed)
        case "agent.activate":
            return Notice("g", _("试用期结束，你已转为正式。"), *feed)
        case _:
            return None


def queue_of(entry: AuditEntry) -> str:
    return str(called(json.loads(entry.detail).get("queue", ""), "queue"))


def why_of(entry: AuditEntry) -> str:
    """The reason as it was written, ready to stand inside a sentence."""
    return (entry.reason or "").strip().rstrip("。.") or _("未写明")
