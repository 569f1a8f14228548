"""What an emergency sets off beside its place at the head of the feed."""

from __future__ import annotations

from gig.core import outbox
from gig.dispatch.values import EMERGENCY


def ringing(inquiry_id: str, queue: str, priority: int) -> list[outbox.Event]:
    """Ops' pages ring as soon as an emergency is in the feed; nothing for other inquiries."""
    payload = {"inquiry_id": inquiry_id, "queue": queue}
    return [("ops", "inquiry.emergency", payload)] if priority >= EMERGENCY else []
