"""Working calendars of agencies, and putting off what was due."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name, columns in (
        ("office_hours", (sa.Column("valid_from", sa.Date, nullable=False),
                          sa.Column("hours", sa.dialects.postgresql.JSONB, nullable=False))),
        ("calendar_days", (sa.Column("day", sa.Date, nullable=False),
                           sa.Column("is_worked", sa.Boolean, nullable=False),
                           sa.Column("note", sa.Text, nullable=False))),
    ):  # fmt: skip
        op.create_table(
            name,
            sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
            sa.Column("agency_key", sa.Text, sa.ForeignKey("agencies.key")),
            *columns,
            sa.Column("changed_by", sa.BigInteger, sa.ForeignKey("accounts.id")),
            sa.Column("changed_at", INSTANT, nullable=False),
        )
    for index, table, column in (
        ("uq_office_hours_from", "office_hours", "valid_from"),
        ("uq_calendar_days_day", "calendar_days", "day"),
    ):
        op.create_index(index, table, ["agency_key", column], unique=True, postgresql_nulls_not_distinct=True)
    op.create_table(
        "clock_shifts",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("agency_key", sa.Text, sa.ForeignKey("agencies.key")),
        sa.Column("began_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("day", sa.Date),
        sa.Column("declared_before", sa.Boolean),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("declared_by", sa.BigInteger, sa.ForeignKey("accounts.id")),
        sa.Column("declared_at", INSTANT, nullable=False),
        sa.Column("last_case_id", sa.BigInteger, server_default="0", nullable=False),
        sa.Column("finished_at", INSTANT),
    )
    op.create_table(
        "shifted_cases",
        sa.Column("shift_id", sa.BigInteger, sa.ForeignKey("clock_shifts.id"), primary_key=True),
        sa.Column("case_id", sa.BigInteger, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("due_before", INSTANT),
        sa.Column("due_after", INSTANT),
        sa.Column("error", sa.Text),
    )


def downgrade() -> None:
    for table in ("shifted_cases", "clock_shifts", "calendar_days", "office_hours"):
        op.drop_table(table)
