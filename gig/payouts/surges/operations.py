"""Beginning a surge, promising from its budget, and ending it."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gig.core import audit, outbox, tunables
from gig.core.businesstime import format_instant
from gig.core.db import rows_changed, transaction
from gig.core.errors import Errors, Invalid, Refused
from gig.core.ids import new_id
from gig.core.money import yuan
from gig.core.text import N_, Sentence
from gig.payouts.surges.models import Surge
from gig.payouts.surges.queries import in_force, one
from gig.payouts.surges.values import (
    MOST_BUDGET,
    MOST_MINUTES,
    MOST_PERCENT,
    OBJECT,
    PERCENT_LEAST,
    TIME_OVER,
)

REASON_MOST = 200


def begin_surge(
    *,
    queue: str,
    percent: int,
    minutes: int,
    budget_fen: int,
    reason: str,
    actor_id: str | None,
    now: dt.datetime,
) -> str:
    """Clocks that start on the queue from now on get `percent` points more; returns the surge's id.

    Refused beyond finance's bounds, and while the queue has another one.
    """
    reason = reason.strip()
    try:
        with transaction() as session:
            faults = _faults(session, percent, minutes, budget_fen, reason)
            if faults:
                raise Invalid(faults)
            _close_the_past(session, queue, now)
            made = Surge(
                id=new_id(),
                queue=queue,
                percent=percent,
                starts_at=now,
                ends_at=now + dt.timedelta(minutes=minutes),
                budget_fen=budget_fen,
                reason=reason,
                made_by=actor_id,
            )
            session.add(made)
            session.flush()
            detail = {
                "queue": queue,
                "percent": percent,
                "until": format_instant(made.ends_at),
                "budget_fen": budget_fen,
            }
            _note(session, "surge.begin", made.id, reason, actor_id, now, detail)
            return made.id
    except IntegrityError as error:
        raise Refused("surging", N_("这个队列已经有一个加成，先结束它再开新的。")) from error


def _faults(session: Session, percent: int, minutes: int, budget_fen: int, reason: str) -> Errors:
    numbers = tunables.values(session)
    most = {
        "percent": (PERCENT_LEAST, numbers[MOST_PERCENT.name]),
        "minutes": (1, numbers[MOST_MINUTES.name]),
    }
    given = {"percent": percent, "minutes": minutes}
    faults: Errors = {
        name: [Sentence(N_("要在 %(minimum)s 到 %(maximum)s 之间。"), {"minimum": low, "maximum": high})]
        for name, (low, high) in most.items()
        if not low <= given[name] <= high
    }
    least, top = 4 * percent, numbers[MOST_BUDGET.name]
    if "percent" not in faults and not least <= budget_fen <= top:
        bounds = {"least": yuan(least), "most": yuan(top)}
        faults["budget"] = [Sentence(N_("预算要在 ¥%(least)s 到 ¥%(most)s 之间。"), bounds)]
    if not reason or len(reason) > REASON_MOST:
        faults["reason"] = [N_("写明原因，最多 200 个字。")]
    return faults


def _close_the_past(session: Session, queue: str, now: dt.datetime) -> None:
    """One whose time is over makes room for the next."""
    session.execute(
        sa.update(Surge)
        .where(Surge.queue == queue, Surge.ended_at.is_(None), Surge.ends_at <= now)
        .values(ended_at=Surge.ends_at, ended_reason=TIME_OVER)
        .execution_options(synchronize_session=False)
    )


def promise(session: Session, surge_id: str, fen: int, at: dt.datetime) -> bool:
    """The budget holds `fen` for a quote that is about to be stored; False if the surge is over by now.

    One conditional write in the caller's transaction, so promises never pass the budget.
    """
    surge = Surge.__table__.c
    kept = (
        sa.update(Surge)
        .where(Surge.id == surge_id, in_force(surge.queue, at))
        .values(promised_fen=Surge.promised_fen + fen)
        .execution_options(synchronize_session=False)
    )
    return rows_changed(session, kept) == 1


def end_surge(*, id: str, reason: str, actor_id: str | None, now: dt.datetime) -> str:
    """No clock that starts from now on gets it; what was promised stays promised. Returns its queue."""
    reason = reason.strip()
    if not reason or len(reason) > REASON_MOST:
        raise Invalid({"reason": [N_("写明原因，最多 200 个字。")]})
    with transaction() as session:
        found = one(session, id)
        ended = sa.update(Surge).where(Surge.id == id, Surge.ended_at.is_(None), Surge.ends_at > now)
        if not rows_changed(
            session,
            ended.values(ended_at=now, ended_by=actor_id, ended_reason=reason).execution_options(
                synchronize_session=False
            ),
        ):
            raise Refused("surge-over", N_("这个加成已经结束了。"))
        session.expire(found)
        _note(session, "surge.end", id, reason, actor_id, now, {"promised_fen": found.promised_fen})
        return found.queue


def _note(
    session: Session,
    action: str,
    id: str,
    reason: str,
    actor_id: str | None,
    now: dt.datetime,
    detail: dict[str, object],
) -> None:
    audit.note(
        session,
        actor_id=actor_id,
        action=action,
        object_type=OBJECT,
        object_id=id,
        reason=reason,
        detail=detail,
        now=now,
    )
    for topic in ("ops", "finance"):
        outbox.emit(session, topic, action, {"id": id}, now=now)
