"""What the customer and the order told, for what an agent may be echoing."""

from __future__ import annotations

import sqlalchemy as sa

from gig.dispatch.models import Inquiry, Message
from gig.dispatch.queries.threads import Thread


def customer_words(dialect: sa.Dialect) -> sa.ColumnElement[str]:
    """All of it as one text, for use as a column of a query of inquiries."""
    joined = sa.func.group_concat if dialect.name == "sqlite" else sa.func.string_agg
    said = (
        sa.select(joined(Message.text, "\n"))
        .where(Message.inquiry_id == Inquiry.id, Message.author == "customer")
        .correlate(Inquiry)
        .scalar_subquery()
    )
    return sa.func.coalesce(said, "") + "\n" + sa.func.coalesce(Inquiry.order_detail, "")


def words_of(thread: Thread) -> str:
    """The same of a conversation that was read already."""
    said = [message.text for message in thread.messages if message.author == "customer"]
    return "\n".join([*said, thread.inquiry.order_detail or ""])
