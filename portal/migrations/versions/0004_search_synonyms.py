"""Searches that found nothing, and the synonyms made of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "failed_searches",
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("words", name=op.f("pk_failed_searches")),
    )
    op.create_table(
        "search_synonyms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("say", sa.Text(), nullable=False),
        sa.Column("procedure_code", sa.Text(), nullable=True),
        sa.Column("means", sa.Text(), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(procedure_code IS NULL) <> (means IS NULL)", name=op.f("ck_search_synonyms_one_meaning")),
        sa.ForeignKeyConstraint(["created_by"], ["accounts.id"], name=op.f("fk_search_synonyms_created_by_accounts")),
        sa.ForeignKeyConstraint(
            ["procedure_code"], ["procedures.code"], name=op.f("fk_search_synonyms_procedure_code_procedures")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_synonyms")),
    )


def downgrade() -> None:
    op.drop_table("search_synonyms")
    op.drop_table("failed_searches")
