"""A rate card is in force at every instant, from the epoch on.

Revision 0003 follows 0002.
"""

from __future__ import annotations

import datetime as dt
import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = "00000000000000000000000001"
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
BODY = {
    "name": "v1",
    "valid_from": "1970-01-01T08:00:00+08:00",
    "timezone": "Asia/Shanghai",
    "reply_within_s": 60,
    "claim_expires_s": 300,
    "max_paid_replies": 10,
    "triage_fee_fen": 0,
    "base": [
        {"queue": "*", "issue_type": "*", "tier": "*", "fen": 120},
        {"queue": "refund", "issue_type": "*", "tier": "*", "fen": 180},
        {"queue": "delivery", "issue_type": "*", "tier": "*", "fen": 120},
        {"queue": "quality", "issue_type": "*", "tier": "*", "fen": 240},
        {"queue": "account", "issue_type": "*", "tier": "*", "fen": 100},
        {"queue": "merchant", "issue_type": "*", "tier": "*", "fen": 150},
    ],
    "bands": [
        {"days": "mon-sun", "from": "10:00", "to": "12:00", "percent": 150, "name": "午高峰"},
        {"days": "mon-sun", "from": "17:00", "to": "20:00", "percent": 200, "name": "晚高峰"},
    ],
    "dates": [],
    "late": [{"over_s": 60, "percent": 20}, {"over_s": 120, "percent": 50}],
}


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    epoch = EPOCH.replace(tzinfo=None) if sqlite else EPOCH
    card = sa.table(
        "rate_card",
        *(sa.column(name) for name in ("id", "name", "state", "body")),
        sa.column("revision", sa.Integer),
        *(
            sa.column(name, sa.DateTime(timezone=True))
            for name in ("valid_from", "created_at", "changed_at", "published_at")
        ),
    )
    if op.get_bind().scalar(sa.select(card.c.id).where(card.c.id == ID)):
        return  # a way down leaves it, see below
    op.execute(
        card.insert().values(
            id=ID,
            name=BODY["name"],
            state="published",
            body=json.dumps(BODY, ensure_ascii=False),
            revision=1,
            valid_from=epoch,
            created_at=epoch,
            changed_at=epoch,
            published_at=epoch,
        )
    )


def downgrade() -> None:
    """The card goes with its table, which refuses to let go of a published one alone."""
