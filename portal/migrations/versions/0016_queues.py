"""Queues of staff: what they are ordered by, their indexes, words by which cases are found, saved views."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from services_catalog.text import search_words

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
QUEUE_AT = "coalesce(due_at, CASE WHEN state = 'submitted' THEN acceptance_due_at END, supplement_due_at, '9000-01-01 00:00:00+00'::timestamptz)"
IS_OPEN = "state NOT IN ('declined', 'withdrawn', 'discontinued', 'returned')"
ANYBODYS = "stage IS NOT NULL AND (stage_does <> 'propose' OR assignee_id IS NULL)"
BATCH = 5000


def upgrade() -> None:
    # In one statement, so that the table is written anew once.
    op.execute(
        f"ALTER TABLE cases ADD COLUMN commune text, ADD COLUMN queue_at timestamptz GENERATED ALWAYS AS ({QUEUE_AT}) STORED, "
        f"ADD COLUMN is_open boolean GENERATED ALWAYS AS ({IS_OPEN}) STORED NOT NULL, "
        "ADD COLUMN guest_keys text[] GENERATED ALWAYS AS (array_remove(party_keys, agency_key)) STORED NOT NULL"
    )
    op.execute("ALTER TABLE cases ALTER COLUMN queue_at SET NOT NULL")
    op.execute(
        "UPDATE cases SET commune = answers -> 'requester_residence' ->> 'commune' WHERE jsonb_typeof(answers -> 'requester_residence') = 'object'"
    )
    for name in ("ix_cases_desk", "ix_cases_stage", "ix_cases_parties", "ix_cases_assignee"):
        op.drop_index(name, "cases")
    op.create_index("ix_cases_desk", "cases", ["agency_key", "state", "queue_at", "id"])
    op.create_index(
        "ix_cases_stage",
        "cases",
        ["stage_agency_key", "stage_role", "queue_at", "id"],
        postgresql_where=sa.text(ANYBODYS),
    )
    op.create_index(
        "ix_cases_assignee",
        "cases",
        ["assignee_id", "queue_at", "id"],
        postgresql_where=sa.text("stage_does = 'propose'"),
    )
    op.create_index(
        "ix_cases_payment",
        "cases",
        [sa.text("coalesce(stage_agency_key, agency_key)"), "queue_at", "id"],
        postgresql_where=sa.text("state = 'payment'"),
    )
    op.create_index("ix_cases_open", "cases", ["agency_key", "queue_at", "id"], postgresql_where=sa.text("is_open"))
    op.create_index("ix_cases_newest", "cases", ["agency_key", "id"])
    op.create_index("ix_cases_register", "cases", ["agency_key", "submitted_at", "id"])
    op.create_index("ix_cases_procedure", "cases", ["agency_key", "procedure_code", "id"])
    guests = "guest_keys <> '{}'"
    op.create_index(
        "ix_cases_guests", "cases", ["guest_keys"], postgresql_using="gin", postgresql_where=sa.text(guests)
    )
    op.create_index(
        "ix_cases_open_guests",
        "cases",
        ["guest_keys"],
        postgresql_using="gin",
        postgresql_where=sa.text(f"is_open AND {guests}"),
    )
    op.create_table(
        "case_search",
        sa.Column("case_id", sa.BigInteger, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("words", TSVECTOR, nullable=False),
    )
    _remember_everybody()
    op.create_index("ix_case_search_words", "case_search", ["words"], postgresql_using="gin")
    op.create_table(
        "saved_views",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id"), nullable=False, index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("wanted", JSONB, nullable=False),
        sa.Column("columns", ARRAY(sa.Text), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.UniqueConstraint("account_id", "name", name="uq_saved_views_name"),
    )


def _remember_everybody() -> None:
    """Words of the cases there are; the folding of accents is the same as the portal's."""
    bind = op.get_bind()
    last = 0
    while True:
        query = sa.text(
            "SELECT c.id, array_agg(p.name), array_remove(array_agg(p.phone), NULL), c.party_keys FROM cases c "
            "JOIN case_people p ON p.case_id = c.id WHERE c.id > :last GROUP BY c.id ORDER BY c.id LIMIT :most"
        )
        rows = bind.execute(query, {"last": last, "most": BATCH}).all()
        if not rows:
            return
        found = [
            {
                "id": case_id,
                "words": sorted(
                    {w[:100] for name in names for w in search_words(name)} | set(phones) | {f"@{key}" for key in keys}
                ),
            }
            for case_id, names, phones, keys in rows
        ]
        bind.execute(
            sa.text("INSERT INTO case_search (case_id, words) VALUES (:id, array_to_tsvector(CAST(:words AS text[])))"),
            found,
        )
        last = rows[-1][0]


def downgrade() -> None:
    op.drop_table("saved_views")
    op.drop_table("case_search")
    for name in ("ix_cases_desk", "ix_cases_stage", "ix_cases_assignee", "ix_cases_payment", "ix_cases_open", "ix_cases_newest",
                 "ix_cases_procedure", "ix_cases_register", "ix_cases_guests", "ix_cases_open_guests"):  # fmt: skip
        op.drop_index(name, "cases")
    for name in ("queue_at", "is_open", "guest_keys", "commune"):
        op.drop_column("cases", name)
    op.create_index("ix_cases_desk", "cases", ["agency_key", "state", "due_at", "id"])
    op.create_index(
        "ix_cases_stage", "cases", ["stage_agency_key", "stage_role", "due_at"], postgresql_where="stage IS NOT NULL"
    )
    op.create_index("ix_cases_parties", "cases", ["party_keys"], postgresql_using="gin")
    op.create_index(
        "ix_cases_assignee", "cases", ["assignee_id", "state"], postgresql_where="state IN ('accepted', 'in_process')"
    )
