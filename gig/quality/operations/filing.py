"""An agent says that something was wrongly held against them."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gig.core import audit, outbox
from gig.core.db import is_sqlite, rows_changed, table_of, transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.core.text import N_, Sentence
from gig.payouts.earnings.models import Earning
from gig.payouts.earnings.values import appeal_until
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.operations.periods import ensure_period
from gig.payouts.settlement.values import zone
from gig.quality.models import Appeal
from gig.quality.queries.appealable import event_of
from gig.quality.rules.deadlines import due_at, may_file
from gig.quality.values import TEXT_MOST
from gig.scoring.models import ScoreEvent


def file_appeal(*, event_id: str, agent_id: str, text: str, now: dt.datetime) -> str:
    """The agent's appeal against the event is on record and due in nine days; returns its id.

    An event is appealed once: filing again returns the appeal that is there and changes nothing. Within
    seven days of it, and only while it still counts. Another agent's event is not there.
    """
    words = text.strip()
    with transaction() as session:
        event = event_of(session, event_id, agent_id)
        known = session.scalar(sa.select(Appeal.id).where(Appeal.event_id == event.id))
        if known is not None:
            return known
        _refuse_unless_open(event, now)
        if not words or len(words) > TEXT_MOST:
            raise Invalid({"text": [Sentence(N_("写 1 到 %(n)s 个字。"), {"n": TEXT_MOST})]})
        return _put_down(session, event, words, now)


def _refuse_unless_open(event: ScoreEvent, now: dt.datetime) -> None:
    if event.struck_at is not None:
        raise Refused("already-excused", N_("这一条已经不算了，分和钱都改过，不用申诉。"))
    if not may_file(event.at, now):
        until = f"{zone().local(appeal_until(event.at)):%m-%d %H:%M}"
        raise Refused(
            "appeal-too-late", N_("只能在发生后 7 天内申诉，这一条 %(until)s 已截止。"), until=until
        )


def _put_down(session: Session, event: ScoreEvent, words: str, now: dt.datetime) -> str:
    penalty, period_id = _money(session, event)
    made = {
        "id": new_id(),
        "event_id": event.id,
        "agent_id": event.agent_id,
        "kind": event.kind,
        "happened_at": event.at,
        "turn_id": event.turn_id,
        "inquiry_id": event.inquiry_id,
        "penalty_id": penalty.id if penalty else None,
        "penalty_fen": penalty.amount_fen if penalty else None,
        "period_id": period_id or ensure_period(session, event.at, now=now).id,
        "imposed_by": event.imposed_by,
        "text": words,
        "filed_at": now,
        "due_at": due_at(now),
        "state": "open",
        "struck": False,
    }
    insert = (sqlite.insert if is_sqlite(session) else postgresql.insert)(table_of(Appeal)).values(made)
    if rows_changed(session, insert.on_conflict_do_nothing(index_elements=["event_id"])):
        audit.note(
            session,
            actor_id=event.agent_id,
            action="appeal.file",
            object_type="appeal",
            object_id=str(made["id"]),
            detail={"kind": event.kind, "penalty_fen": made["penalty_fen"] or 0},
            now=now,
        )
        outbox.emit(session, "reviewer", "appeal.filed", {"id": made["id"]}, now=now)
    found = session.scalar(sa.select(Appeal.id).where(Appeal.event_id == event.id))
    if found is None:
        raise NotFound
    return found


def _money(session: Session, event: ScoreEvent) -> tuple[LedgerEntry | None, str | None]:
    """The penalty that was posted with the event, and the period of the reply; nothing for other events."""
    if event.kind != "late" or event.turn_id is None:
        return None, None
    row = session.execute(
        sa.select(LedgerEntry, Earning.period_id)
        .select_from(Earning)
        .outerjoin(LedgerEntry, LedgerEntry.source_key == sa.literal("penalty:") + Earning.id)
        .where(Earning.turn_id == event.turn_id, Earning.agent_id == event.agent_id)
    ).one_or_none()
    return (None, None) if row is None else (row[0], row[1])
