"""The agent's API: presence, feed, claims, replies, own earnings."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask import current_app

from gig.api import answer, api_blueprint, idempotent, mark, page, read_mark, remember
from gig.api.cursors import PageQuery
from gig.api.fields import Text
from gig.core.businesstime import business_zone
from gig.core.clock import received_at
from gig.core.db import db
from gig.dispatch import schemas
from gig.dispatch.models import Message
from gig.dispatch.operations import claims, releases, replies, resolution
from gig.dispatch.operations.escalations import escalate
from gig.dispatch.queries import escalations
from gig.dispatch.queries import feed as feeds
from gig.dispatch.queries.threads import Thread, thread
from gig.identity.access import actor_id, allow
from gig.identity.operations.standing import set_presence
from gig.payouts.earnings import queries as earnings
from gig.payouts.earnings import triage
from gig.payouts.earnings.models import Earning

blueprint = api_blueprint("dispatch_agent", description="What agents do")


class FeedQuery(PageQuery):
    queue = Text(most=60, load_default=None)
    issue_type = Text(most=60, load_default=None)


@blueprint.put("/me/presence")
@allow("work")
@idempotent(reread=lambda ref: {"state": ref["state"]})
@blueprint.arguments(schemas.PresenceIn)
@blueprint.answers(200)
def put_presence(body: dict[str, Any]) -> dict[str, Any]:
    """Online until changed."""
    remember(state=body["state"])
    set_presence(agent_id=actor_id(), state=body["state"], now=received_at())
    return {"state": body["state"]}


@blueprint.get("/feed")
@allow("work")
@blueprint.arguments(FeedQuery, location="query")
@blueprint.answers(200)
def get_feed(query: dict[str, Any]) -> dict[str, Any]:
    """What the agent may claim now, without any customer's words."""
    now = received_at()
    who = feeds.standing(db.session(), actor_id(), now)
    after: Any = read_mark(query["cursor"], int, dt.datetime, str)
    rows = feeds.feed(
        db.session(),
        who,
        now,
        queue=query["queue"],
        issue_type=query["issue_type"],
        after=after,
        limit=query["limit"] + 1,
    )

    def cursor(row: feeds.FeedRow) -> str:
        return mark(row.priority, row.queued_at.isoformat(), row.id)

    return page(rows, query["limit"], cursor, schemas.feed_row)


def _thread(inquiry_id: str) -> dict[str, Any]:
    """The conversation as this agent may see it."""
    return _told(thread(db.session(), inquiry_id, actor_id()))


def _told(found: Thread) -> dict[str, Any]:
    """The conversation, with what those before left for its owner."""
    handed = found.owned and found.inquiry.handovers
    return schemas.claimed_out(found, escalations.handovers(db.session(), found.inquiry.id) if handed else ())


def _claim_again(ref: dict[str, Any]) -> Any:
    return answer(_thread(ref["inquiry_id"]), 200 if "already" in ref else 201)


@blueprint.post("/inquiries/<inquiry_id>/claim")
@allow("work")
@idempotent(reread=_claim_again)
@blueprint.arguments(schemas.ClaimIn)
@blueprint.answers(201)
@blueprint.refuses(404, 409)
def post_claim(body: dict[str, Any], inquiry_id: str) -> tuple[dict[str, Any], int]:
    """The inquiry is the agent's and their clock runs."""
    claimed = claims.claim(
        inquiry_id=inquiry_id,
        agent_id=actor_id(),
        expected_gross_fen=body["expected_gross_fen"],
        now=received_at(),
    )
    return _told(claimed.thread), 200 if claimed.already else 201


@blueprint.delete("/inquiries/<inquiry_id>/claim")
@allow("work")
@idempotent()
@blueprint.arguments(schemas.ReleaseQuery, location="query")
@blueprint.answers(204)
@blueprint.refuses(404, 409)
def delete_claim(query: dict[str, Any], inquiry_id: str) -> None:
    """The inquiry is back in the feed."""
    releases.release(
        inquiry_id=inquiry_id,
        agent_id=actor_id(),
        reason=query["reason"],
        zone=current_app.config["GIG_TIMEZONE"],
        now=received_at(),
    )


def _reply_again(ref: dict[str, Any]) -> Any:
    return answer(_reread(ref["message_id"], ref.get("earning_id")), 201)


@blueprint.post("/inquiries/<inquiry_id>/replies")
@allow("work")
@idempotent(reread=_reply_again)
@blueprint.arguments(schemas.ReplyIn)
@blueprint.answers(201)
@blueprint.refuses(404, 409)
def post_reply(body: dict[str, Any], inquiry_id: str) -> dict[str, Any]:
    """The customer has the words; what they earned, if anything, stands beside them."""
    replied = replies.reply(inquiry_id=inquiry_id, agent_id=actor_id(), now=received_at(), **body)
    return schemas.reply_out(replied.message, replied.earning)


def _reread(message_id: str, earning_id: str | None) -> dict[str, Any]:
    message, earning = db.session.execute(
        sa.select(Message, Earning)
        .outerjoin(Earning, Earning.id == (earning_id or ""))
        .where(Message.id == message_id, Message.agent_id == actor_id())
    ).one()
    return schemas.reply_out(message, earning)


@blueprint.post("/inquiries/<inquiry_id>/resolution")
@allow("work")
@idempotent(reread=lambda ref: {"inquiry_id": ref["inquiry_id"], "state": "resolved"})
@blueprint.answers(201)
@blueprint.refuses(404, 409)
def post_resolution(inquiry_id: str) -> dict[str, Any]:
    """The question is answered."""
    resolution.resolve(inquiry_id=inquiry_id, agent_id=actor_id(), now=received_at())
    return {"inquiry_id": inquiry_id, "state": "resolved"}


@blueprint.post("/inquiries/<inquiry_id>/escalation")
@allow("work")
@idempotent()
@blueprint.arguments(schemas.EscalationIn)
@blueprint.answers(201)
@blueprint.refuses(404, 409)
def post_escalation(body: dict[str, Any], inquiry_id: str) -> dict[str, Any]:
    """The customer waits on another queue, whose agent reads the summary first."""
    handed = escalate(
        inquiry_id=inquiry_id,
        agent_id=actor_id(),
        reason=body["reason"],
        summary=body["summary"],
        to_queue=body["to"],
        now=received_at(),
    )
    return schemas.escalated_out(handed)


@blueprint.get("/inquiries/<inquiry_id>/thread")
@allow("work")
@blueprint.answers(200)
@blueprint.refuses(404)
def get_thread(inquiry_id: str) -> dict[str, Any]:
    """The conversation as far as the agent may see it."""
    return _thread(inquiry_id)


class EarningsQuery(PageQuery):
    since = schemas.SpanQuery().fields["since"]
    until = schemas.SpanQuery().fields["until"]


@blueprint.get("/me/earnings")
@allow("work")
@blueprint.arguments(EarningsQuery, location="query")
@blueprint.answers(200)
def get_earnings(query: dict[str, Any]) -> dict[str, Any]:
    """Every earning of the business days from `from` up to and with `to` (today, unless told)."""
    zone = business_zone(current_app.config["GIG_TIMEZONE"])
    today = zone.day_of(received_at())
    since, until = query["since"] or today, query["until"] or today
    span = zone.span(since, until + dt.timedelta(days=1))
    after: Any = read_mark(query["cursor"], dt.datetime, str)
    rows = earnings.earnings(db.session(), actor_id(), *span, after=after, limit=query["limit"] + 1)
    total = earnings.totals(db.session(), actor_id(), *span)
    listed = page(
        rows, query["limit"], lambda row: mark(row.received_at.isoformat(), row.id), schemas.earning_out
    )
    fees = triage.fees(db.session(), actor_id(), *span) if total.triage_fen else []
    handed = [schemas.fee_out(fee) for fee in fees]
    return {"from": since, "to": until, **total.as_json(), "triage": handed, **listed}
