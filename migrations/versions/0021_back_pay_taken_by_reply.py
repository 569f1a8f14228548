"""What is taken back of back pay is written down reply by reply, and runs are started by number.

Revision 0021 follows 0020. What was taken before is laid on the replies of the inquiry that was decided on, then
on those whose own pay was taken back, then on the last; of back pay whose replies were not kept there is nothing
to lay it on. `outdated_by` stays
for the version before, which cannot start a run any more: it knows no number to give it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from gig.payouts.adjustments import guards

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ID = sa.String(26)
STARTED = "ck_back_pay_run_started"
NUMBER = "uq_back_pay_run_started_no"

REVERSED = """SELECT r.source_key, a.id, r.amount_fen FROM adjustment a
  JOIN ledger_entry e ON e.source_key = 'adjustment:' || a.id JOIN ledger_entry r ON r.reverses_id = e.id
  WHERE a.kind = 'back_pay' ORDER BY a.id, r.id"""
BACK = """coalesce((SELECT sum(r.amount_fen) FROM ledger_entry e JOIN ledger_entry r ON r.reverses_id = e.id
    WHERE e.source_key = {key}), 0)"""
EARNED, EXCUSED, UNDONE = (
    BACK.format(key=key) for key in ("'earning:' || g.id", "'penalty:' || g.id", "'adjustment:' || c.id")
)
CLAWED = f"""coalesce((SELECT sum(c.amount_fen - {UNDONE}) FROM adjustment c
    WHERE c.earning_id = g.id AND c.kind = 'clawback' AND c.state = 'posted'), 0)"""
SHARES = f"""SELECT s.earning_id, s.fen, g.inquiry_id, {EARNED} + {CLAWED} > 0
    AND {EARNED} + {CLAWED} >= g.gross_fen - g.penalty_fen + {EXCUSED}
  FROM back_pay_share s JOIN earning g ON g.id = s.earning_id
  WHERE s.adjustment_id = :id ORDER BY s.earning_id DESC"""
DECIDED = "SELECT id, inquiry_id FROM suspicion WHERE state = 'own_customer'"
TAKEN = (
    "INSERT INTO back_pay_taken (source_key, adjustment_id, earning_id, fen) VALUES (:key, :id, :reply, :fen)"
)


def upgrade() -> None:
    with op.batch_alter_table("back_pay_run") as table:
        table.add_column(sa.Column("takes_places", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("started_no", sa.Integer(), nullable=True))
        table.add_column(
            sa.Column("drafted_after", sa.Integer(), nullable=False, server_default=sa.text("0"))
        )
    _number_runs()
    with op.batch_alter_table("back_pay_run") as table:
        table.create_check_constraint(op.f(STARTED), "(started_no IS NULL) = (started_at IS NULL)")
    op.create_index(NUMBER, "back_pay_run", ["started_no"], unique=True)
    op.create_table(
        "back_pay_taken",
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("adjustment_id", ID, nullable=False),
        sa.Column("earning_id", ID, nullable=False),
        sa.Column("fen", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source_key", "earning_id", name="pk_back_pay_taken"),
        sa.ForeignKeyConstraint(
            ["adjustment_id", "earning_id"],
            ["back_pay_share.adjustment_id", "back_pay_share.earning_id"],
            name="fk_back_pay_taken_adjustment_id_earning_id",
        ),
        sa.CheckConstraint("fen > 0", name=op.f("ck_back_pay_taken_fen")),
    )
    op.create_index("ix_back_pay_taken_share", "back_pay_taken", ["adjustment_id", "earning_id"])
    if parts := list(_laid()):
        op.get_bind().execute(sa.text(TAKEN), parts)
    for statement in guards.taken_guards(op.get_bind().dialect.name):
        op.execute(statement)


def _number_runs() -> None:
    """In the order in which they were started. Those that wait know none of them, so that one by a card over
    days that were paid before is counted anew by the rules that hold from here on."""
    bind = op.get_bind()
    started = "SELECT id FROM back_pay_run WHERE started_at IS NOT NULL ORDER BY started_at, id"
    for number, (id,) in enumerate(bind.execute(sa.text(started)).all(), start=1):
        bind.execute(
            sa.text("UPDATE back_pay_run SET started_no = :number WHERE id = :id"),
            {"number": number, "id": id},
        )
    op.execute(
        """UPDATE back_pay_run SET drafted_after = coalesce((SELECT max(o.started_no) FROM back_pay_run o
             WHERE o.started_at <= back_pay_run.made_at), 0) WHERE started_at IS NOT NULL"""
    )
    op.execute("UPDATE back_pay_run SET takes_places = true WHERE mode = 'card'")


def _laid() -> Iterator[dict[str, Any]]:
    """Each reversal on what earlier ones have left of the shares."""
    bind = op.get_bind()
    inquiry_of = {f"suspicion-{id}": inquiry_id for id, inquiry_id in bind.execute(sa.text(DECIDED))}
    current, shares = "", []
    for key, id, fen in bind.execute(sa.text(REVERSED)).all():
        if id != current:
            current = id
            shares = [[*row] for row in bind.execute(sa.text(SHARES), {"id": id})]
        decided = inquiry_of.get(key.split(":")[1], "")
        for share in sorted(shares, key=lambda each: (each[2] != decided, not each[3])):
            if part := min(fen, share[1]):
                yield {"key": key, "id": id, "reply": share[0], "fen": part}
                share[1] -= part
                fen -= part


def downgrade() -> None:
    op.drop_table("back_pay_taken")
    op.drop_index(NUMBER, "back_pay_run")
    with op.batch_alter_table("back_pay_run") as table:
        table.drop_constraint(op.f(STARTED), type_="check")
        table.drop_column("drafted_after")
        table.drop_column("started_no")
        table.drop_column("takes_places")
