"""What the customer's open page is told: that something changed, never what was said."""

from __future__ import annotations

from gig.core.outbox import Event


def topic(inquiry_id: str) -> str:
    """What the stream of the inquiry's customer hears."""
    return f"inquiry:{inquiry_id}"


def told(inquiry_id: str, followed: bool) -> list[Event]:
    """The event for a customer who has the page; none for the others, who are told by their channel."""
    return [(topic(inquiry_id), "chat.changed", {"inquiry_id": inquiry_id})] if followed else []
