"""The channel's API: inquiries in, further words, ratings, withdrawals, the thread, the chat link."""

from __future__ import annotations

from typing import Any

from flask import request

from gig.api import answer, api_blueprint, idempotent
from gig.channels import schemas
from gig.channels.operations import doors, inbound
from gig.channels.queries.doors import first_token, token_of
from gig.core.clock import received_at
from gig.core.db import db
from gig.dispatch.operations import inquiries, resolution
from gig.dispatch.operations.inquiries import NewInquiry
from gig.dispatch.queries import channels
from gig.identity.access import actor_id, allow

blueprint = api_blueprint("channels", description="What channels do")


@blueprint.post("/inquiries")
@allow("inquire")
@idempotent(reread=lambda ref: answer(_shown(ref["inquiry_id"]), 201 if "created" in ref else 200))
@blueprint.arguments(schemas.InquiryIn)
@blueprint.answers(201)
def post_inquiry(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The inquiry waits in the feed; handed in again it is the same one."""
    customer = body.get("customer", {})
    received = inbound.receive(
        channel_id=actor_id(),
        new=NewInquiry(
            external_id=body["external_id"],
            queue=body["queue"],
            issue_type=body["issue_type"],
            text=body["text"],
            side=body["side"],
            priority=body["priority"],
            customer_key=customer.get("external_id"),
            customer_name=customer.get("name"),
            order=body.get("order", {}),
            arrived_at=body.get("arrived_at"),
        ),
        phone=customer.get("phone"),
        now=received_at(),
    )
    if received.thread is None:
        return _shown(received.inquiry_id), 200
    return schemas.thread_for_channel(*received.thread, _first_chat_url(received.inquiry_id)), 201


@blueprint.get("/inquiries/<inquiry_id>")
@allow("inquire")
@blueprint.answers(200)
@blueprint.refuses(404)
def get_inquiry(inquiry_id: str) -> dict[str, Any]:
    """The thread of one of the channel's own inquiries."""
    return _shown(inquiry_id)


@blueprint.post("/inquiries/<inquiry_id>/messages")
@allow("inquire")
@idempotent(reread=lambda ref: {"id": ref["message_id"], "inquiry_id": ref["inquiry_id"]})
@blueprint.arguments(schemas.MessageIn)
@blueprint.answers(201)
@blueprint.refuses(404, 409)
def post_message(body: dict[str, Any], inquiry_id: str) -> dict[str, Any]:
    """The customer's words are in the thread."""
    message_id = inquiries.add_customer_message(
        channel_id=actor_id(),
        inquiry_id=inquiry_id,
        external_id=body["external_id"],
        text=body["text"],
        now=received_at(),
    )
    return {"id": message_id, "inquiry_id": inquiry_id}


@blueprint.post("/inquiries/<inquiry_id>/rating")
@allow("inquire")
@idempotent(reread=lambda ref: {"id": ref["rating_id"], "inquiry_id": ref["inquiry_id"]})
@blueprint.arguments(schemas.RatingIn)
@blueprint.answers(201)
@blueprint.refuses(404)
def post_rating(body: dict[str, Any], inquiry_id: str) -> dict[str, Any]:
    """The customer's rating is kept; the first one counts."""
    rating_id = resolution.rate(
        channel_id=actor_id(),
        inquiry_id=inquiry_id,
        stars=body["stars"],
        resolved=body["resolved"],
        comment=body["comment"],
        now=received_at(),
    )
    return {"id": rating_id, "inquiry_id": inquiry_id}


@blueprint.post("/inquiries/<inquiry_id>/withdrawal")
@allow("inquire")
@idempotent(reread=lambda ref: {**ref, "state": "abandoned"})
@blueprint.answers(201)
@blueprint.refuses(404, 409)
def post_withdrawal(inquiry_id: str) -> dict[str, Any]:
    """Nobody can answer the inquiry any more, and nobody is blamed."""
    inquiries.withdraw(channel_id=actor_id(), inquiry_id=inquiry_id, now=received_at())
    return {"inquiry_id": inquiry_id, "state": "abandoned"}


@blueprint.post("/inquiries/<inquiry_id>/chat-link")
@allow("inquire")
@idempotent(reread=lambda ref: answer(_link(ref["inquiry_id"]), 201))
@blueprint.answers(201)
@blueprint.refuses(404)
def post_chat_link(inquiry_id: str) -> dict[str, Any]:
    """A new link to the customer's chat page; the one before opens nothing any more."""
    doors.renew_link(channel_id=actor_id(), inquiry_id=inquiry_id, now=received_at())
    return _link(inquiry_id)


@blueprint.delete("/inquiries/<inquiry_id>/chat-link")
@allow("inquire")
@idempotent()
@blueprint.answers(204)
@blueprint.refuses(404)
def delete_chat_link(inquiry_id: str) -> None:
    """No link opens the inquiry's chat page until a new one is made."""
    doors.shut_link(channel_id=actor_id(), inquiry_id=inquiry_id, now=received_at())


def _link(inquiry_id: str) -> dict[str, Any]:
    return {"inquiry_id": inquiry_id, "chat_url": _chat_url(inquiry_id)}


def _chat_url(inquiry_id: str) -> str | None:
    token = token_of(db.session(), inquiry_id)
    return f"{request.host_url}c/{token}" if token else None


def _first_chat_url(inquiry_id: str) -> str:
    """The link of an inquiry that has just come in: it was neither renewed nor shut."""
    return f"{request.host_url}c/{first_token(inquiry_id)}"


def _shown(inquiry_id: str) -> dict[str, Any]:
    thread = channels.thread(db.session(), inquiry_id, actor_id())
    return schemas.thread_for_channel(*thread, _chat_url(inquiry_id))
