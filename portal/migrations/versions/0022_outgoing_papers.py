"""Papers that go out: the register with how far each is, certificates, requests to sign on a phone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
# Letters and figures that do not look alike, drawn anew for each row.
CODE = """
CREATE FUNCTION drawn_code(length int, row_id bigint) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT string_agg(substr('ABCDEFGHJKMNPQRSTUVWXYZ23456789', 1 + floor(random() * 31 + row_id * 0)::int, 1), '')
  FROM generate_series(1, length) $$
"""


def _to(name: str, target: str) -> sa.Column:
    kind = sa.Text if target == "agencies.key" else sa.BigInteger
    return sa.Column(name, kind, sa.ForeignKey(target))


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=nullable)


def upgrade() -> None:
    _certificates()
    op.rename_table("result_counters", "paper_counters")
    op.execute("ALTER INDEX pk_result_counters RENAME TO pk_paper_counters")
    op.execute("ALTER TABLE paper_counters RENAME CONSTRAINT fk_result_counters_agency_key_agencies "
               "TO fk_paper_counters_agency_key_agencies")  # fmt: skip
    op.rename_table("results", "outgoing_papers")
    op.execute("ALTER TABLE outgoing_papers DROP CONSTRAINT pk_results")
    op.execute("ALTER INDEX uq_results_number RENAME TO uq_outgoing_papers_number")
    for column, target in (("case_id", "cases"), ("agency_key", "agencies")):
        op.execute(f"ALTER TABLE outgoing_papers RENAME CONSTRAINT fk_results_{column}_{target} "
                   f"TO fk_outgoing_papers_{column}_{target}")  # fmt: skip
    op.add_column("outgoing_papers", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True))
    op.execute("ALTER TABLE outgoing_papers ADD CONSTRAINT pk_outgoing_papers PRIMARY KEY (id)")
    op.alter_column("outgoing_papers", "case_id", nullable=True)
    for column in (
        sa.Column("is_result", sa.Boolean, server_default="true", nullable=False),
        sa.Column("subject", sa.Text, server_default="", nullable=False),
        _text("code", nullable=True), _text("check_code", nullable=True),
        sa.Column("step", sa.Text, server_default="numbered", nullable=False),
        _text("content_sha256", nullable=True), sa.Column("places", JSONB), _to("signer_id", "accounts.id"),
        _to("signer_certificate_id", "certificates.id"), _to("agency_certificate_id", "certificates.id"),
        sa.Column("waits_for_signer", sa.Boolean, server_default="false", nullable=False),
        _text("problem", nullable=True), sa.Column("done_at", INSTANT), sa.Column("valid_until", sa.Date),
        _text("ended", nullable=True), sa.Column("ended_at", INSTANT), _to("ended_by", "accounts.id"),
        _text("end_reason", nullable=True), _to("replaced_by_id", "outgoing_papers.id"),
    ):  # fmt: skip
        op.add_column("outgoing_papers", column)
    op.execute(CODE)
    op.execute("UPDATE outgoing_papers SET code = drawn_code(10, id), check_code = drawn_code(6, id), "
               "step = CASE WHEN sha256 IS NULL THEN 'numbered' ELSE 'done' END, content_sha256 = sha256, "
               "done_at = (SELECT finished_at FROM cases WHERE cases.id = case_id)")  # fmt: skip
    op.execute("DROP FUNCTION drawn_code")
    op.alter_column("outgoing_papers", "code", nullable=False)
    op.alter_column("outgoing_papers", "check_code", nullable=False)
    op.create_unique_constraint("uq_outgoing_papers_code", "outgoing_papers", ["code"])
    op.create_index("uq_outgoing_papers_result", "outgoing_papers", ["case_id"], unique=True,
                    postgresql_where=sa.text("is_result"))  # fmt: skip
    op.create_index("ix_outgoing_papers_case", "outgoing_papers", ["case_id"])
    op.create_index("ix_outgoing_papers_sha256", "outgoing_papers", ["sha256"])
    op.create_index("ix_outgoing_papers_register", "outgoing_papers", ["agency_key", "issued_on", "id"])
    op.create_index("ix_outgoing_papers_waiting", "outgoing_papers", ["signer_id"],
                    postgresql_where=sa.text("waits_for_signer"))  # fmt: skip
    _requests()


def _certificates() -> None:
    op.create_table(
        "certificates", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        _to("account_id", "accounts.id"), _to("agency_key", "agencies.key"), _text("way"), _text("key"),
        sa.Column("content", sa.LargeBinary, nullable=False), sa.Column("chain", JSONB, nullable=False),
        _text("serial"), _text("subject"), _text("issuer"), sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_until", INSTANT, nullable=False), sa.Column("is_test", sa.Boolean, nullable=False),
        _text("picture_sha256", nullable=True), _text("name_reason", nullable=True), _to("bound_by", "accounts.id"),
        sa.Column("bound_at", INSTANT, nullable=False), sa.Column("checked_at", INSTANT, nullable=False),
        _text("problem", nullable=True), sa.Column("ended_at", INSTANT),
        sa.CheckConstraint("(account_id IS NULL) <> (agency_key IS NULL)", name="one_holder"),
    )  # fmt: skip
    for holder, column in (("account", "account_id"), ("agency", "agency_key")):
        op.create_index(f"uq_certificates_{holder}", "certificates", [column], unique=True,
                        postgresql_where=sa.text("ended_at IS NULL"))  # fmt: skip


def _requests() -> None:
    op.create_table(
        "signing_requests", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("certificate_id", sa.BigInteger, sa.ForeignKey("certificates.id"), nullable=False),
        sa.Column("papers", sa.ARRAY(sa.BigInteger), nullable=False), _text("state"),
        _text("provider_key", nullable=True), sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT), sa.Column("ended_at", INSTANT),
    )  # fmt: skip
    op.create_index("ix_signing_requests_account_id", "signing_requests", ["account_id"])
    op.create_index("ix_signing_requests_open", "signing_requests", ["made_at"],
                    postgresql_where=sa.text("state IN ('new', 'waiting')"))  # fmt: skip
    op.create_table(
        "prepared_signatures",
        sa.Column("request_id", sa.BigInteger, sa.ForeignKey("signing_requests.id"), primary_key=True),
        sa.Column("paper_id", sa.BigInteger, sa.ForeignKey("outgoing_papers.id"), primary_key=True),
        _text("content_sha256"), sa.Column("document_digest", sa.LargeBinary, nullable=False),
        sa.Column("region_start", sa.BigInteger, nullable=False),
        sa.Column("region_end", sa.BigInteger, nullable=False),
        sa.Column("attributes", sa.LargeBinary, nullable=False),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("prepared_signatures")
    op.drop_table("signing_requests")
    op.execute("DELETE FROM outgoing_papers WHERE NOT is_result")
    for index in ("waiting", "register", "sha256", "case", "result"):
        op.drop_index(f"{'uq' if index == 'result' else 'ix'}_outgoing_papers_{index}", "outgoing_papers")
    for column in ("replaced_by_id", "end_reason", "ended_by", "ended_at", "ended", "valid_until", "done_at", "problem",
                   "waits_for_signer",
                   "agency_certificate_id", "signer_certificate_id", "signer_id", "places", "content_sha256", "step",
                   "check_code", "code", "subject", "is_result", "id"):  # fmt: skip
        op.drop_column("outgoing_papers", column)
    op.alter_column("outgoing_papers", "case_id", nullable=False)
    op.rename_table("outgoing_papers", "results")
    op.execute("ALTER TABLE results ADD CONSTRAINT pk_results PRIMARY KEY (case_id)")
    op.execute("ALTER INDEX uq_outgoing_papers_number RENAME TO uq_results_number")
    for column, target in (("case_id", "cases"), ("agency_key", "agencies")):
        op.execute(f"ALTER TABLE results RENAME CONSTRAINT fk_outgoing_papers_{column}_{target} "
                   f"TO fk_results_{column}_{target}")  # fmt: skip
    op.rename_table("paper_counters", "result_counters")
    op.execute("ALTER INDEX pk_paper_counters RENAME TO pk_result_counters")
    op.execute("ALTER TABLE result_counters RENAME CONSTRAINT fk_paper_counters_agency_key_agencies "
               "TO fk_result_counters_agency_key_agencies")  # fmt: skip
    op.drop_table("certificates")
