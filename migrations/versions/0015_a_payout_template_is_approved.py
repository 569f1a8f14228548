"""A payout template is written by one person and approved by another.

Revision 0015 follows 0014. What was written before holds as approved.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

CHECKS = {
    "state": "state IN ('waiting', 'approved', 'refused', 'replaced')",
    "decided": "(state = 'waiting') = (decided_at IS NULL)",
    "two_people": "state <> 'approved' OR decided_by <> made_by",
    "refused": "(state = 'refused') = (refusal IS NOT NULL)",
}
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    with op.batch_alter_table("sheet_template") as table:
        table.add_column(sa.Column("state", sa.Text(), nullable=True))
        table.add_column(sa.Column("decided_by", sa.String(26), nullable=True))
        table.add_column(sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("refusal", sa.Text(), nullable=True))
    op.execute("UPDATE sheet_template SET state = 'approved', decided_at = made_at")
    with op.batch_alter_table("sheet_template") as table:
        table.alter_column("state", existing_type=sa.Text(), nullable=False)
        for name, condition in CHECKS.items():
            table.create_check_constraint(op.f(f"ck_sheet_template_{name}"), condition)
    op.create_index(
        "uq_sheet_template_waiting",
        "sheet_template",
        ["slug"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    # what nobody approved is not to be used by a program that knows of no approval
    op.execute("DELETE FROM sheet_template WHERE state <> 'approved'")
    op.drop_index("uq_sheet_template_waiting", "sheet_template")
    with op.batch_alter_table("sheet_template") as table:
        for name in CHECKS:
            table.drop_constraint(op.f(f"ck_sheet_template_{name}"), type_="check")
        for column in ("state", "decided_by", "decided_at", "refusal"):
            table.drop_column(column)
