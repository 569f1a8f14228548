"""Finance and ops: what the clock does by itself, when it did it last, and how that ended."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

from gig.core.clock import received_at
from gig.core.db import db
from gig.core.text import N_
from gig.identity.access import allow, may
from gig.insight.queries import jobs as queries
from gig.scheduler import jobs_of
from gig.scheduler.ticks import KEPT_DAYS, forgetting

pages = Blueprint("jobs", __name__, template_folder="../templates")
HERE = "/console/jobs"

STATES: dict[str, tuple[str, str, str]] = {
    "well": ("g", "check", N_("正常")),
    "running": ("b", "clock", N_("正在跑")),
    "failed": ("r", "alert-triangle", N_("失败")),
    "interrupted": ("w", "alert-triangle", N_("中断")),
    "late": ("w", "clock", N_("没有按时跑")),
    "quiet": ("g", "check", N_("正常")),
    "never": ("", "clock", N_("还没跑过")),
}
"""Of each state: the tag, its icon, its words."""

MEANS: dict[str, str] = {
    "failed": N_("这一次没做成，到时间会再试；一直失败就找技术。"),
    "interrupted": N_("做到一半进程停了，下一次接着做剩下的，不会重复。"),
    "late": N_("该跑的时候没有跑，可能调度器停过；恢复后会补上。"),
    "never": N_("到时间就会跑第一次。"),
    "running": N_("还没跑完。"),
}


@pages.get(HERE)
@allow("settle", "operate")
def show() -> str:
    """Every job of the scheduler, those in trouble first."""
    session, now = db.session(), received_at()
    rows = queries.jobs(session, [*jobs_of(current_app), forgetting], now=now)
    return render_template(
        "insight/jobs.html",
        rows=rows,
        troubled=[row for row in rows if row.state in ("failed", "interrupted", "late")],
        awake=queries.awake(session),
        states=STATES,
        means=MEANS,
        days=KEPT_DAYS,
        now=now,
        checks=may("settle"),
    )
