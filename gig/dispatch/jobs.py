"""What time brings about, as jobs of the scheduler. Each is idempotent, so a tick may be run again."""

from __future__ import annotations

import datetime as dt

from gig.core import clock
from gig.core.text import N_
from gig.dispatch.operations import expiry, offers, resting
from gig.dispatch.outages.operations import excuse_due
from gig.dispatch.values import ANSWER_WAIT, SWEEP_WAIT
from gig.scheduler.jobs import Job


def expire(now: dt.datetime) -> str | None:
    """Claims past their time are back in the feed, once a reply in flight has had 2 s to land."""
    done = expiry.sweep_expired(now=now, wait=SWEEP_WAIT * clock.current().speed)
    return f"{done} expired" if done else None


def due(now: dt.datetime) -> str | None:
    done = expiry.sweep_due(now=now)
    return f"{done} moved" if done else None


def idle(now: dt.datetime) -> str | None:
    done = expiry.sweep_idle(now=now)
    return f"{done} offline" if done else None


def excuse(now: dt.datetime) -> str | None:
    """What met a recorded outage is given back; a pass that was cut off goes on where it was."""
    done = excuse_due(now=now)
    return f"{done} excused" if done else None


def offer(now: dt.datetime) -> str | None:
    """What has waited long enough is pushed to an idle agent; an answer in flight has 1 s to land."""
    made = offers.sweep_offers(now=now, wait=ANSWER_WAIT * clock.current().speed)
    return f"{made} offered" if made else None


def rest(now: dt.datetime) -> str | None:
    rested, back = resting.sweep_rests(now=now), resting.sweep_rested(now=now)
    lost = resting.sweep_reach(now=now)
    return f"{rested} rest, {back} rested, {lost} unreachable" if rested or back or lost else None


JOBS = (
    Job("dispatch.expire", 1, expire, once=False, words=N_("收回到时没答的咨询")),
    Job("dispatch.due", 5, due, once=False, words=N_("结束、解决和关闭到时的咨询")),
    Job("dispatch.idle", 30, idle, once=False, words=N_("让没有动静的客服下线")),
    Job("dispatch.excuse", 5, excuse, once=False, words=N_("免掉平台故障造成的迟到")),
    Job("dispatch.offer", 1, offer, once=False, words=N_("给空闲的客服派单")),
    Job("dispatch.rest", 10, rest, once=False, words=N_("安排小休，发现失联的客服")),
)
