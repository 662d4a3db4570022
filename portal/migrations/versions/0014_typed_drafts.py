"""Drafts are kept as they were typed, and answer requests for supplements; officers type for others."""

import json
import re
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Addresses that were one line of text have become parts; what was typed stands in the last of them.
ADDRESSES = ("requester_residence", "mother_residence", "father_residence")


def upgrade() -> None:
    for column in (
        sa.Column("typed", JSONB, server_default="{}", nullable=False),
        sa.Column("revision", sa.BigInteger, server_default="0", nullable=False),
        sa.Column("revisions", JSONB, server_default="{}", nullable=False),
        sa.Column("case_id", sa.BigInteger, sa.ForeignKey("cases.id")),
        sa.Column("is_assisted", sa.Boolean, server_default="false", nullable=False),
        sa.Column("moved_from", sa.BigInteger, sa.ForeignKey("procedure_versions.id")),
    ):
        op.add_column("drafts", column)
    _rewrite("answers", "typed", _typed)
    op.alter_column("drafts", "typed", server_default=None)
    op.drop_column("drafts", "answers")
    op.create_index(
        "uq_drafts_supplement", "drafts", ["case_id"], unique=True, postgresql_where=sa.text("case_id IS NOT NULL")
    )
    op.add_column("cases", sa.Column("typed_by", sa.BigInteger, sa.ForeignKey("accounts.id")))
    for name in ("asked_fields", "asked_papers"):
        op.add_column("cases", sa.Column(name, ARRAY(sa.Text), server_default="{}", nullable=False))


def downgrade() -> None:
    for name in ("asked_papers", "asked_fields", "typed_by"):
        op.drop_column("cases", name)
    op.execute(
        "DELETE FROM documents WHERE draft_id IN (SELECT id FROM drafts WHERE case_id IS NOT NULL) AND case_id IS NULL"
    )
    op.execute(
        "UPDATE documents SET draft_id = NULL WHERE draft_id IN (SELECT id FROM drafts WHERE case_id IS NOT NULL)"
    )
    op.execute("DELETE FROM drafts WHERE case_id IS NOT NULL")
    op.drop_index("uq_drafts_supplement", "drafts")
    op.add_column("drafts", sa.Column("answers", JSONB, server_default="{}", nullable=False))
    _rewrite("typed", "answers", _answers)
    op.alter_column("drafts", "answers", server_default=None)
    for name in ("moved_from", "is_assisted", "case_id", "revisions", "revision", "typed"):
        op.drop_column("drafts", name)


def _rewrite(source: str, target: str, change: Any) -> None:
    bind = op.get_bind()
    rows = bind.execute(sa.text(f"SELECT id, {source} FROM drafts")).all()  # noqa: S608 - names of ours
    for id_, value in rows:
        bind.execute(
            sa.text(f"UPDATE drafts SET {target} = CAST(:value AS jsonb) WHERE id = :id"),  # noqa: S608
            {"value": json.dumps(change(value), ensure_ascii=False), "id": id_},
        )


def _typed(answers: dict[str, Any]) -> dict[str, str]:
    """The line of an address stands under both names: a form of before addresses had parts reads the plain one."""
    texts = {n: ("1" if value else "") if isinstance(value, bool) else str(value) for n, value in answers.items()}
    return texts | {f"{name}__written": texts[name] for name in ADDRESSES if name in texts}


def _answers(typed: dict[str, str]) -> dict[str, str]:
    """What one input holds; what has parts cannot be told by the forms of before. Days stand as these keep them."""
    written = {name: typed[f"{name}__written"] for name in ADDRESSES if typed.get(f"{name}__written")}
    return {name: _DAY.sub(_iso, text) for name, text in typed.items() if "__" not in name and text} | written


def _iso(day: re.Match[str]) -> str:
    return f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}"


_DAY = re.compile(r"^(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})$")
