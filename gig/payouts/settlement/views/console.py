"""Finance: the periods, one period from closing to its sheets, the settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from gig.api import mark, read_mark
from gig.core import tunables
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import Invalid, NotFound
from gig.core.money import parse_yuan
from gig.core.text import N_
from gig.identity.access import actor_id, allow, may
from gig.payouts.disbursement.models import Batch
from gig.payouts.disbursement.operations.retries import retry_lines
from gig.payouts.disbursement.values import HOLD_REASONS, PAYABLE_PERIODS
from gig.payouts.disbursement.views.words import ACTIONS as BATCH_ACTIONS
from gig.payouts.settlement import lists, queries, shown, taxes
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.operations.approving import approve_period, reopen_period
from gig.payouts.settlement.operations.closing import DoesNotTie, close_period
from gig.payouts.settlement.operations.settings import set_number, set_period_kind
from gig.payouts.settlement.rehearsal import DESKS, rehearse
from gig.payouts.settlement.tie import tie, untied
from gig.payouts.settlement.values import CLOSE_GRACE, KINDS, MINIMUM_PAYOUT, PERIOD_KIND, grace, zone
from gig.web import numbers as web_numbers
from gig.web.telling import tell

pages = Blueprint("settlement", __name__, template_folder="../templates")

PAGE = 50
LAST_PAGE = 100_000


@pages.get("/console/periods")
@allow("settle")
def periods() -> str:
    """Periods, the newest first, a page at a time, and the numbers that govern them."""
    session = db.session()
    numbers = tunables.values(session)
    before = read_mark(request.args.get("before"), dt.datetime)
    rows = lists.periods(session, before=before[0] if before else None, limit=PAGE + 1)
    return render_template(
        "settlement/periods.html",
        rows=rows[:PAGE],
        older=mark(rows[PAGE - 1].starts_at) if len(rows) > PAGE else None,
        later=before is not None,
        shown=shown,
        kinds=[(kind.value, _(shown.KIND_WORDS[kind.value])) for kind in KINDS],
        kind=KINDS[numbers[PERIOD_KIND.name]].value,
        minimum_fen=numbers[MINIMUM_PAYOUT.name],
        grace_s=numbers[CLOSE_GRACE.name],
        changes=queries.setting_changes(session),
        loosenings=web_numbers.one_persons(session),
    )


@pages.get("/console/periods/<period_id>")
@allow("settle")
def period(period_id: str) -> str:
    """One period: what it adds up to, whether three sources agree, who is paid, who signed."""
    session, now = db.session(), received_at()
    found = session.get(Period, period_id)
    if found is None:
        raise NotFound()
    held = request.args.get("lines") == "held"
    page = min(max(1, request.args.get("page", 1, type=int)), LAST_PAGE)
    rows, count, total_fen = queries.lines(
        session, period_id, held=held, offset=(page - 1) * PAGE, limit=PAGE
    )
    batches = session.scalars(
        sa.select(Batch).where(Batch.period_id == period_id).order_by(Batch.number.desc())
    ).all()
    signers = [found.closed_by, found.approved_by]
    for batch in batches:
        signers += [batch.maker_id, batch.approved_by, batch.exported_by]
    closes_at = found.ends_at + grace(tunables.values(session))
    holds = queries.held_reasons(session, period_id)
    today = zone().day_of(now)
    tied = tie(session, period_id)
    history = queries.history(session, period_id)
    rows_apart = [] if tied.holds else untied(session, period_id)
    return render_template(
        "settlement/period.html",
        period=found,
        shown=shown,
        totals=queries.totals(session, period_id),
        tie=tied,
        untied=rows_apart,
        progress=queries.progress(session, found),
        rows=rows,
        held=held,
        count=count,
        total_fen=total_fen,
        page=page,
        page_size=PAGE,
        other_count=queries.lines(session, period_id, held=not held, limit=0)[1],
        holds=holds,
        hold_words=HOLD_REASONS,
        held_fen=sum(fen for _reason, _people, fen in holds),
        free=queries.free_lines(session, period_id),
        batches=batches,
        names=shown.names(
            session, *signers, *(row.agent_id for row in rows_apart), *(each.actor_id for each in history)
        ),
        me=actor_id(),
        closes_at=closes_at,
        can_close=found.state in ("open", "closing") and now >= closes_at,
        can_pay=found.state in PAYABLE_PERIODS,
        today=today,
        taxed=taxes.of_lines(session, [row.id for row in rows], today=today),
        history=history,
        actions={**shown.PERIOD_ACTIONS, **BATCH_ACTIONS},
    )


@pages.get("/console/periods/<period_id>/rehearsal")
@allow("settle")
def rehearsal(period_id: str) -> str | Response:
    """What a close now would say, and what to look at before it; nothing is written. What has been closed
    since says so itself."""
    session, now = db.session(), received_at()
    found = session.get(Period, period_id)
    if found is None:
        raise NotFound()
    if found.state != "open":
        return redirect(url_for("settlement.period", period_id=period_id), code=303)
    return render_template(
        "settlement/rehearsal.html",
        period=found,
        shown=shown,
        said=rehearse(session, found, now=now),
        mine=may,
        desks=DESKS,
        now=now,
        over=now >= found.ends_at,
    )


@pages.post("/console/periods/<period_id>/close")
@allow("settle")
def close(period_id: str) -> Response:
    """The period is closed, or stays `closing` when it does not tie."""

    def work() -> None:
        try:
            close_period(period_id=period_id, actor_id=actor_id(), now=received_at())
        except DoesNotTie:
            flash(_("账本、结算单和付款名单对不上，没有关账。下面写着差额。"))

    return _done(period_id, work)


@pages.post("/console/periods/<period_id>/approve")
@allow("settle")
def approve(period_id: str) -> Response:
    def work() -> None:
        approve_period(period_id=period_id, actor_id=actor_id(), now=received_at())
        flash(_("已审批，可以制单了。"))

    return _done(period_id, work)


@pages.post("/console/periods/<period_id>/reopen")
@allow("settle")
def reopen(period_id: str) -> Response:
    reason = request.form.get("reason", "")
    return _done(
        period_id,
        lambda: reopen_period(period_id=period_id, reason=reason, actor_id=actor_id(), now=received_at()),
    )


@pages.post("/console/periods/<period_id>/retries")
@allow("settle")
def retry(period_id: str) -> Response:
    """Held lines that need not wait any more may be paid."""

    def work() -> None:
        made = retry_lines(period_id=period_id, actor_id=actor_id(), now=received_at())
        flash(
            ngettext("%(n)s 笔可以付了。", "%(n)s 笔可以付了。", made, n=made)
            if made
            else _("暂缓的原因都还在，没有变化。")
        )

    return _done(period_id, work)


@pages.post("/console/periods/settings")
@allow("settle")
def settings() -> Response:
    """The kind, the minimum and the grace, each change with its reason."""
    form, now = request.form, received_at()
    reason = form.get("reason", "")

    def work() -> None:
        common: dict[str, Any] = {"reason": reason, "actor_id": actor_id(), "now": now}
        try:
            minimum_fen = parse_yuan(form.get("minimum", ""))
        except ValueError as error:
            raise Invalid({"minimum": [str(error)]}) from error
        grace = form.get("grace_min", "").strip()
        if not (grace.isascii() and grace.isdigit() and len(grace) < 6):
            raise Invalid({"grace_min": [N_("要是一个整数。")]})
        grace_s = int(grace) * 60
        set_period_kind(kind=form.get("kind", ""), **common)
        set_number(name=MINIMUM_PAYOUT.name, value=minimum_fen, **common)
        set_number(name=CLOSE_GRACE.name, value=grace_s, **common)
        flash(_("已保存，从下一次关账起算。"))

    return tell(work, url_for("settlement.periods"))


def _done(period_id: str, work: Callable[[], None]) -> Response:
    return tell(work, url_for("settlement.period", period_id=period_id))
