"""The history of rate cards in the demo world: the first one, the one in force, and one that is to come."""

from __future__ import annotations

import datetime as dt
from typing import Any

from gig.core.businesstime import BusinessZone
from gig.core.db import db
from gig.payouts.rates import queries
from gig.payouts.rates.operations.drafts import create_draft
from gig.payouts.rates.operations.publication import publish


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
    return _publish(document, "v2", at, ops_id, now)


def schedule_third(*, at: dt.datetime, ops_id: str, now: dt.datetime, zone: BusinessZone) -> str:
    """A card that will hold from `at`: an evening for night owls, and a feast day."""
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
    return _publish(document, "v3", at, ops_id, now)


def _copy(now: dt.datetime) -> dict[str, Any]:
    return queries.card_in_force(db.session(), now)[1].to_json()


def _publish(document: dict[str, Any], name: str, at: dt.datetime, ops_id: str, now: dt.datetime) -> str:
    document |= {"name": name, "valid_from": at.isoformat()}
    id = create_draft(document=document, now=now, actor_id=ops_id)
    publish(id=id, now=now, actor_id=ops_id)
    return id
