"""Who may serve a queue is found along an index.

Revision 0004 follows 0003.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_agent_skill_queue_agent_id", "agent_skill", ["queue", "agent_id"])


def downgrade() -> None:
    op.drop_index("ix_agent_skill_queue_agent_id", table_name="agent_skill")
