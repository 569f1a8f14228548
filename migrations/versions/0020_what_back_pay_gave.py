"""What a run of back pay gives for each reply is kept, and a run that was counted before another knows it.

Revision 0020 follows 0019. Of runs before it is only known what each agent got.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gig.payouts.adjustments import guards

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ID = sa.String(26)
OUTDATED = "ck_back_pay_run_outdated"


def upgrade() -> None:
    with op.batch_alter_table("back_pay_run") as table:
        table.add_column(sa.Column("by_reply", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("outdated_by", ID, nullable=True))
        table.create_check_constraint(
            op.f(OUTDATED), "outdated_by IS NULL OR state NOT IN ('posting', 'posted')"
        )
    op.create_index("ix_back_pay_run_ends_at", "back_pay_run", ["ends_at"])
    op.create_table(
        "back_pay_share",
        sa.Column("adjustment_id", ID, nullable=False),
        sa.Column("earning_id", ID, nullable=False),
        sa.Column("fen", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("adjustment_id", "earning_id", name="pk_back_pay_share"),
        sa.ForeignKeyConstraint(["adjustment_id"], ["adjustment.id"], name="fk_back_pay_share_adjustment_id"),
        sa.ForeignKeyConstraint(["earning_id"], ["earning.id"], name="fk_back_pay_share_earning_id"),
        sa.CheckConstraint("fen > 0", name=op.f("ck_back_pay_share_fen")),
    )
    for statement in guards.share_guards(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("back_pay_share")
    op.drop_index("ix_back_pay_run_ends_at", "back_pay_run")
    with op.batch_alter_table("back_pay_run") as table:
        table.drop_constraint(op.f(OUTDATED), type_="check")
        table.drop_column("outdated_by")
        table.drop_column("by_reply")
