"""Working at a what-if: a slice of its span after the other, written down as it goes."""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import db, rows_changed, transaction
from gig.payouts.rates.queries import business_zone_name
from gig.payouts.rates.rules.card import RateCard
from gig.payouts.rates.rules.validation import validate
from gig.payouts.whatif import correction
from gig.payouts.whatif.models import WhatIf
from gig.payouts.whatif.scan import scan
from gig.payouts.whatif.tally import Tally, read_tally
from gig.payouts.whatif.values import BUSY, SAVE_EVERY_S, SLICE


def work(*, id: str, for_s: float, now: dt.datetime) -> bool:
    """The run is done, or has come so much further and is anybody's again; True when nothing is left to do.

    Stops when somebody cancelled it or goes on with it themselves. Money is only read.
    """
    session = db.session()
    run = session.get(WhatIf, id, populate_existing=True)
    if run is None or run.state != "running":
        return True
    at_work = _Work(run)
    started = saved = time.monotonic()
    while True:
        finished = at_work.do_some(session)
        session.rollback()
        watch = time.monotonic()
        stopping = finished or watch - started >= for_s
        if stopping or watch - saved >= SAVE_EVERY_S:
            saved = watch
            if not at_work.save(finished=finished, leaving=stopping, now=now):
                return True
        if stopping:
            return finished


def go_on(now: dt.datetime) -> str | None:
    """The run that waited longest is carried on for a while; what the clock process does each second."""
    waiting = (
        sa.select(WhatIf.id)
        .where(WhatIf.state == sa.literal_column("'running'"), WhatIf.busy_until <= now)
        .order_by(WhatIf.busy_until)
        .limit(1)
    )
    id = db.session.scalar(waiting)
    db.session.rollback()
    if id is None:
        return None
    work(id=id, for_s=5, now=now)
    return id


class _Work:
    """A run as one process has it in hand."""

    def __init__(self, run: WhatIf) -> None:
        self.id, self.step, self.replies = run.id, run.step, run.replies
        self.since, self.until, self.reached_at = run.since, run.until, run.reached_at
        self.card = _card(run.body)
        self.tally: Tally = read_tally(run.tally)

    def do_some(self, session: Session) -> bool:
        """One slice more is read, or some more inquiries are looked at one by one; True at the end."""
        if self.reached_at < self.until:
            end = min(self.reached_at + SLICE, self.until)
            self.replies += scan(session, self.card, self.reached_at, end, self.tally)
            self.reached_at = end
            return False
        return not correction.next_page(session, self.card, self.since, self.until, self.tally)

    def save(self, *, finished: bool, leaving: bool, now: dt.datetime) -> bool:
        """What was counted is in the row; False if the run is no longer this process's."""
        values = {
            "step": self.step + 1,
            "replies": self.replies,
            "reached_at": self.reached_at,
            "tally": self.tally.written(),
            "busy_until": now if leaving else now + BUSY,
            **({"state": "done", "ended_at": now} if finished else {}),
        }
        with transaction() as session:
            mine = sa.update(WhatIf).where(
                WhatIf.id == self.id, WhatIf.state == "running", WhatIf.step == self.step
            )
            kept = rows_changed(session, mine.values(values).execution_options(synchronize_session=False))
        self.step += 1
        return bool(kept)


def _card(body: str) -> RateCard:
    card, faults = validate(json.loads(body))
    if card is None:
        raise ValueError("; ".join(map(str, faults)))
    zone = business_zone_name()
    return card if card.timezone == zone else replace(card, timezone=zone)
