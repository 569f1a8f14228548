"""How much may be sent from a chat page: by one inquiry, one customer, one address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.channels.models import ChatSend
from gig.channels.values import HOUR, MINUTE
from gig.core import tunables
from gig.core.crypto import keyring
from gig.core.db import one_at_a_time, rows_changed, transaction
from gig.core.errors import TooMany
from gig.core.text import N_
from gig.dispatch.models import Inquiry


@dataclass(frozen=True)
class Bound:
    """`most` in any `window` under `scope`."""

    scope: str
    most: int
    window: dt.timedelta
    words: str


def bounds(session: Session, inquiry: Inquiry, address: str, *, photo: bool) -> list[Bound]:
    """What holds for one more message, or photo, of the inquiry's customer at the address."""
    numbers, seal = tunables.values(session), keyring().index
    asked_too_fast = N_("发得有点快，稍等几秒再发。内容还在输入框里。")
    found = [
        Bound(f"i:{inquiry.id}", numbers["chat_sends_a_minute"], MINUTE, asked_too_fast),
        Bound(f"a:{seal(address, 'address')}", numbers["chat_address_a_minute"], MINUTE, asked_too_fast),
    ]
    if inquiry.customer_key:
        who = seal(f"{inquiry.channel_id} {inquiry.customer_key}", "chat_send.customer")
        found.append(Bound(f"c:{who}", numbers["chat_customer_a_minute"], MINUTE, asked_too_fast))
    if photo:
        words = N_("一小时内传的照片已经够多了，客服都能看到。过一会儿再传，或者用文字说明。")
        found.append(Bound(f"p:{inquiry.id}", numbers["chat_photos_an_hour"], HOUR, words))
    return sorted(found, key=lambda bound: bound.scope)


def refuse_if_full(session: Session, wanted: Sequence[Bound], now: dt.datetime) -> None:
    """TooMany, with when to try again, if one bound is reached."""
    for bound in wanted:
        recent = sa.select(ChatSend.at).where(ChatSend.scope == bound.scope, ChatSend.at > now - bound.window)
        times = session.scalars(recent.order_by(ChatSend.at.desc()).limit(max(bound.most, 1))).all()
        if len(times) >= bound.most:
            since = times[-1] if times else now
            wait = int((since + bound.window - now).total_seconds()) + 1
            raise TooMany(bound.words, retry_after_s=max(1, wait))


def queue_up(session: Session, wanted: Sequence[Bound]) -> None:
    """Whoever else sends under one of these scopes has finished."""
    for bound in wanted:
        one_at_a_time(session, bound.scope)


def count(session: Session, wanted: Sequence[Bound], now: dt.datetime) -> None:
    """One more is counted under every scope, unless one is full; in the transaction of what is sent.

    The caller has queued up.
    """
    refuse_if_full(session, wanted, now)
    session.execute(sa.insert(ChatSend), [{"scope": bound.scope, "at": now} for bound in wanted])


def forget_old_sends(now: dt.datetime) -> str | None:
    """What counts no more is gone."""
    with transaction() as session:
        gone = rows_changed(session, sa.delete(ChatSend).where(ChatSend.at <= now - HOUR))
    return f"{gone} rows" if gone else None
