"""The API of settlement: finance's periods, an agent's own statements."""

from __future__ import annotations

import datetime as dt
from typing import Any

from gig.api import PageQuery, answer, api_blueprint, idempotent, mark, page, read_mark
from gig.core.clock import received_at
from gig.core.db import db
from gig.core.errors import NotFound, Refused
from gig.core.text import N_
from gig.identity.access import actor_id, allow
from gig.payouts.settlement import lists, queries, schemas, taxes
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.operations.approving import approve_period
from gig.payouts.settlement.operations.closing import DoesNotTie, close_period
from gig.payouts.settlement.tie import Tie, tie

blueprint = api_blueprint("settlement", description="Periods and statements")


@blueprint.get("/periods")
@allow("settle")
@blueprint.arguments(PageQuery, location="query")
@blueprint.answers(200, schemas.Periods)
def get_periods(query: dict[str, Any]) -> dict[str, Any]:
    """Periods, the newest first, with the sums of their statements."""
    rows = lists.periods(db.session(), before=_before(query), limit=query["limit"] + 1)
    return page(rows, query["limit"], lambda row: mark(row.starts_at), schemas.period_row)


@blueprint.get("/periods/<period_id>")
@allow("settle")
@blueprint.answers(200, schemas.PeriodOut)
@blueprint.refuses(404)
def get_period(period_id: str) -> dict[str, Any]:
    """One period, its sums, and whether book, statements and lines agree."""
    return _shown(period_id)


@blueprint.post("/periods/<period_id>/close")
@allow("settle")
@idempotent(reread=lambda ref: answer(_shown(ref["period_id"]), 201))
@blueprint.answers(201, schemas.PeriodOut)
@blueprint.refuses(404, 409)
def post_close(period_id: str) -> dict[str, Any]:
    """The period is closed; closing it again changes nothing."""
    try:
        found = close_period(period_id=period_id, actor_id=actor_id(), now=received_at())
    except DoesNotTie as error:
        raise Refused("does-not-tie", N_("账本、结算单和付款名单对不上，没有关账。")) from error
    return _shown(period_id, found)


@blueprint.post("/periods/<period_id>/approval")
@allow("settle")
@idempotent(reread=lambda ref: answer(_shown(ref["period_id"]), 201))
@blueprint.answers(201, schemas.PeriodOut)
@blueprint.refuses(404, 409)
def post_approval(period_id: str) -> dict[str, Any]:
    """The period may be paid."""
    approve_period(period_id=period_id, actor_id=actor_id(), now=received_at())
    return _shown(period_id)


@blueprint.get("/me/statements")
@allow("work")
@blueprint.arguments(PageQuery, location="query")
@blueprint.answers(200, schemas.Statements)
def get_my_statements(query: dict[str, Any]) -> dict[str, Any]:
    """One's own statements, the newest first."""
    session = db.session()
    rows = lists.statements_of(session, actor_id(), before=_before(query), limit=query["limit"] + 1)
    paid = taxes.paid_by_period(session, actor_id(), [period.id for _statement, period in rows])
    return page(
        rows,
        query["limit"],
        lambda row: mark(row[1].starts_at),
        lambda row: schemas.statement(*row, *paid.get(row[1].id, (0, 0))),
    )


def _before(query: dict[str, Any]) -> dt.datetime | None:
    """The start of the last period on the page before."""
    found = read_mark(query["cursor"], dt.datetime)
    return found[0] if found else None


def _shown(period_id: str, found: Tie | None = None) -> dict[str, Any]:
    """`found` is what was just seen to tie, and need not be summed again."""
    session = db.session()
    period = session.get(Period, period_id, populate_existing=True)
    if period is None:
        raise NotFound()
    return schemas.period(period, queries.totals(session, period_id), found or tie(session, period_id))
