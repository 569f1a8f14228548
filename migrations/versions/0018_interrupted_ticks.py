"""A tick of a job may be interrupted.

Revision 0018 follows 0017.
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NAME = "ck_job_run_outcome_known"


def upgrade() -> None:
    _outcome("outcome IN ('done', 'failed', 'interrupted')")


def downgrade() -> None:
    op.execute("UPDATE job_run SET outcome = 'failed' WHERE outcome = 'interrupted'")
    _outcome("outcome IN ('done', 'failed')")


def _outcome(condition: str) -> None:
    with op.batch_alter_table("job_run") as table:
        table.drop_constraint(op.f(NAME), type_="check")
        table.create_check_constraint(op.f(NAME), condition)
