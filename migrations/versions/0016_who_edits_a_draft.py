"""Who has the draft of a rate card open.

Revision 0016 follows 0015.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ID = sa.String(26)


def upgrade() -> None:
    op.create_table(
        "rate_card_editor",
        sa.Column("card_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("card_id", "person_id", name=op.f("pk_rate_card_editor")),
        sa.CheckConstraint("seen_at >= since", name=op.f("ck_rate_card_editor_span")),
    )


def downgrade() -> None:
    op.drop_table("rate_card_editor")
