"""The customer has a chat page; who may be their own customer is noticed, and their pay can be in question.

Revision 0008 follows 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat_send",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_send")),
    )
    op.create_index("ix_chat_send_at", "chat_send", ["at"])
    op.create_index("ix_chat_send_scope_at", "chat_send", ["scope", "at"])

    op.create_table(
        "channel_embedding",
        sa.Column("channel_id", sa.String(length=26), nullable=False),
        sa.Column("sites", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(length=26), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_channel_embedding_channel_id")),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_channel_embedding")),
    )
    op.create_table(
        "greeting",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(length=26), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["queue"], ["queue.slug"], name=op.f("fk_greeting_queue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_greeting")),
    )
    op.create_index("ix_greeting_queue_id", "greeting", ["queue", "id"])

    op.create_table(
        "agent_mark",
        sa.Column("agent_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('phone', 'device', 'address')", name=op.f("ck_agent_mark_kind")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_mark_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", "kind", "mark", name=op.f("pk_agent_mark")),
    )
    op.create_index("ix_agent_mark_mark", "agent_mark", ["kind", "mark", "seen_at"])
    op.create_index("ix_agent_mark_seen_at", "agent_mark", ["seen_at"])

    op.create_table(
        "pay_hold",
        sa.Column("agent_id", sa.String(length=26), nullable=False),
        sa.Column("inquiry_id", sa.String(length=26), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_pay_hold_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", "inquiry_id", name=op.f("pk_pay_hold")),
    )
    op.create_index(
        "ix_pay_hold_open",
        "pay_hold",
        ["agent_id"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )

    op.create_table(
        "chat_link",
        sa.Column("inquiry_id", sa.String(length=26), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("shut_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["inquiry_id"], ["inquiry.id"], name=op.f("fk_chat_link_inquiry_id")),
        sa.PrimaryKeyConstraint("inquiry_id", name=op.f("pk_chat_link")),
    )
    op.create_table(
        "customer_mark",
        sa.Column("inquiry_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('phone', 'device', 'address')", name=op.f("ck_customer_mark_kind")),
        sa.ForeignKeyConstraint(["inquiry_id"], ["inquiry.id"], name=op.f("fk_customer_mark_inquiry_id")),
        sa.PrimaryKeyConstraint("inquiry_id", "kind", "mark", name=op.f("pk_customer_mark")),
    )
    op.create_index("ix_customer_mark_mark", "customer_mark", ["kind", "mark", "seen_at"])
    op.create_index("ix_customer_mark_seen_at", "customer_mark", ["seen_at"])

    op.create_table(
        "suspicion",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("inquiry_id", sa.String(length=26), nullable=False),
        sa.Column("agent_id", sa.String(length=26), nullable=False),
        sa.Column("signals", sa.Text(), nullable=False),
        sa.Column("strong", sa.Boolean(), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=26), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("taken_back_fen", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state = 'own_customer') = (taken_back_fen IS NOT NULL)", name=op.f("ck_suspicion_taken_back")
        ),
        sa.CheckConstraint("(state = 'undecided') = (decided_at IS NULL)", name=op.f("ck_suspicion_decided")),
        sa.CheckConstraint(
            "state IN ('undecided', 'genuine', 'own_customer')", name=op.f("ck_suspicion_state")
        ),
        sa.CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name=op.f("ck_suspicion_decider")),
        sa.CheckConstraint("(decided_at IS NULL) = (reason IS NULL)", name=op.f("ck_suspicion_reason")),
        sa.CheckConstraint("decided_by <> agent_id", name=op.f("ck_suspicion_two_people")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_suspicion_agent_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_suspicion_decided_by")),
        sa.ForeignKeyConstraint(["inquiry_id"], ["inquiry.id"], name=op.f("fk_suspicion_inquiry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspicion")),
        sa.UniqueConstraint("inquiry_id", "agent_id", name=op.f("uq_suspicion_inquiry_id_agent_id")),
    )
    op.create_index("ix_suspicion_agent", "suspicion", ["agent_id", "state"])
    op.create_index("ix_suspicion_state", "suspicion", ["state", "id"])

    op.add_column("inquiry", sa.Column("followed", sa.Boolean(), server_default=sa.false(), nullable=False))

    op.add_column("message", sa.Column("photo_blob_id", sa.String(length=26), nullable=True))
    op.create_index(
        "ix_message_photo",
        "message",
        ["sent_at"],
        sqlite_where=sa.text("photo_blob_id IS NOT NULL"),
        postgresql_where=sa.text("photo_blob_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_message_photo",
        table_name="message",
        sqlite_where=sa.text("photo_blob_id IS NOT NULL"),
        postgresql_where=sa.text("photo_blob_id IS NOT NULL"),
    )
    op.drop_column("message", "photo_blob_id")

    op.drop_column("inquiry", "followed")

    op.drop_index("ix_suspicion_state", table_name="suspicion")
    op.drop_index("ix_suspicion_agent", table_name="suspicion")

    op.drop_table("suspicion")
    op.drop_index("ix_customer_mark_seen_at", table_name="customer_mark")
    op.drop_index("ix_customer_mark_mark", table_name="customer_mark")

    op.drop_table("customer_mark")
    op.drop_table("chat_link")
    op.drop_index(
        "ix_pay_hold_open",
        table_name="pay_hold",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )

    op.drop_table("pay_hold")
    op.drop_index("ix_agent_mark_seen_at", table_name="agent_mark")
    op.drop_index("ix_agent_mark_mark", table_name="agent_mark")

    op.drop_table("agent_mark")
    op.drop_index("ix_greeting_queue_id", table_name="greeting")

    op.drop_table("greeting")
    op.drop_table("channel_embedding")
    op.drop_index("ix_chat_send_scope_at", table_name="chat_send")
    op.drop_index("ix_chat_send_at", table_name="chat_send")

    op.drop_table("chat_send")
