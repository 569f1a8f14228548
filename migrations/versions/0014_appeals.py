"""Appeals, and who imposed what a score event holds against an agent.

Revision 0014 follows 0013.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ID = sa.String(26)


def upgrade() -> None:
    op.add_column("score_event", sa.Column("imposed_by", ID, nullable=True))
    op.create_table(
        "appeal",
        sa.Column("id", ID, nullable=False),
        sa.Column("event_id", ID, nullable=False),
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.Column("turn_id", ID, nullable=True),
        sa.Column("inquiry_id", ID, nullable=True),
        sa.Column("penalty_id", ID, nullable=True),
        sa.Column("penalty_fen", sa.Integer(), nullable=True),
        sa.Column("period_id", sa.Text(), nullable=False),
        sa.Column("imposed_by", ID, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("filed_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("rung_at", INSTANT, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("returned_fen", sa.Integer(), nullable=True),
        sa.Column("struck", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint("event_id", name=op.f("uq_appeal_event_id")),
        sa.ForeignKeyConstraint(["event_id"], ["score_event.id"], name=op.f("fk_appeal_event_id")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_appeal_agent_id")),
        sa.ForeignKeyConstraint(["penalty_id"], ["ledger_entry.id"], name=op.f("fk_appeal_penalty_id")),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_appeal_period_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_appeal_decided_by")),
        *_checks(),
    )
    op.create_index("ix_appeal_agent_id", "appeal", ["agent_id", "filed_at"])
    op.create_index("ix_appeal_period_id", "appeal", ["period_id", "state"])
    op.create_index("ix_appeal_decided_at", "appeal", ["decided_at", "kind"])
    opened = sa.text("state = 'open'")
    op.create_index("ix_appeal_due_at", "appeal", ["due_at"], sqlite_where=opened, postgresql_where=opened)


def downgrade() -> None:
    op.drop_table("appeal")
    op.drop_column("score_event", "imposed_by")


def _checks() -> list[sa.CheckConstraint]:
    claims = {
        "state": "state IN ('open', 'upheld', 'partly', 'rejected')",
        "decided": "(state = 'open') = (decided_at IS NULL)",
        "decider": "(decided_at IS NULL) = (decided_by IS NULL)",
        "reply": "(decided_at IS NULL) = (reply IS NULL)",
        "cause": "(decided_at IS NULL) = (cause IS NULL)",
        "causes": "cause IN ('platform', 'rule', 'judgement', 'agent')",
        "returned": "(decided_at IS NULL) = (returned_fen IS NULL)",
        "no_more": "returned_fen BETWEEN 0 AND coalesce(penalty_fen, 0)",
        "penalty": "(penalty_id IS NULL) = (penalty_fen IS NULL)",
        "rejected": "state <> 'rejected' OR (returned_fen = 0 AND NOT struck)",
        "partly": "state <> 'partly' OR returned_fen > 0",
        "not_oneself": "decided_by <> agent_id",
        "two_people": "decided_by <> imposed_by",
        "due": "due_at > filed_at",
    }
    return [sa.CheckConstraint(text, name=op.f(f"ck_appeal_{name}")) for name, text in claims.items()]
