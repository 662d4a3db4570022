"""Scans, signatures and pages of files, files in pieces, the wallet, talk about a case, codes for following a case."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for column in (
        sa.Column("pages", sa.BigInteger, server_default="1", nullable=False),
        sa.Column("source", sa.Text, server_default="uploaded", nullable=False),
        sa.Column("scan", sa.Text, server_default="off", nullable=False),
        sa.Column("signature", JSONB),
        sa.Column("replaced_at", INSTANT),
    ):
        op.add_column("documents", column)
    op.create_index(
        "ix_documents_unscanned", "documents", ["uploaded_at"], postgresql_where=sa.text("scan = 'waiting'")
    )
    _files()
    _wallet()
    _talk()


def _files() -> None:
    op.create_table(
        "partial_uploads",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("draft_id", sa.Uuid, sa.ForeignKey("drafts.id", ondelete="SET NULL"), index=True),
        sa.Column("paper", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False, index=True),
        sa.Column("refusal", sa.Text),
        sa.Column("finished_at", INSTANT),
    )
    op.create_table(
        "quarantined_files",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("found", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id")),
        sa.Column("found_at", INSTANT, nullable=False, index=True),
    )


def _wallet() -> None:
    op.create_table(
        "wallet_papers",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("pages", sa.BigInteger, nullable=False),
        sa.Column("scan", sa.Text, nullable=False),
        sa.Column("signature", JSONB),
        sa.Column("reference", sa.Text),
        sa.Column("is_result", sa.Boolean, server_default="false", nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("kept_at", INSTANT, nullable=False),
    )
    op.create_index("uq_wallet_papers", "wallet_papers", ["account_id", "sha256"], unique=True)


def _talk() -> None:
    op.create_table(
        "case_messages",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("case_id", sa.BigInteger, sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("author_id", sa.BigInteger, sa.ForeignKey("accounts.id")),
        sa.Column("is_staff", sa.Boolean, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    # Until when the question that nobody has answered is to be answered.
    op.add_column("cases", sa.Column("answer_due_at", INSTANT))
    op.create_table(
        "lookup_codes",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("case_id", sa.BigInteger, sa.ForeignKey("cases.id")),
        sa.Column("phone", sa.Text),
        sa.Column("tries", sa.BigInteger, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False, index=True),
        sa.Column("sent_at", INSTANT),
    )


def downgrade() -> None:
    op.drop_table("lookup_codes")
    op.drop_column("cases", "answer_due_at")
    for table in ("case_messages", "wallet_papers", "quarantined_files", "partial_uploads"):
        op.drop_table(table)
    op.drop_index("ix_documents_unscanned", "documents")
    for name in ("replaced_at", "signature", "scan", "source", "pages"):
        op.drop_column("documents", name)
