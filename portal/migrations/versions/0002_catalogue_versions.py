"""Versions carry their form and process and pass through drafts and approval; levels of offerings; handling times."""

from pathlib import Path

import sqlalchemy as sa
import yaml
from alembic import op
from sqlalchemy.dialects import postgresql

from services_catalog.blocks import FormSource, StepSource
from services_catalog.library import as_document
from services_catalog.loader import library

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DATA = Path(__file__).parents[3] / "services_catalog" / "data"


def upgrade() -> None:
    _open_versions()
    _pin_forms_and_processes()
    op.create_table(
        "procedure_version_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["accounts.id"], name=op.f("fk_procedure_version_events_actor_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["procedure_versions.id"],
            name=op.f("fk_procedure_version_events_version_id_procedure_versions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_version_events")),
    )
    op.create_index(op.f("ix_procedure_version_events_version_id"), "procedure_version_events", ["version_id"])
    op.add_column("offerings", sa.Column("level", sa.Text(), nullable=False, server_default="full"))
    op.add_column("drafts", sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True))
    _open_cases()


def downgrade() -> None:
    op.execute("DELETE FROM positions WHERE role IN ('catalog_editor', 'catalog_approver')")
    op.drop_index("ix_cases_handling", "cases")
    op.drop_index("ix_cases_version", "cases")
    op.drop_index("ix_cases_desk", "cases")
    for name in ("stage_role", "stage_does", "handling_minutes"):
        op.drop_column("cases", name)
    op.create_index("ix_cases_desk", "cases", ["agency_key", "state", "stage", "due_at", "id"])
    op.drop_column("drafts", "moved_at")
    op.drop_column("offerings", "level")
    op.drop_table("procedure_version_events")
    for name in ("open", "history", "file"):
        op.drop_index(f"ix_procedure_versions_{name}", "procedure_versions")
    op.execute("UPDATE procedure_versions SET based_on = NULL")
    op.execute(
        "DELETE FROM procedure_versions v WHERE state IN ('draft', 'proposed') AND NOT EXISTS "
        "(SELECT 1 FROM cases WHERE version_id = v.id) AND NOT EXISTS (SELECT 1 FROM drafts WHERE version_id = v.id)"
    )
    op.execute("UPDATE procedure_versions SET state = 'waiting' WHERE state = 'approved'")
    # The old rule allows each content once: an older twin steps aside with a digest of its own.
    op.execute(
        "UPDATE procedure_versions v SET digest = digest || '-' || id WHERE EXISTS (SELECT 1 FROM procedure_versions n "
        "WHERE n.procedure_code = v.procedure_code AND n.digest = v.digest AND n.id > v.id)"
    )
    for name in (
        "form",
        "workflow",
        "origin",
        "ends_procedure",
        "note",
        "based_on",
        "edited_by",
        "decided_by",
        "revision",
    ):
        op.drop_column("procedure_versions", name)
    op.alter_column("procedure_versions", "created_at", new_column_name="loaded_at")
    op.create_unique_constraint(
        "uq_procedure_versions_procedure_digest", "procedure_versions", ["procedure_code", "digest"]
    )


def _open_versions() -> None:
    op.drop_constraint("uq_procedure_versions_procedure_digest", "procedure_versions")
    op.alter_column("procedure_versions", "loaded_at", new_column_name="created_at")
    for name in ("form", "workflow"):
        op.add_column("procedure_versions", sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    for name, kind, old in (
        ("origin", sa.Text(), "file"),
        ("ends_procedure", sa.Boolean(), "false"),
        ("note", sa.Text(), ""),
        ("revision", sa.BigInteger(), "1"),
    ):
        op.add_column("procedure_versions", sa.Column(name, kind, nullable=False, server_default=old))
        op.alter_column("procedure_versions", name, server_default=None)
    for name in ("edited_by", "decided_by"):
        op.add_column("procedure_versions", sa.Column(name, sa.BigInteger(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_procedure_versions_{name}_accounts"), "procedure_versions", "accounts", [name], ["id"]
        )
    op.add_column("procedure_versions", sa.Column("based_on", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_procedure_versions_based_on_procedure_versions"),
        "procedure_versions",
        "procedure_versions",
        ["based_on"],
        ["id"],
    )
    op.execute("UPDATE procedure_versions SET state = 'approved' WHERE state = 'waiting'")
    op.create_index(
        "ix_procedure_versions_open", "procedure_versions", ["procedure_code"], unique=True,
        postgresql_where="state IN ('draft', 'proposed')",
    )  # fmt: skip
    op.create_index("ix_procedure_versions_history", "procedure_versions", ["procedure_code", "id"])
    op.create_index(
        "ix_procedure_versions_file", "procedure_versions", ["procedure_code", "effective_on", "digest"], unique=True,
        postgresql_where="origin = 'file'",
    )  # fmt: skip


def _pin_forms_and_processes() -> None:
    """Old versions get what they ran with until now: the shipped form and process that they name."""
    versions = sa.table(
        "procedure_versions", sa.column("document", postgresql.JSONB), sa.column("form", postgresql.JSONB),
        sa.column("workflow", postgresql.JSONB),
    )  # fmt: skip
    named = sa.func.coalesce(versions.c.document["workflow"].as_string(), "standard")
    for path in sorted((_DATA / "workflows").glob("*.yml")):
        content = yaml.load(path.read_bytes(), _LOADER)  # noqa: S506 - a safe loader
        op.execute(versions.update().where(named == path.stem).values(workflow=content))
    for key, form in library().forms.items():
        is_its = versions.c.document["form"].as_string() == key
        op.execute(versions.update().where(is_its).values(form=as_document(form)))
    # The general form of then is one of the files no more: the shared questions stand in.
    steps = (StepSource(step="applicant_both"), StepSource(step="request"))
    general = library().blocks.form(FormSource(title="Đơn đề nghị", steps=steps))
    op.execute(versions.update().where(versions.c.form.is_(None)).values(form=as_document(general)))
    # A version that was edited before a downgrade has stages of its own.
    op.execute(
        "UPDATE procedure_versions SET workflow = jsonb_build_object('title', document ->> 'name', 'stages', "
        "document -> 'stages') || CASE WHEN document ? 'promised_hours' THEN "
        "jsonb_build_object('promised_hours', document -> 'promised_hours') ELSE '{}' END WHERE document ? 'stages'"
    )
    for column in ("form", "workflow"):
        op.alter_column("procedure_versions", column, nullable=False)


def _open_cases() -> None:
    op.add_column("cases", sa.Column("stage_role", sa.Text(), nullable=True))
    op.add_column("cases", sa.Column("stage_does", sa.Text(), nullable=True))
    op.add_column("cases", sa.Column("handling_minutes", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE cases c SET stage_role = s ->> 'role', stage_does = s ->> 'does' "
        "FROM procedure_versions v, jsonb_array_elements(v.workflow -> 'stages') s "
        "WHERE v.id = c.version_id AND s ->> 'key' = c.stage"
    )
    op.drop_index("ix_cases_desk", "cases")
    op.create_index("ix_cases_desk", "cases", ["agency_key", "state", "stage_role", "due_at", "id"])
    op.create_index("ix_cases_version", "cases", ["version_id", "state"])
    op.create_index(
        "ix_cases_handling", "cases", ["procedure_code", "finished_at"], postgresql_where="handling_minutes IS NOT NULL"
    )
