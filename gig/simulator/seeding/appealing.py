"""Appeals of the past days: one decided, the others waiting at the reviewers' desk."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from gig.core.db import db
from gig.quality.operations.deciding import Ruling, decide
from gig.quality.operations.filing import file_appeal
from gig.scoring.models import ScoreEvent

LATELY = dt.timedelta(days=6)
HOUR = dt.timedelta(hours=1)

SAID = (
    "我在 52 秒就点了发送，一直转圈，重连后才发出去。",
    "客户连发了三条，我核对订单用了几秒，请看记录。",
    "这条我在时限内发过一句说明，系统没有算，请再看一下。",
)
"""What agents said, the newest late turn first."""

ANSWER = "记录显示回复晚于时限，当时没有平台故障，按规则维持。下次可以先用一句话回答要点。"


def appeal_lately(*, reviewer_id: str, now: dt.datetime) -> int:
    """The latest late turns of different agents are appealed against, and the first appeal is decided."""
    query = (
        sa.select(sa.func.max(ScoreEvent.id), ScoreEvent.agent_id)
        .where(ScoreEvent.kind == "late", ScoreEvent.at > now - LATELY, ScoreEvent.at < now - 2 * HOUR)
        .group_by(ScoreEvent.agent_id)
        .order_by(sa.func.max(ScoreEvent.at).desc())
        .limit(len(SAID))
    )
    appeals = [
        file_appeal(event_id=event_id, agent_id=agent_id, text=text, now=now - HOUR)
        for (event_id, agent_id), text in zip(db.session.execute(query).all(), SAID, strict=False)
    ]
    if len(appeals) > 1:
        ruling = Ruling("rejected", "agent", ANSWER)
        decide(appeal_id=appeals[-1], ruling=ruling, actor_id=reviewer_id, now=now - HOUR / 2)
    return len(appeals)
