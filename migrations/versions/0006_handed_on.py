"""A turn can be handed on to another queue; ops says which queue takes whose.

Revision 0006 follows 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BEFORE = "ended IN ('released', 'missed', 'withdrawn', 'returned')"
AFTER = "ended IN ('released', 'missed', 'withdrawn', 'returned', 'escalated')"


def upgrade() -> None:
    op.add_column("inquiry", sa.Column("handovers", sa.Integer(), server_default="0", nullable=False))
    _endings(AFTER)
    op.create_table(
        "escalation",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("inquiry_id", sa.String(length=26), nullable=False),
        sa.Column("turn_id", sa.String(length=26), nullable=False),
        sa.Column("agent_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_queue", sa.Text(), nullable=False),
        sa.Column("to_queue", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("card_id", sa.String(length=26), nullable=False),
        sa.Column("fee_fen", sa.Integer(), nullable=False),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('authority', 'complaint', 'safety', 'expertise', 'unsure')",
            name=op.f("ck_escalation_reason"),
        ),
        sa.CheckConstraint("from_queue <> to_queue", name=op.f("ck_escalation_elsewhere")),
        sa.CheckConstraint("fee_fen >= 0", name=op.f("ck_escalation_fee")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_escalation_number")),
        sa.ForeignKeyConstraint(["inquiry_id"], ["inquiry.id"], name=op.f("fk_escalation_inquiry_id")),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name=op.f("fk_escalation_turn_id")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_escalation_agent_id")),
        sa.ForeignKeyConstraint(["from_queue"], ["queue.slug"], name=op.f("fk_escalation_from_queue")),
        sa.ForeignKeyConstraint(["to_queue"], ["queue.slug"], name=op.f("fk_escalation_to_queue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        sa.UniqueConstraint("turn_id", "agent_id", name=op.f("uq_escalation_turn_id_agent_id")),
        sa.UniqueConstraint("inquiry_id", "number", name=op.f("uq_escalation_inquiry_id_number")),
        sa.UniqueConstraint("inquiry_id", "to_queue", name=op.f("uq_escalation_inquiry_id_to_queue")),
    )
    op.create_index("ix_escalation_agent_inquiry", "escalation", ["agent_id", "inquiry_id"])
    op.create_table(
        "escalation_route",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("from_queue", sa.Text(), nullable=False),
        sa.Column("to_queue", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(length=26), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('senior', 'specialist')", name=op.f("ck_escalation_route_kind")),
        sa.CheckConstraint("from_queue <> to_queue", name=op.f("ck_escalation_route_elsewhere")),
        sa.ForeignKeyConstraint(["from_queue"], ["queue.slug"], name=op.f("fk_escalation_route_from_queue")),
        sa.ForeignKeyConstraint(["to_queue"], ["queue.slug"], name=op.f("fk_escalation_route_to_queue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_route")),
    )
    op.create_index("ix_escalation_route_from_queue", "escalation_route", ["from_queue", "id"])


def downgrade() -> None:
    op.drop_table("escalation_route")
    op.drop_table("escalation")
    op.execute("UPDATE turn_quote SET ended = 'returned' WHERE ended = 'escalated'")
    _endings(BEFORE)
    op.drop_column("inquiry", "handovers")


def _endings(condition: str) -> None:
    """How a hold may end. SQLite forgets the old check when the table is made anew."""
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("turn_quote", recreate="always") as table:
            table.create_check_constraint(op.f("ck_turn_quote_ended"), condition)
        return
    op.drop_constraint(op.f("ck_turn_quote_ended"), "turn_quote", type_="check")
    op.create_check_constraint(op.f("ck_turn_quote_ended"), "turn_quote", condition)
