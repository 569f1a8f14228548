"""An inquiry that pays its agent nothing any more, because they were found to be its customer, is known as such.

Revision 0022 follows 0021. Whoever was decided on before it is written down too, also where no payout waited.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

DECIDED = """SELECT 1 FROM suspicion s WHERE s.agent_id = pay_hold.agent_id
  AND s.inquiry_id = pay_hold.inquiry_id AND s.state = 'own_customer'"""


def upgrade() -> None:
    with op.batch_alter_table("pay_hold") as table:
        table.add_column(sa.Column("forfeited", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.create_check_constraint(op.f("ck_pay_hold_forfeited"), "NOT forfeited OR ended_at IS NOT NULL")
    op.execute(f"UPDATE pay_hold SET forfeited = true WHERE ended_at IS NOT NULL AND EXISTS ({DECIDED})")
    op.execute("""INSERT INTO pay_hold (agent_id, inquiry_id, began_at, ended_at, forfeited)
      SELECT s.agent_id, s.inquiry_id, s.decided_at, s.decided_at, true FROM suspicion s
      WHERE s.state = 'own_customer' AND NOT EXISTS (SELECT 1 FROM pay_hold h
        WHERE h.agent_id = s.agent_id AND h.inquiry_id = s.inquiry_id)""")


def downgrade() -> None:
    with op.batch_alter_table("pay_hold") as table:
        table.drop_constraint(op.f("ck_pay_hold_forfeited"), type_="check")
        table.drop_column("forfeited")
