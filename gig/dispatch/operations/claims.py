"""抢单: one conditional write decides who gets an inquiry."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import clock, outbox, tunables
from gig.core.db import Instant, made, table_of, transaction
from gig.core.errors import Refused
from gig.core.inserts import PreparedInsert
from gig.core.money import yuan
from gig.core.prepared import Prepared
from gig.core.rows import as_written
from gig.core.text import N_
from gig.core.together import together
from gig.dispatch.models import TurnQuote
from gig.dispatch.operations import clocks, expiry
from gig.dispatch.operations.deciding import taking
from gig.dispatch.operations.following import told
from gig.dispatch.queries.claimable import Claimable, look
from gig.dispatch.queries.refusals import why_not
from gig.dispatch.queries.threads import Thread
from gig.dispatch.values import SWEEP_WAIT
from gig.identity.models import Agent
from gig.payouts.rates import queries as rates
from gig.payouts.rates.rules.quote import quote
from gig.payouts.surges.operations import promise

SEEN_EVERY = dt.timedelta(seconds=60)


@dataclass(frozen=True)
class Claimed:
    """The inquiry is the agent's; `already` says that it was before this call."""

    inquiry_id: str
    turn_id: str | None
    already: bool
    thread: Thread


def claim(
    *, inquiry_id: str, agent_id: str, now: dt.datetime, expected_gross_fen: int | None = None
) -> Claimed:
    """The agent owns the inquiry and their clock runs, or Refused says why not and nothing has changed.

    Of any number of agents at once exactly one wins. Claiming what one owns changes nothing. A turn
    held before keeps its first clock and quote.
    """
    with transaction() as session:
        seen = look(session, inquiry_id, agent_id, now)
        if seen.row.state == "claimed" and seen.row.owner_id != agent_id and _spent(seen.row.expires_at, now):
            expiry.expire(session, inquiry_id, now=now, wait=False)
            seen = look(session, inquiry_id, agent_id, now)
        while True:
            if seen.row.state == "claimed" and seen.row.owner_id == agent_id:
                made(session, already="1")
                return Claimed(inquiry_id, seen.row.open_turn_id, True, seen.thread(seen.kept))
            _refuse_unless_open(seen.row.state)
            claimed = _take(session, seen, agent_id, expected_gross_fen, now)
            if claimed is not None:
                return claimed
            version, seen = seen.row.version, look(session, inquiry_id, agent_id, now)
            if seen.row.version == version:
                numbers = tunables.values(session, seen.row.revision)
                raise why_not(session, inquiry_id, agent_id, numbers, now)


def _refuse_unless_open(state: str) -> None:
    if state == "claimed":
        raise Refused("already-claimed", N_("手慢了，这条刚被抢走，没扣分。"))
    if state != "open":
        raise Refused("not-open", N_("这条咨询已经不在排队了。"))


def _take(
    session: Session, seen: Claimable, agent_id: str, expected_gross_fen: int | None, now: dt.datetime
) -> Claimed | None:
    """The inquiry is the agent's as it was seen, at a price no lower than expected; None: it is not."""
    found = seen.row
    price = _price(session, seen, agent_id, now, found.surge_percent or 0)
    _refuse_if_less(price.gross_fen, expected_gross_fen)
    numbers = tunables.values(session, found.revision)
    with together(session) as writes:
        writes.decide(*taking(found, agent_id, price.expires_at, numbers, now))
        _keep(session, seen, price)
        if found.last_seen_at <= now - SEEN_EVERY:
            _SEEN.write(session, {"agent": agent_id, "at": now})
        outbox.emit_all(session, _events(found, agent_id, price.deadline_at), now=now)
    if not writes.met:
        return None
    if not seen.kept and price.surge_fen and not promise(session, found.surge_id, price.surge_fen, now):
        price = _price(session, seen, agent_id, now, 0)
        _refuse_if_less(price.gross_fen, expected_gross_fen)
        session.execute(_kept_by(price.turn_id, agent_id).values(price._asdict()))  # type: ignore[attr-defined]
    thread = seen.thread(price, state="claimed", owner_id=agent_id, claimed_at=now)
    return Claimed(found.id, found.open_turn_id, False, thread)


def _refuse_if_less(gross_fen: int, expected_gross_fen: int | None) -> None:
    if expected_gross_fen is not None and gross_fen < expected_gross_fen:
        said = N_("价格变了：现在是 ¥%(now)s，没有抢单。")
        raise Refused("quote-changed", said, now=yuan(gross_fen))


def _spent(expires_at: dt.datetime | None, now: dt.datetime) -> bool:
    """Past its expiry for as long as a reply in flight could have needed."""
    return expires_at is not None and expires_at + SWEEP_WAIT * clock.current().speed <= now


def _price(
    session: Session, seen: Claimable, agent_id: str, now: dt.datetime, surge_percent: int
) -> TurnQuote:
    """The clock and price: the kept ones if the agent held this turn before, else of this instant."""
    if seen.kept is not None:
        if seen.kept.expires_at < now:
            raise Refused("not-eligible", N_("这一轮你的时间已用完，留给别人。"))
        return seen.kept
    found = seen.row
    started = max(now, found.asked_at)
    quoted = quote(
        rates.card(session, found.card_id),
        queue=found.queue,
        issue_type=found.issue_type,
        tier=found.tier,
        clock_started_at=started,
        paid_so_far=found.paid_replies,
        surge_percent=surge_percent,
    )
    written = clocks.row(
        inquiry_id=found.id,
        turn_id=found.open_turn_id,
        agent_id=agent_id,
        card_id=found.card_id,
        quoted=quoted,
        clock_started_at=started,
        surge_id=found.surge_id,
    )
    return as_written(TurnQuote, written)


def _keep(session: Session, seen: Claimable, price: TurnQuote) -> None:
    """The quote is stored for this turn and owner; a kept one is theirs again."""
    if seen.kept is None:
        _KEEP.write(session, [price._asdict()])  # type: ignore[attr-defined]
    else:
        _AGAIN.write(session, {"turn": price.turn_id, "agent": price.agent_id})


def _events(found: Any, agent_id: str, deadline_at: dt.datetime) -> list[outbox.Event]:
    """Its owner hears that it is theirs before everyone hears that it is gone: no other page of theirs takes
    it for lost."""
    opened = {
        "inquiry_id": found.id,
        "turn_id": found.open_turn_id,
        "deadline_at": deadline_at.isoformat(),
    }
    return [
        (f"agent:{agent_id}", "turn.open", opened),
        (f"queue:{found.queue}", "feed.taken", {"inquiry_id": found.id}),
        *told(found.id, found.followed),
    ]


def _kept_by(turn: Any, agent: Any) -> sa.Update:
    kept = table_of(TurnQuote)
    return sa.update(kept).where(kept.c.turn_id == turn, kept.c.agent_id == agent)


_KEEP = PreparedInsert(table_of(TurnQuote))
_AGAIN = Prepared(_kept_by(sa.bindparam("turn"), sa.bindparam("agent")).values(ended=None))
_SEEN = Prepared(
    sa.update(table_of(Agent))
    .where(table_of(Agent).c.id == sa.bindparam("agent"))
    .values(last_seen_at=sa.bindparam("at", type_=Instant()))
)
