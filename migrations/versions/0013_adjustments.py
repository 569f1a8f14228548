"""Adjustments, back-pay runs, what the book itself refuses of them, and the nightly proofs of the book.

Revision 0013 follows 0012.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gig.payouts.adjustments import guards

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ID = sa.String(26)


def upgrade() -> None:
    _runs()
    _adjustments()
    _checks()
    for statement in guards.guards(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    for statement in guards.unguards(op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_table("book_check")
    op.drop_table("adjustment")
    op.drop_table("back_pay_run")


def _runs() -> None:
    op.create_table(
        "back_pay_run",
        sa.Column("id", ID, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("end_day", sa.Date(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("card_id", ID, nullable=True),
        sa.Column("figure", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("counted_after", sa.Text(), nullable=False),
        sa.Column("maker_id", ID, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("approved_by", ID, nullable=True),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_back_pay_run"),
        sa.ForeignKeyConstraint(["card_id"], ["rate_card.id"], name="fk_back_pay_run_card_id"),
        sa.CheckConstraint(
            "state IN ('counting', 'ready', 'posting', 'posted', 'cancelled')",
            name=op.f("ck_back_pay_run_state"),
        ),
        sa.CheckConstraint("mode IN ('fixed', 'percent', 'card')", name=op.f("ck_back_pay_run_mode")),
        sa.CheckConstraint("(mode = 'card') = (card_id IS NOT NULL)", name=op.f("ck_back_pay_run_card")),
        sa.CheckConstraint("(mode = 'card') = (figure IS NULL)", name=op.f("ck_back_pay_run_figure")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_back_pay_run_span")),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> maker_id", name=op.f("ck_back_pay_run_two_people")
        ),
        sa.CheckConstraint(
            "(state = 'posted') = (finished_at IS NOT NULL)", name=op.f("ck_back_pay_run_finished")
        ),
    )
    op.create_index("ix_back_pay_run_state", "back_pay_run", ["state", "id"])


def _adjustments() -> None:
    op.create_table(
        "adjustment",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("replies", sa.Integer(), nullable=True),
        sa.Column("earning_id", ID, nullable=True),
        sa.Column("reverses_id", ID, nullable=True),
        sa.Column("run_id", ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("evidence_blob_id", ID, nullable=True),
        sa.Column("evidence_name", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("maker_id", ID, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_adjustment"),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"fk_adjustment_{column}")
            for column, table in (
                ("agent_id", "agent"),
                ("earning_id", "earning"),
                ("reverses_id", "ledger_entry"),
                ("run_id", "back_pay_run"),
                ("evidence_blob_id", "blob"),
            )
        ),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_adjustment_{name}"))
            for name, condition in (
                ("kind", "kind IN ('bonus', 'award', 'goodwill', 'clawback', 'back_pay', 'reversal')"),
                ("state", "state IN ('proposed', 'posted', 'refused', 'withdrawn')"),
                ("amount", "amount_fen > 0"),
                ("decided", "(state = 'proposed') = (decided_at IS NULL)"),
                ("maker", "state <> 'posted' OR decided_by IS NULL OR decided_by <> maker_id"),
                ("refused", "(state = 'refused') = (refusal IS NOT NULL)"),
                ("reversal", "(kind = 'reversal') = (reverses_id IS NOT NULL)"),
                ("run", "(kind = 'back_pay') = (run_id IS NOT NULL)"),
                ("evidence", "(evidence_blob_id IS NULL) = (evidence_name IS NULL)"),
            )
        ),
    )
    op.create_index("ix_adjustment_agent", "adjustment", ["agent_id", "id"])
    op.create_index("ix_adjustment_kind", "adjustment", ["kind", "id"])
    for name, columns, unique, given in (
        ("ix_adjustment_waiting", ["id"], False, "state = 'proposed' AND run_id IS NULL"),
        ("ix_adjustment_earning", ["earning_id"], False, "earning_id IS NOT NULL"),
        ("ix_adjustment_reverses", ["reverses_id"], False, "reverses_id IS NOT NULL"),
        ("uq_adjustment_run_agent", ["run_id", "agent_id"], True, "run_id IS NOT NULL"),
    ):
        condition = sa.text(given)
        op.create_index(
            name, "adjustment", columns, unique=unique, sqlite_where=condition, postgresql_where=condition
        )


def _checks() -> None:
    op.create_table(
        "book_check",
        sa.Column("id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("checked_at", INSTANT, nullable=False),
        sa.Column("asked_by", ID, nullable=True),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("broken", sa.Integer(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_book_check"),
        sa.CheckConstraint("broken BETWEEN 0 AND claims", name=op.f("ck_book_check_broken")),
    )
    condition = sa.text("asked_by IS NULL")
    op.create_index(
        "uq_book_check_night",
        "book_check",
        ["day"],
        unique=True,
        sqlite_where=condition,
        postgresql_where=condition,
    )
