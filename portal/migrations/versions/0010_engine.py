"""Stages at other agencies, opinions, linked cases, money, delegation, cases from elsewhere and their four people."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
TEXTS = ARRAY(sa.Text)


def upgrade() -> None:
    _cases()
    _opinions()
    _people()
    _delegations()
    op.drop_index("uq_notices_once", "notices")
    op.alter_column("notices", "recipient_id", nullable=True)
    op.create_index(
        "uq_notices_once", "notices", ["event_id", "recipient_id", "purpose"], unique=True,
        postgresql_nulls_not_distinct=True,
    )  # fmt: skip


def _cases() -> None:
    for column in (
        sa.Column("stage_agency_key", sa.Text, sa.ForeignKey("agencies.key")),
        sa.Column("party_keys", TEXTS),
        sa.Column("asked_keys", TEXTS, server_default="{}", nullable=False),
        sa.Column("open_children", sa.BigInteger, server_default="0", nullable=False),
        sa.Column("origin", sa.Text, server_default="portal", nullable=False),
        sa.Column("external_id", sa.Text),
        sa.Column("parent_id", sa.BigInteger, sa.ForeignKey("cases.id")),
        sa.Column("event_number", sa.BigInteger, server_default="0", nullable=False),
        sa.Column("event_hash", sa.Text, server_default="", nullable=False),
        sa.Column("changed_at", INSTANT),
        sa.Column("amount_due", sa.BigInteger),
        sa.Column("row_version", sa.BigInteger, server_default="1", nullable=False),
        sa.Column("askers", TEXTS, server_default="{}", nullable=False),
        sa.Column("acceptance_from", INSTANT),
        sa.Column("paused_at", INSTANT),
        sa.Column("left_minutes", sa.BigInteger),
        sa.Column("left_days", sa.BigInteger),
    ):
        op.add_column("cases", column)
    op.execute(
        "UPDATE cases SET party_keys = ARRAY[agency_key], changed_at = e.at, event_number = e.number, "
        "event_hash = e.hash, stage_agency_key = CASE WHEN stage IS NOT NULL THEN agency_key END "
        "FROM (SELECT DISTINCT ON (case_id) case_id, at, number, hash FROM case_events "
        "ORDER BY case_id, number DESC) e WHERE e.case_id = cases.id"
    )
    # Requests so far were of the desk and of the one agency that held all stages.
    op.execute(
        "UPDATE cases SET acceptance_from = submitted_at, "
        "askers = array_remove(ARRAY[CASE WHEN desk_requests > 0 THEN 'desk' END, "
        "CASE WHEN stage_requests > 0 THEN agency_key END], NULL)"
    )
    op.execute(
        "UPDATE cases SET paused_at = changed_at, left_minutes = greatest(0, "
        "extract(epoch FROM previous_due_at - changed_at) / 180)::bigint "  # a third of the time offices are open
        "WHERE state = 'supplement' AND accepted_at IS NOT NULL AND previous_due_at IS NOT NULL"
    )
    for name in ("desk_requests", "stage_requests"):
        op.drop_column("cases", name)
    op.alter_column("cases", "acceptance_from", nullable=False)
    op.alter_column("cases", "party_keys", nullable=False)
    op.alter_column("cases", "changed_at", nullable=False)
    op.alter_column("cases", "applicant_id", nullable=True)
    op.drop_index("ix_cases_desk", "cases")
    op.create_index("ix_cases_desk", "cases", ["agency_key", "state", "due_at", "id"])
    op.create_index(
        "ix_cases_stage", "cases", ["stage_agency_key", "stage_role", "due_at"], postgresql_where="stage IS NOT NULL"
    )
    op.create_index("ix_cases_parties", "cases", ["party_keys"], postgresql_using="gin")
    op.create_index(
        "ix_cases_asked", "cases", ["asked_keys"], postgresql_using="gin", postgresql_where="asked_keys <> '{}'"
    )
    op.create_index("ix_cases_ready", "cases", ["changed_at"], postgresql_where="state = 'finished'")
    op.create_index("ix_cases_parent", "cases", ["parent_id"], postgresql_where="parent_id IS NOT NULL")
    op.create_index(
        "uq_cases_external", "cases", ["origin", "external_id"], unique=True,
        postgresql_where="external_id IS NOT NULL",
    )  # fmt: skip


def _opinions() -> None:
    op.create_table(
        "opinions",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("case_id", sa.BigInteger, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("agency_key", sa.Text, sa.ForeignKey("agencies.key"), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("asked_by", sa.BigInteger, sa.ForeignKey("accounts.id")),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("answer", sa.Text),
        sa.Column("agrees", sa.Boolean),
        sa.Column("answered_by", sa.BigInteger, sa.ForeignKey("accounts.id")),
    )
    op.create_index("ix_opinions_case", "opinions", ["case_id"])
    op.create_index("ix_opinions_open", "opinions", ["agency_key", "due_at"], postgresql_where="closed_at IS NULL")
    op.create_index("ix_opinions_due", "opinions", ["due_at"], postgresql_where="closed_at IS NULL")


def _people() -> None:
    op.create_table(
        "case_people",
        sa.Column("case_id", sa.BigInteger, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("role", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("citizen_id", sa.Text),
        sa.Column("phone", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("address", sa.Text),
    )
    op.create_index("ix_case_people_citizen", "case_people", ["citizen_id"], postgresql_where="citizen_id IS NOT NULL")
    # Cases so far were filed by the account's holder; the form said whose matter it was and whom to tell.
    op.execute(
        "INSERT INTO case_people (case_id, role, name, citizen_id, phone, address) "
        "SELECT id, role, contact_name, answers->>'requester_citizen_id', contact_phone, "
        "answers->>'requester_residence' FROM cases, (VALUES ('owner'), ('contact')) AS roles (role)"
    )
    op.execute(
        "INSERT INTO case_people (case_id, role, name, citizen_id, phone) "
        "SELECT c.id, 'submitter', a.full_name, a.citizen_id, a.phone "
        "FROM cases c JOIN accounts a ON a.id = c.applicant_id"
    )


def _delegations() -> None:
    op.create_table(
        "delegations",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("position_id", sa.BigInteger, sa.ForeignKey("positions.id"), nullable=False),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_by", sa.BigInteger, sa.ForeignKey("accounts.id")),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
    )
    op.create_index("ix_delegations_account", "delegations", ["account_id"])
    op.create_index("ix_delegations_position", "delegations", ["position_id"])


def downgrade() -> None:
    unknown = op.get_bind().scalar(
        sa.text(
            "SELECT count(*) FROM cases WHERE applicant_id IS NULL OR state = 'payment' "
            "OR (open_children > 0 AND finished_at IS NULL)"
        )
    )
    if unknown:
        raise RuntimeError(f"{unknown} cases are in a state that the older schema does not know: finish them first")
    op.alter_column("cases", "applicant_id", nullable=False)
    op.drop_index("uq_notices_once", "notices")
    # What the older schema has no place for.
    op.execute("DELETE FROM notices WHERE recipient_id IS NULL")
    op.alter_column("notices", "recipient_id", nullable=False)
    op.create_index("uq_notices_once", "notices", ["event_id", "recipient_id", "purpose"], unique=True)
    for table in ("delegations", "case_people", "opinions"):
        op.drop_table(table)
    for index in (
        "uq_cases_external",
        "ix_cases_ready",
        "ix_cases_parent",
        "ix_cases_asked",
        "ix_cases_parties",
        "ix_cases_stage",
    ):
        op.drop_index(index, "cases")
    op.drop_index("ix_cases_desk", "cases")
    op.create_index("ix_cases_desk", "cases", ["agency_key", "state", "stage_role", "due_at", "id"])
    for name in ("desk_requests", "stage_requests"):
        op.add_column("cases", sa.Column(name, sa.BigInteger, server_default="0", nullable=False))
    op.execute(
        "UPDATE cases SET desk_requests = ('desk' = ANY(askers))::int, stage_requests = (agency_key = ANY(askers))::int"
    )
    for name in ("left_days", "left_minutes", "paused_at", "acceptance_from", "askers", "row_version", "amount_due", "changed_at", "event_hash", "event_number", "parent_id", "external_id", "origin",
                 "open_children", "asked_keys", "party_keys", "stage_agency_key"):  # fmt: skip
        op.drop_column("cases", name)
