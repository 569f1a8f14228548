"""Two indexes of the book hold what changes what agents are owed, and nothing else.

Revision 0019 follows 0018.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS = {
    "ix_ledger_entry_period_other": ["period_id", "agent_id", "kind", "payable_fen"],
    "ix_ledger_entry_agent_posted": ["agent_id", "posted_at"],
}
BEFORE = {"ix_ledger_entry_period_other": "kind <> 'earning' AND kind <> 'penalty'"}
AFTER = {
    "ix_ledger_entry_period_other": "kind <> 'earning' AND kind <> 'penalty' AND payable_fen <> 0",
    "ix_ledger_entry_agent_posted": "agent_id IS NOT NULL",
}


def upgrade() -> None:
    _indexes(AFTER)


def downgrade() -> None:
    _indexes(BEFORE)


def _indexes(conditions: Mapping[str, str]) -> None:
    for name, columns in COLUMNS.items():
        given = sa.text(conditions[name]) if name in conditions else None
        op.drop_index(name, "ledger_entry")
        op.create_index(name, "ledger_entry", columns, sqlite_where=given, postgresql_where=given)
