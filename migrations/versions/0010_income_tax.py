"""Income tax: the choice of a policy, who may be taxed by it, a record of each payment, frozen returns.

What was exported before has a record without tax. Revision 0010 follows 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gig.payouts.tax import immutability

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ID = sa.String(26)
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
POLICY = "policy IN ('none', 'labour_2018', 'platform_2025')"
GAP = "(policy = 'platform_2025') = (gap IS NOT NULL) AND (gap IS NULL OR gap IN ('reset', 'continue'))"


def upgrade() -> None:
    _choices()
    _residencies()
    _records()
    _filings()
    op.add_column("batch", sa.Column("tax_fen", sa.BigInteger(), nullable=True))
    op.execute("UPDATE batch SET tax_fen = 0 WHERE state = 'exported'")
    op.execute(_records_of_the_past(op.get_bind().dialect.name))
    for statement in immutability.guards(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    for statement in immutability.unguards(op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_column("batch", "tax_fen")
    for table in ("tax_filing", "tax_record", "tax_residency", "tax_choice"):
        op.drop_table(table)


def _partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _choices() -> None:
    op.create_table(
        "tax_choice",
        sa.Column("id", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("gap", sa.Text(), nullable=True),
        sa.Column("from_month", sa.Date(), nullable=False),
        sa.Column("payer_name", sa.Text(), nullable=False),
        sa.Column("payer_code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", ID, nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tax_choice"),
        sa.CheckConstraint(
            "state IN ('proposed', 'confirmed', 'withdrawn')", name=op.f("ck_tax_choice_state")
        ),
        sa.CheckConstraint(POLICY, name=op.f("ck_tax_choice_policy")),
        sa.CheckConstraint(GAP, name=op.f("ck_tax_choice_gap")),
        sa.CheckConstraint(
            "state = 'proposed' OR decided_at IS NOT NULL", name=op.f("ck_tax_choice_decided")
        ),
        sa.CheckConstraint(
            "state <> 'confirmed' OR decided_by <> proposed_by", name=op.f("ck_tax_choice_two_people")
        ),
        sa.CheckConstraint(
            "policy = 'none' OR (payer_code <> '' AND payer_name <> '')", name=op.f("ck_tax_choice_payer")
        ),
    )
    _partial("uq_tax_choice_proposed", "tax_choice", ["state"], "state = 'proposed'", unique=True)


def _residencies() -> None:
    op.create_table(
        "tax_residency",
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("resident", sa.Boolean(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("stated_by", ID, nullable=True),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("agent_id", name="pk_tax_residency"),
        sa.CheckConstraint("document IN ('resident_id', 'permit')", name=op.f("ck_tax_residency_document")),
        sa.CheckConstraint("(stated_by IS NULL) = (reason IS NULL)", name=op.f("ck_tax_residency_stated")),
        sa.CheckConstraint(
            "document = 'resident_id' OR stated_by IS NOT NULL OR NOT resident",
            name=op.f("ck_tax_residency_open"),
        ),
    )


def _records() -> None:
    op.create_table(
        "tax_record",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("choice_id", ID, nullable=True),
        sa.Column("payer_code", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("gap", sa.Text(), nullable=True),
        sa.Column("rule_version", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("gross_fen", sa.BigInteger(), nullable=False),
        sa.Column("cumulative_fen", sa.BigInteger(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("segment_start", sa.Date(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("quick_fen", sa.BigInteger(), nullable=False),
        sa.Column("due_fen", sa.BigInteger(), nullable=False),
        sa.Column("before_fen", sa.BigInteger(), nullable=False),
        sa.Column("withheld_fen", sa.BigInteger(), nullable=False),
        sa.Column("reverses_id", BIG_ID, nullable=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tax_record"),
        sa.ForeignKeyConstraint(["choice_id"], ["tax_choice.id"], name="fk_tax_record_choice_id"),
        sa.ForeignKeyConstraint(["reverses_id"], ["tax_record.id"], name="fk_tax_record_reverses_id"),
        sa.CheckConstraint(POLICY, name=op.f("ck_tax_record_policy")),
        sa.CheckConstraint(GAP, name=op.f("ck_tax_record_gap")),
        sa.CheckConstraint("(reverses_id IS NULL) = (gross_fen > 0)", name=op.f("ck_tax_record_gross")),
        sa.CheckConstraint(
            "abs(withheld_fen) < abs(gross_fen) OR withheld_fen = 0", name=op.f("ck_tax_record_withheld")
        ),
        sa.CheckConstraint(
            "withheld_fen = 0 OR (withheld_fen > 0) = (reverses_id IS NULL)", name=op.f("ck_tax_record_sign")
        ),
        sa.CheckConstraint("policy <> 'none' OR withheld_fen = 0", name=op.f("ck_tax_record_none")),
    )
    _partial("uq_tax_record_line", "tax_record", ["line_id"], "reverses_id IS NULL", unique=True)
    _partial(
        "uq_tax_record_reverses_id", "tax_record", ["reverses_id"], "reverses_id IS NOT NULL", unique=True
    )
    op.create_index("ix_tax_record_agent", "tax_record", ["agent_id", "month"])
    op.create_index("ix_tax_record_month", "tax_record", ["month", "agent_id"])


def _filings() -> None:
    op.create_table(
        "tax_filing",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("up_to_record", BIG_ID, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("income_fen", sa.BigInteger(), nullable=False),
        sa.Column("withheld_fen", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("blob_id", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tax_filing"),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name="fk_tax_filing_blob_id"),
        sa.UniqueConstraint("kind", "first_day", "number", name="uq_tax_filing_number"),
        sa.CheckConstraint("kind IN ('withholding', 'platform')", name=op.f("ck_tax_filing_kind")),
    )


def _records_of_the_past(dialect: str) -> str:
    """One INSERT of a record without tax for every line that was exported until now."""
    day = "b.payment_date"
    month = (
        f"date_trunc('month', {day})::date" if dialect == "postgresql" else f"date({day}, 'start of month')"
    )
    return f"""
        INSERT INTO tax_record (line_id, agent_id, payer_code, policy, rule_version, paid_on, month, gross_fen,
            cumulative_fen, months, segment_start, percent, quick_fen, due_fen, before_fen, withheld_fen, made_at)
        SELECT l.id, l.agent_id, '', 'none', 'none', {day}, {month}, l.amount_fen,
            l.amount_fen, 1, {month}, 0, 0, 0, 0, 0, b.exported_at
        FROM payout_line l JOIN batch b ON b.id = l.batch_id
        WHERE l.state IN ('in_transit', 'settled', 'failed', 'returned') ORDER BY l.id"""
