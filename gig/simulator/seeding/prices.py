"""The history of rate cards in the demo world: the first one, the one in force, and one that is to come."""

from __future__ import annotations

import datetime as dt
from typing import Any

from gig.core.businesstime import BusinessZone
from gig.core.db import db
from gig.payouts.rates import queries
from gig.payouts.rates.operations.drafts import create_draft
from gig.payouts.rates.operations.publication import publish
from gig.payouts.rates.operations.review import submit


def publish_second(*, at: dt.datetime, ops_id: str, now: dt.datetime) -> str:
    """A card for which refunds and quality pay senior agents more, the senior desk pays well, and handing
    a turn on pays a little, in force from `at`; its id.
    """
    document = _copy(now)
    document["triage_fee_fen"] = 30
    document["base"] += [
        {"queue": "refund", "issue_type": "*", "tier": "gold", "fen": 200},
        {"queue": "senior", "issue_type": "*", "tier": "*", "fen": 260},
        {"queue": "quality", "issue_type": "foreign_body", "tier": "*", "fen": 280},
    ]
    document |= {"name": "v2", "valid_from": at.isoformat()}
    id = create_draft(document=document, now=now, actor_id=ops_id)
    publish(id=id, now=now, actor_id=ops_id)
    return id


def schedule_third(
    *, at: dt.datetime, ops_id: str, reviewer_id: str, now: dt.datetime, zone: BusinessZone
) -> str:
    """A card that will hold from `at`, reviewed by another: an evening for night owls, and a feast day."""
    document = _copy(now)
    document["bands"].append(
        {"days": "fri,sat", "from": "22:00", "to": "00:00", "percent": 130, "name": "周末夜宵"}
    )
    feast = zone.day_of(at) + dt.timedelta(days=5)
    document["dates"].append(
        {
            "date": feast.isoformat(),
            "bands": [{"from": "00:00", "to": "24:00", "percent": 200, "name": "节日"}],
        }
    )
    document |= {"name": "v3", "valid_from": at.isoformat()}
    id = create_draft(document=document, now=now, actor_id=ops_id)
    submit(id=id, why="周末夜里没人接单", now=now, actor_id=ops_id)
    publish(id=id, now=now, actor_id=reviewer_id)
    return id


def _copy(now: dt.datetime) -> dict[str, Any]:
    return queries.card_in_force(db.session(), now)[1].to_json()
