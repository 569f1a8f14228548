"""The database refuses to change the book, the logs and published rate cards.

Revision 0002 follows 0001.
"""

from __future__ import annotations

from alembic import op

from gig.core import guards
from gig.payouts.rates import immutability

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in [*guards.guards(dialect), *immutability.guards_at_first(dialect)]:
        op.execute(statement)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in [*immutability.unguards(dialect), *guards.unguards(dialect)]:
        op.execute(statement)
