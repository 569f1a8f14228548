"""Asking what a card would have paid, and no longer wanting to know."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import tunables
from gig.core.db import made, rows_changed, transaction
from gig.core.errors import Errors, Invalid, Refused
from gig.core.ids import new_id
from gig.core.text import N_, Sentence
from gig.payouts.earnings.models import Earning
from gig.payouts.rates.queries import version
from gig.payouts.whatif import queries
from gig.payouts.whatif.models import WhatIf
from gig.payouts.whatif.values import BUSY, LONGEST_DAYS


def ask(
    *, card_id: str, since: dt.datetime, until: dt.datetime, actor_id: str | None, now: dt.datetime
) -> str:
    """There is a run that answers what the card would have paid in `[since, until)`; its id.

    The same question about the same revision is asked once: its run, if it was not cancelled, is the
    answer. The run is the caller's for half a minute; then any process may go on with it.
    """
    with transaction() as session:
        card = version(session, card_id)
        faults = _faults(session, since, until, now)
        if faults:
            raise Invalid(faults, N_("这段时间不能试算。"))
        same = (
            sa.select(WhatIf.id)
            .where(WhatIf.card_id == card_id, WhatIf.revision == card.revision, WhatIf.state != "cancelled")
            .where(WhatIf.since == since, WhatIf.until == until, WhatIf.body == card.body)
            .limit(1)
        )
        id = session.scalar(same)
        if id is None:
            id = new_id()
            session.add(
                WhatIf(
                    id=id,
                    card_id=card_id,
                    card_name=card.name,
                    revision=card.revision,
                    body=card.body,
                    since=since,
                    until=until,
                    state="running",
                    reached_at=since,
                    tally="{}",
                    busy_until=now + BUSY,
                    made_by=actor_id,
                    made_at=now,
                )
            )
            session.flush()
        made(session, what_if_id=id)
        return id


def _faults(session: Session, since: dt.datetime, until: dt.datetime, now: dt.datetime) -> Errors:
    most = tunables.values(session)[LONGEST_DAYS.name]
    if until <= since:
        return {"to": [N_("结束要在开始之后。")]}
    if until > now:
        return {"to": [N_("只能试算已经过去的时间，结束不能晚于现在。")]}
    if until - since > dt.timedelta(days=most, hours=1):
        return {"to": [Sentence(N_("最多试算 %(most)s 天，缩短这段时间。"), {"most": most})]}
    span = sa.select(Earning.id).where(Earning.received_at >= since, Earning.received_at < until).limit(1)
    if session.scalar(span) is None:
        return {"from": [N_("这段时间没有一条计价的回复，算不出。换一段时间。")]}
    return {}


def cancel(*, card_id: str, id: str, now: dt.datetime) -> None:
    """Nobody goes on with the run, and nothing of it is shown. Once done it stays done."""
    with transaction() as session:
        queries.one(session, card_id, id)
        stopped = rows_changed(
            session,
            sa.update(WhatIf)
            .where(WhatIf.id == id, WhatIf.state == "running")
            .values(state="cancelled", ended_at=now)
            .execution_options(synchronize_session=False),
        )
        session.expire_all()
        if not stopped and queries.one(session, card_id, id).state == "done":
            raise Refused("finished", N_("试算已经完成，不用取消。"))
