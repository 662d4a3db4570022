"""Papers between agencies: what was sent over the axis, and what has come."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "exchanged_papers", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True), _text("direction"),
        sa.Column("agency_key", sa.Text, sa.ForeignKey("agencies.key"), nullable=False), _text("organ_id"),
        _text("organ_name"), _text("document_id"),
        sa.Column("paper_id", sa.BigInteger, sa.ForeignKey("outgoing_papers.id")), sa.Column("number", sa.BigInteger),
        sa.Column("year", sa.BigInteger), _text("code"), _text("kind"), _text("subject"),
        sa.Column("issued_on", sa.Date, nullable=False), sa.Column("files", JSONB, nullable=False),
        sa.Column("at", INSTANT, nullable=False), _text("status", nullable=True), _text("status_text", nullable=True),
        sa.Column("status_at", INSTANT), sa.Column("send_at", INSTANT),
        sa.Column("was_sent", sa.Boolean, server_default="false", nullable=False), _text("problem", nullable=True),
    )  # fmt: skip
    op.create_index("uq_exchanged_papers_document", "exchanged_papers",
                    ["direction", "document_id", "organ_id", "agency_key"], unique=True)  # fmt: skip
    op.create_index("ix_exchanged_papers_send", "exchanged_papers", ["send_at"],
                    postgresql_where=sa.text("send_at IS NOT NULL"))  # fmt: skip
    op.create_index("ix_exchanged_papers_agency", "exchanged_papers", ["agency_key", "direction", "id"])
    op.create_table(
        "bad_packages", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True), _text("sha256"),
        sa.Column("size", sa.BigInteger, nullable=False), _text("problem"),
        sa.Column("came_at", INSTANT, nullable=False),
    )  # fmt: skip
    op.create_index("ix_exchanged_papers_paper", "exchanged_papers", ["paper_id"])


def downgrade() -> None:
    op.drop_table("bad_packages")
    op.drop_table("exchanged_papers")
