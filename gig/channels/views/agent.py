"""What the customer's page adds to an agent's conversation: photos, and that somebody is typing."""

from __future__ import annotations

from flask import Blueprint, Response

from gig.channels.operations import typing
from gig.channels.queries.chat import photo_blob
from gig.channels.views.chat import picture
from gig.core import blobs
from gig.core.clock import received_at
from gig.core.db import db
from gig.dispatch.queries import threads
from gig.identity.access import actor_id, allow

pages = Blueprint("customer", __name__, url_prefix="/agent/chats/<inquiry_id>")


@pages.get("/photos/<message_id>")
@allow("work")
def photo(inquiry_id: str, message_id: str) -> Response:
    """A photo of a conversation that this agent may read; for anyone else there is none."""
    session = db.session()
    thread = threads.thread(session, inquiry_id, actor_id())
    return picture(blobs.content(session, photo_blob(thread.messages, message_id)))


@pages.post("/typing-to-customer")
@allow("work")
def type_on(inquiry_id: str) -> Response:
    """The customer sees that an answer is coming."""
    typing.agent_types(inquiry_id=inquiry_id, agent_id=actor_id(), now=received_at())
    return Response(status=204)
