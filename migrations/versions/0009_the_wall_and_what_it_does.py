"""Surges, outages, notices, and the indexes of the live wall.

Revision 0009 follows 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gig.payouts.surges import immutability

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ID = sa.String(26)


def upgrade() -> None:
    _surges()
    _notices()
    _outages()
    op.add_column("turn_quote", sa.Column("surge_id", ID, nullable=True))
    op.add_column("turn_quote", sa.Column("surge_fen", sa.Integer(), nullable=True))
    _partial("ix_turn_quote_surge_id", "turn_quote", ["surge_id"], "surge_id IS NOT NULL")
    op.create_index("ix_inquiry_arrived_at", "inquiry", ["arrived_at", "queue"])
    columns = ["received_at", "queue", "on_time", "latency_us", "gross_fen", "base_fen"]
    op.create_index("ix_earning_received", "earning", columns)
    for statement in immutability.guards(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    for statement in immutability.unguards(op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_index("ix_earning_received", "earning")
    op.drop_index("ix_inquiry_arrived_at", "inquiry")
    op.drop_index("ix_turn_quote_surge_id", "turn_quote")
    op.drop_column("turn_quote", "surge_fen")
    op.drop_column("turn_quote", "surge_id")
    for table in ("outage_excuse", "outage", "notice_read", "notice", "surge"):
        op.drop_table(table)


def _partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _surges() -> None:
    op.create_table(
        "surge",
        sa.Column("id", ID, nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("budget_fen", sa.Integer(), nullable=False),
        sa.Column("promised_fen", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_by", ID, nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_surge"),
        sa.CheckConstraint("percent BETWEEN 10 AND 400", name=op.f("ck_surge_percent")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_surge_span")),
        sa.CheckConstraint("budget_fen >= 4 * percent", name=op.f("ck_surge_budget")),
        sa.CheckConstraint("promised_fen BETWEEN 0 AND budget_fen", name=op.f("ck_surge_promised")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_reason IS NULL)", name=op.f("ck_surge_ended")),
    )
    _partial("uq_surge_live", "surge", ["queue"], "ended_at IS NULL", unique=True)
    op.create_index("ix_surge_starts_at", "surge", ["starts_at"])


def _notices() -> None:
    audiences = "audience IN ('all', 'online', 'away', 'queue', 'agent')"
    op.create_table(
        "notice",
        sa.Column("id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("params", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column("agent_id", ID, nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.CheckConstraint(audiences, name=op.f("ck_notice_audience")),
        sa.CheckConstraint("(audience = 'queue') = (queue IS NOT NULL)", name=op.f("ck_notice_queue")),
        sa.CheckConstraint("(audience = 'agent') = (agent_id IS NOT NULL)", name=op.f("ck_notice_agent")),
        sa.CheckConstraint("expires_at > made_at", name=op.f("ck_notice_span")),
    )
    op.create_index("ix_notice_expires_at", "notice", ["audience", "expires_at"])
    _partial("ix_notice_agent", "notice", ["agent_id", "expires_at"], "agent_id IS NOT NULL")
    op.create_index("ix_notice_made_at", "notice", ["audience", "made_at"])
    op.create_table(
        "notice_read",
        sa.Column("notice_id", ID, nullable=False),
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("read_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("notice_id", "agent_id", name="pk_notice_read"),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name="fk_notice_read_notice_id"),
    )


def _outages() -> None:
    op.create_table(
        "outage",
        sa.Column("id", ID, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("settles_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("cursor", ID, nullable=True),
        sa.Column("last_pass", sa.Boolean(), nullable=False),
        sa.Column("late_turns", sa.Integer(), nullable=False),
        sa.Column("missed_turns", sa.Integer(), nullable=False),
        sa.Column("returned_fen", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outage"),
        sa.UniqueConstraint("starts_at", "ends_at", name="uq_outage_starts_at_ends_at"),
        sa.CheckConstraint("state IN ('excusing', 'settled')", name=op.f("ck_outage_state")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_outage_span")),
        sa.CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name=op.f("ck_outage_settled")),
    )
    _partial("ix_outage_next_at", "outage", ["next_at"], "state = 'excusing'")
    op.create_table(
        "outage_excuse",
        sa.Column("score_event_id", ID, nullable=False),
        sa.Column("outage_id", ID, nullable=False),
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("returned_fen", sa.Integer(), nullable=False),
        sa.Column("excused_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("score_event_id", name="pk_outage_excuse"),
        sa.ForeignKeyConstraint(["outage_id"], ["outage.id"], name="fk_outage_excuse_outage_id"),
        sa.CheckConstraint("returned_fen >= 0", name=op.f("ck_outage_excuse_returned")),
    )
    op.create_index("ix_outage_excuse_outage_id", "outage_excuse", ["outage_id", "agent_id"])
