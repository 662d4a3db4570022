"""What the head is asked for, when the next opinion is due, queues by the first due time of all, units to come."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ANYBODYS = "stage IS NOT NULL AND (stage_does <> 'propose' OR assignee_id IS NULL)"
BEFORE = "coalesce(due_at, CASE WHEN state = 'submitted' THEN acceptance_due_at END, supplement_due_at, '9000-01-01 00:00:00+00'::timestamptz)"
NOW = f"least({BEFORE}, answer_due_at, opinion_due_at)"


def upgrade() -> None:
    op.add_column("agencies", sa.Column("is_awaited", sa.Boolean, server_default="false", nullable=False))
    op.execute("ALTER TABLE cases ADD COLUMN opinion_due_at timestamptz, ADD COLUMN petition text")
    op.execute(
        "UPDATE cases SET opinion_due_at = (SELECT min(due_at) FROM opinions WHERE case_id = cases.id AND closed_at IS NULL) "
        "WHERE asked_keys <> '{}'"
    )
    _order_by(NOW)
    asking = sa.text("coalesce(stage_agency_key, agency_key)")
    where = sa.text("petition IS NOT NULL")
    op.create_index("ix_cases_petition", "cases", [asking, "queue_at", "id"], postgresql_where=where)
    where = sa.text("answer_due_at IS NOT NULL")
    op.create_index("ix_cases_question", "cases", ["agency_key", "queue_at", "id"], postgresql_where=where)


def _order_by(expression: str) -> None:
    """Make the column anew, which drops its indexes."""
    op.execute(
        f"ALTER TABLE cases DROP COLUMN queue_at, ADD COLUMN queue_at timestamptz GENERATED ALWAYS AS ({expression}) STORED"
    )
    op.execute("ALTER TABLE cases ALTER COLUMN queue_at SET NOT NULL")
    asking = sa.text("coalesce(stage_agency_key, agency_key)")
    for name, columns, where in (
        ("ix_cases_desk", ["agency_key", "state"], None), ("ix_cases_stage", ["stage_agency_key", "stage_role"], ANYBODYS),
        ("ix_cases_assignee", ["assignee_id"], "stage_does = 'propose'"), ("ix_cases_payment", [asking], "state = 'payment'"),
        ("ix_cases_open", ["agency_key"], "is_open"),
    ):  # fmt: skip
        op.create_index(name, "cases", [*columns, "queue_at", "id"], postgresql_where=sa.text(where) if where else None)


def downgrade() -> None:
    op.drop_index("ix_cases_petition", "cases")
    op.drop_index("ix_cases_question", "cases")
    _order_by(BEFORE)
    op.drop_column("cases", "opinion_due_at")
    op.drop_column("cases", "petition")
    op.drop_column("agencies", "is_awaited")
