"""Who may be taxed by the tables of residents: learnt from documents, or said by finance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit
from gig.core.db import one_at_a_time, table_of, transaction
from gig.core.errors import Invalid, NotFound
from gig.core.inserts import PreparedInsert
from gig.core.text import N_
from gig.identity.models import Agent
from gig.payouts.tax import values
from gig.payouts.tax.models import TaxResidency
from gig.payouts.tax.values import LOCK, Document

AT_ONCE = 200
REASON_MOST = 200

_ROWS = PreparedInsert(table_of(TaxResidency), on_conflict=["agent_id"])


def learn(session: Session, *, agents: sa.Select[*tuple[Any]], now: dt.datetime) -> None:
    """Of each agent (select their ids) whose document is known, it is written what it says of them.

    Those known already are not looked at again. Of a resident permit it is left open: finance decides.
    """
    known = sa.select(TaxResidency.agent_id)
    chosen = agents.subquery("chosen").c[0]
    new = session.scalars(sa.select(chosen).distinct().where(chosen.not_in(known)).order_by(chosen)).all()
    for at in range(0, len(new), AT_ONCE):
        found = documents_of(session, new[at : at + AT_ONCE])
        rows = [
            {
                "agent_id": agent_id,
                "resident": document.kind == "resident_id",
                "document": document.kind,
                "reason": None,
                "stated_by": None,
                "changed_at": now,
            }
            for agent_id, document in found.items()
        ]
        if rows:
            _ROWS.run(session, rows)


def state_residency(*, agent_id: str, resident: bool, reason: str, actor_id: str, now: dt.datetime) -> None:
    """Finance's word on a worker whose permit leaves it open; it holds for what is exported from now on."""
    reason = reason.strip()
    if not reason or len(reason) > REASON_MOST:
        raise Invalid({"reason": [N_("写明原因，最多 200 个字。")]})
    with transaction() as session:
        one_at_a_time(session, LOCK)  # an export reckons before or after this word, never across it
        learn(session, agents=sa.select(Agent.id).where(Agent.id == agent_id), now=now)
        found = session.get(TaxResidency, agent_id, populate_existing=True, with_for_update=True)
        if found is None or found.document == "resident_id":
            raise NotFound
        found.resident, found.reason, found.stated_by, found.changed_at = resident, reason, actor_id, now
        session.flush()
        audit.note(
            session,
            actor_id=actor_id,
            action="tax.residency",
            object_type="person",
            object_id=agent_id,
            reason=reason,
            detail={"resident": resident},
            now=now,
        )


def documents_of(session: Session, agent_ids: Sequence[str]) -> Mapping[str, Document]:
    """The documents by which the agents were verified; who has none that we know is missing."""
    found: dict[str, Document] = {}
    for look_up in values.documents:
        found.update(look_up(session, agent_ids))
    return found
