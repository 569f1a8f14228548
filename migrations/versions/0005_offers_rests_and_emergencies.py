"""Offers to one agent after the other, rests after hours online, and the senior skill of the emergency lane.

Revision 0005 follows 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import gig.core.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("agent") as batch_op:
        batch_op.add_column(sa.Column("idle_since", gig.core.db.Instant(), nullable=True))
        batch_op.add_column(sa.Column("rest_until", gig.core.db.Instant(), nullable=True))
        batch_op.add_column(sa.Column("unreachable_since", gig.core.db.Instant(), nullable=True))
        _index(batch_op, "ix_agent_rest_until", ["rest_until"], "rest_until IS NOT NULL")
        _index(batch_op, "ix_agent_unreachable_since", ["unreachable_since"], "unreachable_since IS NOT NULL")
    with op.batch_alter_table("agent_skill") as batch_op:
        batch_op.add_column(sa.Column("senior_by", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("senior_at", gig.core.db.Instant(), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_agent_skill_senior"), "senior_by IS NULL OR senior_at IS NOT NULL"
        )
    with op.batch_alter_table("inquiry") as batch_op:
        _index(batch_op, "ix_inquiry_emergency", ["queued_at"], "state = 'open' AND priority = 9")
    op.create_table(
        "duty",
        sa.Column("id", gig.core.db.BigId, autoincrement=True, nullable=False),
        sa.Column("agent_id", sa.String(length=26), nullable=False),
        sa.Column("began_at", gig.core.db.Instant(), nullable=False),
        sa.Column("ended_at", gig.core.db.Instant(), nullable=True),
        sa.Column("rest_due_at", gig.core.db.Instant(), nullable=False),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= began_at", name=op.f("ck_duty_order")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_duty_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
    )
    with op.batch_alter_table("duty") as batch_op:
        batch_op.create_index("ix_duty_agent_id_began_at", ["agent_id", "began_at"])
        _index(batch_op, "uq_duty_open", ["agent_id"], "ended_at IS NULL", unique=True)
        _index(batch_op, "ix_duty_rest_due_at", ["rest_due_at"], "ended_at IS NULL")
    op.create_table(
        "offer",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("inquiry_id", sa.String(length=26), nullable=False),
        sa.Column("turn_id", sa.String(length=26), nullable=False),
        sa.Column("agent_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("free", sa.Boolean(), nullable=False),
        sa.Column("load", sa.Integer(), nullable=False),
        sa.Column("score_tenths", sa.Integer(), nullable=False),
        sa.Column("idle_since", gig.core.db.Instant(), nullable=False),
        sa.Column("idle_agents", sa.Integer(), nullable=False),
        sa.Column("made_at", gig.core.db.Instant(), nullable=False),
        sa.Column("expires_at", gig.core.db.Instant(), nullable=False),
        sa.Column("ended_at", gig.core.db.Instant(), nullable=True),
        sa.CheckConstraint(
            "state IN ('live', 'accepted', 'refused', 'lapsed', 'void')", name=op.f("ck_offer_state")
        ),
        sa.CheckConstraint("(state = 'live') = (ended_at IS NULL)", name=op.f("ck_offer_ended")),
        sa.CheckConstraint("NOT free OR state = 'refused'", name=op.f("ck_offer_free")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_offer_agent_id")),
        sa.ForeignKeyConstraint(["inquiry_id"], ["inquiry.id"], name=op.f("fk_offer_inquiry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("turn_id", "agent_id", name=op.f("uq_offer_turn_id_agent_id")),
    )
    with op.batch_alter_table("offer") as batch_op:
        batch_op.create_index("ix_offer_agent_id_made_at", ["agent_id", "made_at"])
        _index(batch_op, "uq_offer_live_inquiry", ["inquiry_id"], "state = 'live'", unique=True)
        _index(batch_op, "uq_offer_live_agent", ["agent_id"], "state = 'live'", unique=True)


def downgrade() -> None:
    op.drop_table("offer")
    op.drop_table("duty")
    with op.batch_alter_table("inquiry") as batch_op:
        batch_op.drop_index("ix_inquiry_emergency")
    with op.batch_alter_table("agent_skill") as batch_op:
        batch_op.drop_constraint(op.f("ck_agent_skill_senior"), type_="check")
        batch_op.drop_column("senior_at")
        batch_op.drop_column("senior_by")
    with op.batch_alter_table("agent") as batch_op:
        batch_op.drop_index("ix_agent_unreachable_since")
        batch_op.drop_index("ix_agent_rest_until")
        batch_op.drop_column("unreachable_since")
        batch_op.drop_column("rest_until")
        batch_op.drop_column("idle_since")


def _index(batch_op: object, name: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    """A partial index, alike on both databases."""
    condition = sa.text(where)
    batch_op.create_index(  # type: ignore[attr-defined]
        name, columns, unique=unique, sqlite_where=condition, postgresql_where=condition
    )
