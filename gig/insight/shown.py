"""From the wall's figures to what its templates show: plain values, in the page's language."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from gig.core.businesstime import BusinessZone
from gig.core.text import N_
from gig.insight.chart import arrivals_chart, sparkline
from gig.insight.queries.present import COUNT_UP_TO, Risk
from gig.insight.wall import QueueNow, Wall
from gig.payouts.rates.rules.card import RateCard
from gig.web.filters import mmss, yuan
from gig.web.names import called

RISKS_SHOWN = 5
FRESH_S = 10
"""Older figures are said to be old, and nothing can be pressed on them."""

DONE = {
    "inquiry.reassign": N_("改派了一条咨询"),
    "surge.begin": N_("开始临时加成"),
    "surge.end": N_("结束临时加成"),
    "notice.send": N_("发了通知"),
    "outage.record": N_("记录平台故障"),
    "agent.suspend": N_("暂停一位客服"),
    "rate_card.publish": N_("发布费率卡"),
}


def page(wall: Wall, card: RateCard, zone: BusinessZone) -> dict[str, Any]:
    """Everything that the templates of the wall take."""
    surges = {each.queue: each for each in wall.surges}
    rows = [_queue(each, wall.at, surges.get(each.slug)) for each in wall.queues]
    risks = [_risk(each, wall.at) for each in (*wall.risks, *wall.unclaimed)]
    return {
        "at": wall.at,
        "fresh_s": FRESH_S,
        "kpis": _kpis(wall, card),
        "queues": rows,
        "risks": risks[:RISKS_SHOWN],
        "risk_count": len(risks),
        "within_s": card.reply_within_s,
        "away": wall.staff.away,
        "chart": arrivals_chart(wall, card, zone),
        "forecast": _forecast(wall),
        "surges": wall.surges,
        "done": [
            {"at": each.at, "words": _(DONE[each.action]), "reason": each.reason or "", "by": each.by}
            for each in wall.done
        ],
    }


def up_to(count: int) -> str:
    return f"{COUNT_UP_TO - 1}+" if count >= COUNT_UP_TO else str(count)


def percent_of(tenths: int | None) -> str:
    """968 → 96.8%; nothing answered → —"""
    return "—" if tenths is None else f"{tenths // 10}.{tenths % 10}%"


def _waited(since: dt.datetime | None, now: dt.datetime) -> str:
    return mmss((now - since).total_seconds()) if since else "0:00"


def _kpis(wall: Wall, card: RateCard) -> list[dict[str, Any]]:
    half, staff = wall.half_hour, wall.staff
    p50, p90 = half.percentile(50), half.percentile(90)
    left = card.reply_within_s - (p90 or 0)
    at_risk = wall.soon + wall.overdue
    return [
        {
            "label": _("排队中"),
            "value": up_to(max((each.waiting.count for each in wall.queues), default=0))
            if any(each.waiting.count >= COUNT_UP_TO for each in wall.queues)
            else str(wall.waiting),
            "note": _("最久已等 %(t)s · 5 分钟 +%(n)s", t=_waited(wall.oldest, wall.at), n=wall.lately),
        },
        {
            "label": _("15 秒内将超时"),
            "value": str(wall.soon),
            "note": _("已超时 %(n)s · 需马上处理", n=wall.overdue) if at_risk else _("没有快超时的"),
            "hot": at_risk > 0,
        },
        {
            "label": _("在线客服"),
            "value": str(staff.online),
            "note": _(
                "接待 %(busy)s · 空闲 %(free)s · 小休 %(away)s",
                busy=staff.busy,
                free=staff.online - staff.busy,
                away=staff.away,
            ),
        },
        {
            "label": _("准时率（近 30 分钟）"),
            "value": percent_of(half.on_time_tenths),
            "note": _("%(n)s 条里 %(k)s 条准时", n=half.count, k=half.on_time),
        },
        {
            "label": _("回复用时 P50 / P90"),
            "value": "—" if p50 is None else f"{p50} / {p90}",
            "unit": "" if p50 is None else _("秒"),
            "note": _("全额线 %(n)s 秒 · P90 余 %(left)s 秒", n=card.reply_within_s, left=left)
            if p90 is not None and left >= 0
            else _("全额线 %(n)s 秒", n=card.reply_within_s),
        },
        {
            "label": _("本小时佣金"),
            "value": yuan(wall.hour.gross_fen),
            "note": ngettext(
                "%(num)s 条 · 高峰加成 %(yuan)s",
                "%(num)s 条 · 高峰加成 %(yuan)s",
                wall.hour.count,
                yuan=yuan(wall.hour.peak_fen),
            ),
        },
    ]


def _queue(row: QueueNow, now: dt.datetime, surge: Any) -> dict[str, Any]:
    waited_s = (now - row.waiting.oldest).total_seconds() if row.waiting.oldest else 0
    staff = row.staff
    share = 100 * staff.busy // staff.online if staff.online else 0
    tenths = row.answers.on_time_tenths
    return {
        "slug": row.slug,
        "name": called(row.slug, "queue"),
        "waiting": up_to(row.waiting.count),
        "waited": mmss(waited_s) if row.waiting.oldest else "—",
        "waited_tone": "dg b" if waited_s >= 90 else ("wn" if waited_s >= 60 else ""),
        "risk": row.soon + row.overdue,
        "risk_tone": "r" if row.overdue else "w",
        "hot": row.overdue > 0,
        "online": staff.online,
        "away": staff.away,
        "share": share,
        "share_tone": "dg" if share >= 95 else ("wn" if share >= 90 else ""),
        "on_time": percent_of(tenths),
        "on_time_tone": "dg b" if tenths is not None and tenths < 950 else "",
        "trend": sparkline(row.trend),
        "surge": surge,
    }


def _risk(risk: Risk, now: dt.datetime) -> dict[str, Any]:
    left = risk.seconds_left(now)
    return {
        "id": risk.inquiry_id,
        "who": risk.customer or _("客户"),
        "issue_type": called(risk.issue_type, "issue_type"),
        "owner": risk.owner,
        "tier": called(risk.tier, "tier") if risk.tier else "",
        "deadline": risk.deadline_at,
        "total_s": int((risk.deadline_at - risk.started_at).total_seconds()) if risk.deadline_at else 0,
        "left_s": left,
        "typing": risk.typing,
        "waited": mmss((now - risk.started_at).total_seconds()),
    }


def _forecast(wall: Wall) -> dict[str, Any] | None:
    """The next hour; nothing where no past week has data."""
    found = wall.forecast
    if not found.weeks:
        return None
    last = sum(sum(by.values()) for slot, by in wall.arrivals.items() if slot in sorted(wall.arrivals)[-5:-1])
    rows = sorted(found.queues.items(), key=lambda each: (-each[1], each[0]))
    now_online = {each.slug: each.staff.online for each in wall.queues}
    waits = {each.slug: each.waiting.count for each in wall.queues}
    return {
        "weeks": found.weeks,
        "count": _tenths(found.tenths),
        "last": last,
        "more": found.tenths > 10 * last,
        "rows": [
            {
                "name": called(slug, "queue"),
                "count": _tenths(tenths),
                "waiting": waits.get(slug, 0),
                "online": now_online.get(slug, 0),
            }
            for slug, tenths in rows[:3]
        ],
    }


def _tenths(value: int) -> str:
    return f"{value // 10}.{value % 10}" if value % 10 else str(value // 10)
