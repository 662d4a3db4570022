"""Orders to carriers; templates of papers; what a paper kept by a person is: its kind, number, issuer and days."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "postal_orders", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("case_id", sa.BigInteger, sa.ForeignKey("cases.id"), nullable=False), _text("way"),
        sa.Column("key", sa.Text, nullable=False, unique=True), _text("state"), _text("name"), _text("phone"),
        _text("street"), _text("commune"), sa.Column("cod_vnd", sa.BigInteger, nullable=False),
        _text("item_code", nullable=True), _text("tracking", nullable=True),
        sa.Column("made_by", sa.BigInteger, sa.ForeignKey("accounts.id")), sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False), sa.Column("next_at", INSTANT),
    )  # fmt: skip
    op.create_index("ix_postal_orders_due", "postal_orders", ["next_at"],
                    postgresql_where=sa.text("next_at IS NOT NULL"))  # fmt: skip
    op.create_index("ix_postal_orders_case", "postal_orders", ["case_id", "id"])
    op.create_index("uq_postal_orders_open", "postal_orders", ["case_id", "way"], unique=True,
                    postgresql_where=sa.text("state IN ('new', 'ordered', 'under_way')"))  # fmt: skip
    op.create_table(
        "paper_templates", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("agency_key", sa.Text, sa.ForeignKey("agencies.key")), _text("paper"), _text("source"),
        sa.Column("made_by", sa.BigInteger, sa.ForeignKey("accounts.id")), sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("retired_at", INSTANT),
    )  # fmt: skip
    op.create_index("uq_paper_templates_in_use", "paper_templates", ["agency_key", "paper"], unique=True,
                    postgresql_where=sa.text("retired_at IS NULL"), postgresql_nulls_not_distinct=True)  # fmt: skip
    for name in ("kind", "number", "issuer"):
        op.add_column("wallet_papers", _text(name, nullable=True))
    op.add_column("wallet_papers", sa.Column("issued_on", sa.Date))


def downgrade() -> None:
    for name in ("issued_on", "issuer", "number", "kind"):
        op.drop_column("wallet_papers", name)
    op.drop_table("paper_templates")
    op.drop_table("postal_orders")
