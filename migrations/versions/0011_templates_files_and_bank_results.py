"""Templates of payout sheets, files of a batch, download links, bank results and hints at banks.

Revision 0011 follows 0010.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ID = sa.String(26)
HASH = sa.String(64)


def upgrade() -> None:
    for name, kind in (
        ("failure", sa.Text()),
        ("failure_words", sa.LargeBinary()),
        ("result_id", ID),
        ("answered_at", INSTANT),
    ):
        op.add_column("payout_line", sa.Column(name, kind, nullable=True))
    op.add_column("batch", sa.Column("template_version", sa.Integer(), nullable=True))
    op.add_column("batch", sa.Column("checked_at", INSTANT, nullable=True))
    _sheets()
    _results()


def downgrade() -> None:
    for table in (
        "result_mapping",
        "result_import",
        "bank_hint",
        "sheet_template",
        "download_link",
        "batch_fault",
        "batch_file",
    ):
        op.drop_table(table)
    for name in ("checked_at", "template_version"):
        op.drop_column("batch", name)
    for name in ("answered_at", "result_id", "failure_words", "failure"):
        op.drop_column("payout_line", name)


def _sheets() -> None:
    op.create_table(
        "batch_file",
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("blob_id", ID, nullable=False),
        sa.Column("sha256", HASH, nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "part", "kind", name="pk_batch_file"),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_batch_file_batch_id"),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name="fk_batch_file_blob_id"),
        sa.UniqueConstraint("name", name="uq_batch_file_name"),
        sa.CheckConstraint("lines > 0 AND total_fen > 0", name=op.f("ck_batch_file_totals")),
    )
    op.create_table(
        "batch_fault",
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "line_id", "fault", name="pk_batch_fault"),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_batch_fault_batch_id"),
    )
    op.create_table(
        "download_link",
        sa.Column("id", ID, nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("secret_hash", HASH, nullable=False),
        sa.Column("made_by", ID, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("used_by", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_download_link"),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_download_link_batch_id"),
        sa.UniqueConstraint("secret_hash", name="uq_download_link_secret_hash"),
        sa.CheckConstraint("(used_at IS NULL) = (used_by IS NULL)", name=op.f("ck_download_link_used")),
    )
    op.create_index("ix_download_link_batch_id", "download_link", ["batch_id", "made_at"])
    op.create_table(
        "sheet_template",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("slug", "version", name="pk_sheet_template"),
    )
    op.create_table(
        "bank_hint",
        sa.Column("prefix", sa.String(10), nullable=False),
        sa.Column("bank_name", sa.Text(), nullable=True),
        sa.Column("changed_by", ID, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("prefix", name="pk_bank_hint"),
    )


def _results() -> None:
    op.create_table(
        "result_import",
        sa.Column("id", ID, nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", HASH, nullable=False),
        sa.Column("blob_id", ID, nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("uploaded_by", ID, nullable=False),
        sa.Column("uploaded_at", INSTANT, nullable=False),
        sa.Column("posted_by", ID, nullable=True),
        sa.Column("posted_at", INSTANT, nullable=True),
        sa.Column("skipped", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_result_import"),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_result_import_batch_id"),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name="fk_result_import_blob_id"),
        sa.CheckConstraint("state IN ('waiting', 'posted', 'dropped')", name=op.f("ck_result_import_state")),
        sa.CheckConstraint(
            "(state = 'posted') = (posted_at IS NOT NULL)", name=op.f("ck_result_import_posted")
        ),
    )
    op.create_index("ix_result_import_batch_id", "result_import", ["batch_id", "uploaded_at"])
    posted = sa.text("state = 'posted'")
    op.create_index(
        "uq_result_import_posted",
        "result_import",
        ["sha256"],
        unique=True,
        sqlite_where=posted,
        postgresql_where=posted,
    )
    op.create_table(
        "result_mapping",
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("saved_by", ID, nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("template", name="pk_result_mapping"),
    )
