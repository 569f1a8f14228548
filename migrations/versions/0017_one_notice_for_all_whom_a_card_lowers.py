"""One notice for all whom a rate card lowers, and who wrote on a card kept with the card.

Revision 0017 follows 0016.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ID = sa.String(26)
BEFORE = "audience IN ('all', 'online', 'away', 'queue', 'agent')"
AFTER = "audience IN ('all', 'online', 'away', 'queue', 'agent', 'pay')"
ABOUT = sa.text("about IS NOT NULL")
STANDS = sa.text("about IS NOT NULL AND audience = 'pay' AND withdrawn_at IS NULL")
TOLD_BEFORE = (
    "费率卡 %(name)s 从 %(at)s 起生效，有 %(n)s 处会比之前少付。打开「收入」看哪几处；已抢到的不受影响。"
)
"""The sentence of which every agent had a copy; the card's id ends its parameters: `…, "card": "01…"}`."""


def upgrade() -> None:
    with op.batch_alter_table("notice") as table:
        table.add_column(sa.Column("about", ID, nullable=True))
        table.drop_constraint(op.f("ck_notice_audience"), type_="check")
        table.create_check_constraint(op.f("ck_notice_audience"), AFTER)
        table.create_check_constraint(op.f("ck_notice_about"), "audience <> 'pay' OR about IS NOT NULL")
    copies = sa.text(
        "UPDATE notice SET about = substr(params, length(params) - 27, 26)"
        " WHERE audience = 'agent' AND text = :told"
        " AND withdrawn_at IS NULL AND expires_at > CURRENT_TIMESTAMP"  # no others are ever taken back
    )
    op.execute(copies.bindparams(told=TOLD_BEFORE))
    op.create_index("ix_notice_about", "notice", ["about"], sqlite_where=ABOUT, postgresql_where=ABOUT)
    op.create_index(
        "uq_notice_stands", "notice", ["about"], unique=True, sqlite_where=STANDS, postgresql_where=STANDS
    )
    op.create_table(
        "notice_concern",
        sa.Column("notice_id", ID, nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("notice_id", "queue", "tier", name=op.f("pk_notice_concern")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_notice_concern_notice_id")),
        sa.CheckConstraint("places > 0", name=op.f("ck_notice_concern_places")),
    )
    op.create_table(
        "rate_card_writer",
        sa.Column("card_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("card_id", "person_id", name=op.f("pk_rate_card_writer")),
        sa.ForeignKeyConstraint(
            ["card_id"], ["rate_card.id"], name=op.f("fk_rate_card_writer_card_id"), ondelete="CASCADE"
        ),  # the program before this one discards drafts and knows nothing of their writers
    )
    op.execute(
        "INSERT INTO rate_card_writer (card_id, person_id, since)"
        " SELECT object_id, actor_id, min(at) FROM audit_log"
        " WHERE object_type = 'rate_card' AND actor_id IS NOT NULL"
        " AND action IN ('rate_card.create', 'rate_card.edit', 'rate_card.submit')"
        " AND object_id IN (SELECT id FROM rate_card) GROUP BY object_id, actor_id"
    )


def downgrade() -> None:
    op.drop_table("rate_card_writer")
    # a program that knows no such notice shows what is coming on the page of earnings all the same
    op.drop_table("notice_concern")
    op.execute("DELETE FROM notice_read WHERE notice_id IN (SELECT id FROM notice WHERE audience = 'pay')")
    op.execute("DELETE FROM notice WHERE audience = 'pay'")
    op.drop_index("uq_notice_stands", "notice")
    op.drop_index("ix_notice_about", "notice")
    with op.batch_alter_table("notice") as table:
        table.drop_constraint(op.f("ck_notice_about"), type_="check")
        table.drop_constraint(op.f("ck_notice_audience"), type_="check")
        table.create_check_constraint(op.f("ck_notice_audience"), BEFORE)
        table.drop_column("about")
