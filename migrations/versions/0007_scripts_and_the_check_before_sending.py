"""Scripts with every wording that they had, and the lists of the check before sending.

Revision 0007 follows 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEPT = ("script", "script_version", "wording_change")
STAGES = "stage IN ('opening', 'answer', 'transfer', 'closing')"
KINDS = "kind IN ('forbidden', 'contact', 'allowed', 'closing')"


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "script",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("created_by", sa.String(26), nullable=True),
        sa.Column("created_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_script")),
    )
    op.create_table(
        "script_version",
        sa.Column("id", big_id, autoincrement=True, nullable=False),
        sa.Column("script_id", sa.String(26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column("issue_type", sa.Text(), nullable=True),
        sa.Column("sounds", sa.Text(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.String(26), nullable=True),
        sa.Column("saved_at", instant, nullable=False),
        sa.CheckConstraint(STAGES, name=op.f("ck_script_version_stage")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_script_version_number")),
        sa.ForeignKeyConstraint(["script_id"], ["script.id"], name=op.f("fk_script_version_script_id")),
        sa.ForeignKeyConstraint(["queue"], ["queue.slug"], name=op.f("fk_script_version_queue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_script_version")),
        sa.UniqueConstraint("script_id", "number", name=op.f("uq_script_version_script_id_number")),
    )
    op.create_table(
        "script_favourite",
        sa.Column("agent_id", sa.String(26), nullable=False),
        sa.Column("script_id", sa.String(26), nullable=False),
        sa.Column("marked_at", instant, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_script_favourite_agent_id")),
        sa.ForeignKeyConstraint(["script_id"], ["script.id"], name=op.f("fk_script_favourite_script_id")),
        sa.PrimaryKeyConstraint("agent_id", "script_id", name=op.f("pk_script_favourite")),
    )
    op.create_table(
        "script_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("script_id", sa.String(26), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("picked", "answered", "on_time", "ended", "solved", "rated", "stars")
        ),
        sa.CheckConstraint("answered BETWEEN 0 AND picked", name=op.f("ck_script_day_answered")),
        sa.CheckConstraint("on_time BETWEEN 0 AND answered", name=op.f("ck_script_day_on_time")),
        sa.CheckConstraint("solved BETWEEN 0 AND ended", name=op.f("ck_script_day_solved")),
        sa.CheckConstraint("stars BETWEEN rated AND 5 * rated", name=op.f("ck_script_day_stars")),
        sa.ForeignKeyConstraint(["script_id"], ["script.id"], name=op.f("fk_script_day_script_id")),
        sa.PrimaryKeyConstraint("day", "script_id", name=op.f("pk_script_day")),
    )
    op.create_table(
        "wording_change",
        sa.Column("id", big_id, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("phrase", sa.Text(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.String(26), nullable=True),
        sa.Column("changed_at", instant, nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_wording_change_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wording_change")),
    )
    op.add_column("message", sa.Column("script_id", sa.String(26), nullable=True))
    for name, columns in (
        ("ix_message_script", ["sent_at", "script_id"]),
        ("ix_message_script_agent", ["agent_id", "sent_at", "script_id"]),
    ):
        given = sa.text("script_id IS NOT NULL")
        op.create_index(name, "message", columns, sqlite_where=given, postgresql_where=given)
    for statement in _guards(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in KEPT:
        for what in ("update", "delete"):
            op.execute(f"DROP TRIGGER {table}_keep_{what}" + ("" if sqlite else f" ON {table}"))
    op.drop_index("ix_message_script_agent", "message")
    op.drop_index("ix_message_script", "message")
    op.drop_column("message", "script_id")
    for table in ("wording_change", "script_day", "script_favourite", "script_version", "script"):
        op.drop_table(table)


def _guards(dialect: str) -> list[str]:
    """What was said with a wording, and who listed what, stays provable: no change, no deletion."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_keep_{what} BEFORE {what.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for table in KEPT
            for what in ("update", "delete")
        ]
    return [
        f"CREATE TRIGGER {table}_keep_{what} BEFORE {what.upper()} ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        for table in KEPT
        for what in ("update", "delete")
    ]
