"""A back-pay run: counted agent by agent, looked at, then posted; each step resumes where it was cut off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit
from gig.core.db import db, made, one_at_a_time, rows_changed, table_of, transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.core.inserts import PreparedInsert
from gig.core.text import N_
from gig.core.transitions import move
from gig.payouts.adjustments import given, queries
from gig.payouts.adjustments.models import Adjustment, BackPayRun, BackPayShare
from gig.payouts.adjustments.operations.checking import faults_of_run
from gig.payouts.adjustments.operations.counting import next_shares, part_of
from gig.payouts.adjustments.operations.posting import post_adjustments
from gig.payouts.adjustments.operations.standing import (
    left_out,
    on_top_of,
    refuse_if_overtaken,
    refuse_if_stale,
)
from gig.payouts.adjustments.states import RUN
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.settlement.values import zone

AGENTS_AT_ONCE = 50
REPLIES_AT_ONCE = 5_000
POSTED_AT_ONCE = 50
LONGEST_DAYS = 400
NOT_READY = N_("这次补发还在计算，或已经取消。")

_SHARES = PreparedInsert(table_of(BackPayShare))


def draft_run(
    *,
    first_day: dt.date,
    last_day: dt.date,
    mode: str,
    figure: int | None,
    card_id: str | None,
    reason: str,
    evidence: str,
    id: str | None = None,
    actor_id: str,
    now: dt.datetime,
) -> str:
    """A run over past business days begins to be counted; its id. The same `id` again changes nothing."""
    end_day = last_day + dt.timedelta(days=1)
    faults = faults_of_run(mode, figure, reason, evidence)
    if last_day < first_day:
        faults["span"] = [N_("结束的日子不能早于开始的日子。")]
    elif end_day > zone().day_of(now) or (end_day - first_day).days > LONGEST_DAYS:
        faults["span"] = [N_("起止日期要是已经过完的日子，最长 400 天。")]
    if faults:
        raise Invalid(faults)
    starts_at, ends_at = zone().span(first_day, end_day)
    with transaction() as session:
        one_at_a_time(session, "adjustments")
        if id is not None and session.get(BackPayRun, id) is not None:
            return id
        if mode == "card" and not _is_published(session, card_id):
            raise Invalid({"card": [N_("选一张已经发布的费率卡，草稿还会变。")]})
        run = BackPayRun(
            id=id or new_id(),
            first_day=first_day,
            end_day=end_day,
            starts_at=starts_at,
            ends_at=ends_at,
            mode=mode,
            card_id=card_id if mode == "card" else None,
            figure=None if mode == "card" else figure,
            reason=reason.strip(),
            evidence=evidence.strip(),
            state="counting",
            counted_after="",
            by_reply=True,
            drafted_after=given.newest(session),
            takes_places=mode == "card",
            maker_id=actor_id,
            made_at=now,
        )
        session.add(run)
        session.flush()
        made(session, run_id=run.id)
        _note(session, run.id, "back_pay.draft", actor_id=actor_id, reason=run.reason, now=now)
        return run.id


def advance_runs(*, now: dt.datetime) -> list[str]:
    """Every run that is being counted or posted is so to its end; their ids."""
    query = sa.select(BackPayRun.id).where(BackPayRun.state.in_(("counting", "posting")))
    ids = list(db.session.scalars(query.order_by(BackPayRun.id)))
    for id in ids:
        while _count_next(id, now=now) or _post_next(id, now=now):
            pass
    return ids


def start_run(*, run_id: str, seen: Collection[str] = frozenset(), actor_id: str, now: dt.datetime) -> None:
    """The run may be posted. Above the limit it is another person than its maker who says so, and so it is
    when the runs that the maker started alone on this day come to more than it together.

    Refused when another run that was started since it was drafted changes what it gives, when its replies
    would get other amounts by now, or when it pays on top of runs that are not among the `seen` ones.
    """
    if _has_begun(waits := _found(db.session(), run_id)):
        return
    looked_upto = refuse_if_stale(db.session(), waits)
    since, _until = zone().day_bounds(zone().day_of(now))
    with transaction() as session:
        one_at_a_time(session, "adjustments")
        run = _found(session, run_id)
        if _has_begun(run):
            return
        refuse_if_overtaken(session, run, after=looked_upto)
        total = queries.counted(session, run_id).fen
        alone = run.maker_id == actor_id
        before = queries.runs_started_alone(session, actor_id, since) if alone else 0
        if alone and before + total > queries.alone_fen(session):
            raise Refused("two-people", N_("合计超过一个人可以决定的数，请另一位财务来确认。"))
        on_top = on_top_of(session, run, seen)
        if not total:
            raise Refused("nothing-to-pay", N_("这段时间没有人要补。"))
        if not move(
            session,
            RUN,
            BackPayRun,
            run_id,
            origin="ready",
            target="posting",
            approved_by=None if alone else actor_id,
            started_no=given.newest(session) + 1,
            outdated_by=None,
            started_at=now,
        ):
            raise Refused("not-ready", NOT_READY)
        detail = {"on_top_of": on_top} if on_top else None
        _note(
            session,
            run_id,
            "back_pay.start",
            actor_id=actor_id,
            reason=run.reason,
            detail=detail,
            now=now,
        )


def cancel_run(*, run_id: str, actor_id: str, now: dt.datetime) -> None:
    """Nothing of the run is posted; what it counted is kept as withdrawn."""
    with transaction() as session:
        run = _found(session, run_id)
        if run.state == "cancelled":
            return
        if run.state not in ("counting", "ready") or not move(
            session, RUN, BackPayRun, run_id, origin=run.state, target="cancelled"
        ):
            raise Refused("already-started", N_("这次补发已经开始入账，不能取消。"))
        session.execute(
            sa.update(Adjustment)
            .where(Adjustment.run_id == run_id, Adjustment.state == "proposed")
            .values(state="withdrawn", decided_by=actor_id, decided_at=now)
        )
        _note(session, run_id, "back_pay.cancel", actor_id=actor_id, reason=None, now=now)


def _count_next(run_id: str, *, now: dt.datetime) -> bool:
    """What the next agents get is written down, once. False when the run is not being counted any more.

    Replies are read before the write. What is taken of them or given back later makes the run stale.
    """
    session = db.session()
    session.rollback()
    run = session.get(BackPayRun, run_id, populate_existing=True)
    if run is None or run.state != "counting":
        return False
    after, found = (
        run.counted_after,
        next_shares(session, run, agents=AGENTS_AT_ONCE, replies=REPLIES_AT_ONCE),
    )
    rows, shares = [], []
    for agent_id, theirs in found.items():
        if theirs:
            rows.append(part_of(run, agent_id, theirs, now=now))
            shares += [
                {"adjustment_id": rows[-1]["id"], "earning_id": earning_id, "fen": fen}
                for earning_id, fen in theirs
            ]
    takes_places = bool(found) or given.takes_places(session, run)
    with transaction() as writing:
        advance = sa.update(BackPayRun).where(
            BackPayRun.id == run_id, BackPayRun.state == "counting", BackPayRun.counted_after == after
        )
        if not found:
            return rows_changed(writing, advance.values(state="ready", takes_places=takes_places)) == 1
        if not rows_changed(writing, advance.values(counted_after=list(found)[-1])):
            return True
        if rows:
            writing.execute(sa.insert(Adjustment), rows)
        if shares and run.by_reply:
            _SHARES.run(writing, shares)
    return True


def _post_next(run_id: str, *, now: dt.datetime) -> bool:
    """The next agents' back pay is in the book. False when the run is not being posted any more.

    Whoever else posts it, or takes back pay back, waits, and then sees what is left. An agent with a reply
    that changed after the start is left out; the next run by the card gives what is still missing.
    """
    with transaction() as session:
        one_at_a_time(session, "adjustments")
        run = session.get_one(BackPayRun, run_id, populate_existing=True)
        if run.state != "posting":
            return False
        some: Sequence[Adjustment] = session.scalars(
            sa.select(Adjustment)
            .where(Adjustment.run_id == run_id, Adjustment.state == "proposed")
            .order_by(Adjustment.agent_id)
            .limit(POSTED_AT_ONCE)
        ).all()
        if not some:
            move(session, RUN, BackPayRun, run_id, origin="posting", target="posted", finished_at=now)
            return False
        stale = left_out(session, run, some)
        posted = [one for one in some if one.agent_id not in stale]
        _decide(session, posted, "posted", decided_by=run.approved_by, now=now)
        post_adjustments(session, posted, now=now)
        if stale:
            _decide(session, [one for one in some if one.agent_id in stale], "withdrawn", None, now=now)
            _note(
                session,
                run_id,
                "back_pay.leave_out",
                actor_id=None,
                reason=None,
                detail={"agents": sorted(stale)},
                now=now,
            )
        return True


def _decide(
    session: Session, parts: Sequence[Adjustment], state: str, decided_by: str | None, *, now: dt.datetime
) -> None:
    session.execute(
        sa.update(Adjustment)
        .where(Adjustment.id.in_([part.id for part in parts]), Adjustment.state == "proposed")
        .values(state=state, decided_by=decided_by, decided_at=now)
        .execution_options(synchronize_session=False)
    )


def _has_begun(run: BackPayRun) -> bool:
    """Whether it was started; Refused when it cannot be."""
    if run.state in ("counting", "cancelled"):
        raise Refused("not-ready", NOT_READY)
    return run.state != "ready"


def _is_published(session: Session, card_id: str | None) -> bool:
    card = session.get(RateCardVersion, card_id) if card_id else None
    return card is not None and card.state == "published"


def _found(session: Session, run_id: str) -> BackPayRun:
    run = session.get(BackPayRun, run_id, populate_existing=True)
    if run is None:
        raise NotFound()
    return run


def _note(
    session: Session,
    run_id: str,
    action: str,
    *,
    actor_id: str | None,
    reason: str | None,
    now: dt.datetime,
    detail: dict[str, Any] | None = None,
) -> None:
    audit.note(
        session,
        actor_id=actor_id,
        action=action,
        object_type="back_pay_run",
        object_id=run_id,
        reason=reason,
        detail=detail,
        now=now,
    )
