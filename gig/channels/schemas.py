"""What channels hand in, what they are told, and what a customer's forms send."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gig.api import Schema, fields
from gig.dispatch.models import Inquiry, Message, Turn
from gig.dispatch.values import SIDES


class CustomerIn(Schema):
    """Of the phone only a blind index is kept; what is no mainland mobile number is left out."""

    external_id = fields.Text(most=200, required=True)
    name = fields.Text(most=100)
    phone = fields.Text(most=30)


class OrderIn(Schema):
    """Beside the two named ones an order may carry further short facts for the agent."""

    class Meta:
        unknown = "include"

    external_id = fields.Text(most=200, required=True)
    kind = fields.Text(most=60)


class InquiryIn(Schema):
    external_id = fields.Text(most=200, required=True)
    queue = fields.Text(most=60, required=True)
    issue_type = fields.Text(most=60, required=True)
    text = fields.Words(required=True)
    side = fields.Choice(SIDES, load_default="customer")
    priority = fields.Int(least=0, most=9, load_default=0)
    customer = fields.Nested(CustomerIn)
    order = fields.Nested(OrderIn)
    arrived_at = fields.Instant()


class MessageIn(Schema):
    external_id = fields.Text(most=200, required=True)
    text = fields.Words(required=True)


class SayIn(Schema):
    """A customer's words from the chat page."""

    text = fields.Words(required=True)


class RatingIn(Schema):
    stars = fields.Int(least=1, most=5, required=True)
    resolved = fields.Flag(required=True)
    comment = fields.Words(least=0, load_default="")


def thread_for_channel(
    inquiry: Inquiry, messages: Sequence[Message], turns: Sequence[Turn], chat_url: str | None
) -> dict[str, Any]:
    """The thread as the customer's side sees it: no names of agents, no money.

    `chat_url` stands for the customer: whoever has it reads and writes as they do.
    """
    return {
        "id": inquiry.id,
        "external_id": inquiry.external_id,
        "queue": inquiry.queue,
        "state": inquiry.state,
        "chat_url": chat_url,
        "messages": [
            {
                "id": message.id,
                "author": message.author,
                "text": message.text,
                "sent_at": message.sent_at,
                "external_id": message.external_id,
                "photo": message.photo_blob_id is not None,
            }
            for message in messages
        ],
        "turns": [
            {"number": turn.number, "asked_at": turn.asked_at, "answered_at": turn.answered_at}
            for turn in turns
        ],
    }
