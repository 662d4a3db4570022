"""Work that failed too often is parked."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox_deliveries", sa.Column("parked_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_outbox_deliveries_open", "outbox_deliveries")
    op.create_index(
        "ix_outbox_deliveries_open", "outbox_deliveries", ["next_try_at"],
        postgresql_where="done_at IS NULL AND parked_at IS NULL",
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_outbox_deliveries_open", "outbox_deliveries")
    op.create_index(
        "ix_outbox_deliveries_open", "outbox_deliveries", ["next_try_at"], postgresql_where="done_at IS NULL"
    )
    op.drop_column("outbox_deliveries", "parked_at")
