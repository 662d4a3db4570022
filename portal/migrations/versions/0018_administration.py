"""Administration: units with dates, first passwords, the record of changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("agencies", sa.Column("valid_from", sa.Date))
    op.add_column("agencies", sa.Column("valid_to", sa.Date))
    op.add_column("agencies", sa.Column("is_managed", sa.Boolean, server_default="false", nullable=False))
    op.add_column("accounts", sa.Column("activation_hash", sa.Text))
    op.add_column("accounts", sa.Column("activation_until", INSTANT))
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_id", sa.BigInteger, sa.ForeignKey("accounts.id"), index=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("subject_key", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("details", JSONB, nullable=False),
    )
    op.create_index("ix_audit_entries_subject", "audit_entries", ["subject", "subject_key", "id"])
    op.execute(
        "CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("audit_entries")
    for name in ("activation_hash", "activation_until"):
        op.drop_column("accounts", name)
    for name in ("valid_from", "valid_to", "is_managed"):
        op.drop_column("agencies", name)
