"""Who handles a case is warned before it is late."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("clock_started_at", "next_warning_at"):
        op.add_column("cases", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    # Cases that are under way are warned of when they become overdue; the milder warnings begin with new ones.
    op.execute(
        "UPDATE cases SET clock_started_at = accepted_at, next_warning_at = due_at "
        "WHERE due_at IS NOT NULL AND finished_at IS NULL AND state IN ('accepted', 'in_process', 'issuing')"
    )
    op.create_index("ix_cases_warning", "cases", ["next_warning_at"], postgresql_where="next_warning_at IS NOT NULL")


def downgrade() -> None:
    op.drop_index("ix_cases_warning", "cases")
    for name in ("next_warning_at", "clock_started_at"):
        op.drop_column("cases", name)
