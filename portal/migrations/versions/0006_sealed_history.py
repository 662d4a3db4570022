"""The history of each case is a chain of hashes; answers to supplements have a day; one rescheduling."""

import hashlib
import json
from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIMES = ("promised_due_at", "rescheduled_at", "supplement_due_at")
_COUNTS = ("desk_requests", "stage_requests")


def upgrade() -> None:
    for name in _TIMES:
        op.add_column("cases", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name, state in zip(_COUNTS, ("submitted", "in_process"), strict=True):
        op.add_column("cases", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
        op.execute(
            sa.text(
                f"UPDATE cases c SET {name} = (SELECT count(*) FROM case_events e WHERE e.case_id = c.id "  # noqa: S608
                "AND e.event = 'case.supplement_requested' AND e.from_state = :state)"
            ).bindparams(state=state)
        )
    op.add_column("case_events", sa.Column("hash", sa.Text(), nullable=True))
    op.execute("ALTER TABLE case_events DISABLE TRIGGER case_events_append_only")
    _seal()
    op.execute("ALTER TABLE case_events ENABLE TRIGGER case_events_append_only")
    op.alter_column("case_events", "hash", nullable=False)


def downgrade() -> None:
    op.execute("UPDATE cases SET state = 'withdrawn' WHERE state = 'discontinued'")
    op.drop_column("case_events", "hash")
    for name in (*_COUNTS, *_TIMES):
        op.drop_column("cases", name)


def _seal() -> None:
    """As `portal.cases.chain` did when this was written."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT id, case_id, number, event, from_state, to_state, from_stage, to_stage, actor_id, at, details "
            "FROM case_events ORDER BY case_id, number"
        )
    ).all()
    previous, case_id = "", None
    for row in rows:
        previous = previous if row.case_id == case_id else "0" * 64
        case_id = row.case_id
        content = [
            previous, row.case_id, row.number, row.event, row.from_state, row.to_state, row.from_stage, row.to_stage,
            row.actor_id, row.at.astimezone(UTC).isoformat(timespec="microseconds"), row.details,
        ]  # fmt: skip
        previous = hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
        connection.execute(
            sa.text("UPDATE case_events SET hash = :hash WHERE id = :id"), {"hash": previous, "id": row.id}
        )
