"""Cards that are submitted and reviewed, holidays, and what a card would have paid.

Revision 0012 follows 0011.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from gig.payouts.rates import immutability

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ID = sa.String(26)


def upgrade() -> None:
    _guards(immutability.unguards)
    with op.batch_alter_table("rate_card") as batch_op:
        for name in ("changed_by", "submitted_by"):
            batch_op.add_column(sa.Column(name, ID, nullable=True))
        batch_op.add_column(sa.Column("submitted_at", INSTANT, nullable=True))
        batch_op.add_column(sa.Column("why", sa.Text(), nullable=True))
        _check(batch_op, "state", "state IN ('draft', 'submitted', 'published', 'withdrawn')")
        _check(batch_op, "published", "(state IN ('draft', 'submitted')) = (published_at IS NULL)")
        _check(batch_op, "submitted", "state <> 'submitted' OR submitted_at IS NOT NULL", new=True)
    _guards(immutability.guards)
    _what_ifs()
    _holidays()


def downgrade() -> None:
    op.drop_table("holiday")
    op.drop_table("what_if")
    _guards(immutability.unguards)
    op.execute("UPDATE rate_card SET state = 'draft' WHERE state = 'submitted'")
    with op.batch_alter_table("rate_card") as batch_op:
        batch_op.drop_constraint(op.f("ck_rate_card_submitted"), type_="check")
        _check(batch_op, "state", "state IN ('draft', 'published', 'withdrawn')")
        _check(batch_op, "published", "(state = 'draft') = (published_at IS NULL)")
        for name in ("why", "submitted_at", "submitted_by", "changed_by"):
            batch_op.drop_column(name)
    _guards(immutability.guards_at_first)


def _guards(statements: Callable[[str], list[str]]) -> None:
    for statement in statements(op.get_bind().dialect.name):
        op.execute(statement)


def _check(batch_op: Any, name: str, condition: str, *, new: bool = False) -> None:
    if not new:
        batch_op.drop_constraint(op.f(f"ck_rate_card_{name}"), type_="check")
    batch_op.create_check_constraint(op.f(f"ck_rate_card_{name}"), condition)


def _holidays() -> None:
    op.create_table(
        "holiday",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_by", ID, nullable=True),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_holiday"),
        sa.CheckConstraint("kind IN ('off', 'work', 'plain')", name=op.f("ck_holiday_kind")),
    )


def _what_ifs() -> None:
    op.create_table(
        "what_if",
        sa.Column("id", ID, nullable=False),
        sa.Column("card_id", ID, nullable=False),
        sa.Column("card_name", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("replies", sa.Integer(), nullable=False),
        sa.Column("reached_at", INSTANT, nullable=False),
        sa.Column("tally", sa.Text(), nullable=False),
        sa.Column("busy_until", INSTANT, nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_what_if"),
        sa.CheckConstraint("state IN ('running', 'done', 'cancelled')", name=op.f("ck_what_if_state")),
        sa.CheckConstraint("(state = 'running') = (ended_at IS NULL)", name=op.f("ck_what_if_ended")),
        sa.CheckConstraint("until > since", name=op.f("ck_what_if_span")),
        sa.CheckConstraint("reached_at BETWEEN since AND until", name=op.f("ck_what_if_reached")),
    )
    op.create_index("ix_what_if_card_id", "what_if", ["card_id", "made_at"])
    running = sa.text("state = 'running'")
    op.create_index(
        "ix_what_if_running", "what_if", ["busy_until"], sqlite_where=running, postgresql_where=running
    )
