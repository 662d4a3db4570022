"""Money: bills, payments, the ledger, receipts, refunds, reconciliation; what applicants say of the fees."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
# Cases that wait for money have asked for it without a bill until now.
BILL = """
WITH made AS (
  INSERT INTO bills (case_id, agency_key, lines, total_vnd, state, made_at)
  SELECT id, coalesce(stage_agency_key, agency_key),
    jsonb_build_array(jsonb_build_object('kind', 'charge', 'label', 'Phí, lệ phí', 'full_vnd', coalesce(amount_due, 0),
      'amount_vnd', coalesce(amount_due, 0), 'because', '')), coalesce(amount_due, 0), 'open', changed_at
  FROM cases WHERE state = 'payment'
  RETURNING id, case_id, total_vnd, made_at)
INSERT INTO ledger_entries (key, case_id, kind, amount_vnd, at)
SELECT 'bill-' || id, case_id, 'billed', total_vnd, made_at FROM made
"""
KEEP = """
CREATE FUNCTION refuse_change_of_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the ledger only grows'; END $$;
CREATE TRIGGER ledger_entries_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_ledger();
"""


def _key() -> sa.Column:
    return sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True)


def _to(name: str, target: str, *, nullable: bool = False) -> sa.Column:
    kind = sa.Text if target == "agencies.key" else sa.BigInteger
    return sa.Column(name, kind, sa.ForeignKey(target), nullable=nullable)


def _texts(*names: str, nullable: bool = False) -> list[sa.Column]:
    return [sa.Column(name, sa.Text, nullable=nullable) for name in names]


def _instants(*names: str, nullable: bool = False) -> list[sa.Column]:
    return [sa.Column(name, INSTANT, nullable=nullable) for name in names]


def _number(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger, nullable=False)


def upgrade() -> None:
    op.add_column("drafts", sa.Column("fee_claim", JSONB, server_default="{}", nullable=False))
    op.add_column("cases", sa.Column("fee_claim", JSONB, server_default="{}", nullable=False))
    op.create_table(
        "bills", _key(), _to("case_id", "cases.id"), _to("agency_key", "agencies.key"),
        sa.Column("lines", JSONB, nullable=False), _number("total_vnd"), *_texts("state"),
        _to("made_by", "accounts.id", nullable=True), *_instants("made_at"), *_instants("ended_at", nullable=True),
    )  # fmt: skip
    op.create_index("uq_bills_open", "bills", ["case_id"], unique=True, postgresql_where=sa.text("state = 'open'"))
    op.create_index("ix_bills_case", "bills", ["case_id", "id"])
    op.create_table(
        "payments", _key(), sa.Column("key", sa.Text, unique=True, nullable=False), _to("case_id", "cases.id"),
        _to("agency_key", "agencies.key"), *_texts("gateway"), _number("amount_vnd"),
        sa.Column("by_hand", sa.Boolean, server_default="false", nullable=False),
        sa.Column("lines", JSONB, server_default="[]", nullable=False), *_texts("state"),
        *_texts("url", "qr", "provider_id", "code", "note", "proof_sha256", "proof_type", nullable=True), _to("made_by", "accounts.id", nullable=True),
        *_instants("created_at", "expires_at"), *_instants("ask_at", "paid_at", nullable=True),
    )  # fmt: skip
    op.create_index("ix_payments_case", "payments", ["case_id", "id"])
    op.create_index("ix_payments_ask", "payments", ["ask_at"], postgresql_where=sa.text("ask_at IS NOT NULL"))
    op.create_index("ix_payments_agency", "payments", ["agency_key", "state", "id"])
    op.create_index("ix_payments_paid", "payments", ["gateway", "paid_at"])
    op.create_table(
        "ledger_entries", _key(), sa.Column("key", sa.Text, unique=True, nullable=False), _to("case_id", "cases.id"),
        *_texts("kind"), _number("amount_vnd"), _to("actor_id", "accounts.id", nullable=True), *_instants("at"),
    )  # fmt: skip
    op.create_index("ix_ledger_entries_case", "ledger_entries", ["case_id", "id"])
    op.create_table(
        "gateway_reports", _key(), *_texts("gateway"), _to("payment_id", "payments.id", nullable=True),
        *_texts("verdict"), sa.Column("amount_vnd", sa.BigInteger), *_texts("code", nullable=True), *_instants("at"),
    )  # fmt: skip
    op.create_index("ix_gateway_reports_at", "gateway_reports", ["at"])
    op.create_index("ix_gateway_reports_verdict", "gateway_reports", ["verdict", "id"])
    op.create_table(
        "refunds", _key(), _to("payment_id", "payments.id"), _to("case_id", "cases.id"),
        _to("agency_key", "agencies.key"), _number("amount_vnd"), *_texts("reason", "state"),
        _to("asked_by", "accounts.id"), *_instants("asked_at"), _to("decided_by", "accounts.id", nullable=True),
        *_instants("decided_at", nullable=True), *_texts("code", nullable=True),
        *_instants("ask_at", "done_at", nullable=True),
    )  # fmt: skip
    op.create_index("ix_refunds_payment_id", "refunds", ["payment_id"])
    op.create_index("ix_refunds_agency", "refunds", ["agency_key", "state", "id"])
    op.create_table(
        "credits", _key(), _to("case_id", "cases.id"), _number("amount_vnd"), *_texts("reason"),
        _to("decided_by", "accounts.id"), *_instants("decided_at"),
    )  # fmt: skip
    op.create_index("ix_credits_case_id", "credits", ["case_id"])
    _receipts()
    _reconciliation()
    op.execute(BILL)
    op.execute(KEEP)


def _receipts() -> None:
    op.create_table(
        "receipt_series",
        sa.Column("agency_key", sa.Text, sa.ForeignKey("agencies.key"), primary_key=True),
        sa.Column("year", sa.BigInteger, primary_key=True),
        _number("last"),
    )
    op.create_table(
        "payment_receipts", _key(), _to("payment_id", "payments.id"), _to("case_id", "cases.id"),
        _to("agency_key", "agencies.key"), _number("year"), _number("number"), *_texts("form", "symbol", "state"),
        sa.Column("facts", JSONB, nullable=False), *_texts("sha256", nullable=True), *_instants("issued_at"), *_instants("ended_at", nullable=True),
        _to("ended_by", "accounts.id", nullable=True), *_texts("end_reason", nullable=True),
        _to("replaces_id", "payment_receipts.id", nullable=True),
        *_texts("provider_number", "provider_code", nullable=True), *_instants("send_at", nullable=True),
        sa.UniqueConstraint("agency_key", "year", "number", name="uq_payment_receipts_number"),
    )  # fmt: skip
    op.create_index("uq_payment_receipts_payment", "payment_receipts", ["payment_id"], unique=True,
                    postgresql_where=sa.text("state = 'issued'"))  # fmt: skip
    op.create_index("ix_payment_receipts_case", "payment_receipts", ["case_id", "id"])
    op.create_index("ix_payment_receipts_send", "payment_receipts", ["send_at"],
                    postgresql_where=sa.text("send_at IS NOT NULL"))  # fmt: skip


def _reconciliation() -> None:
    op.create_table(
        "reconciliation_days", _key(), *_texts("gateway"), sa.Column("day", sa.Date, nullable=False),
        *_instants("imported_at"), _to("imported_by", "accounts.id"),
        sa.Column("notes", JSONB, server_default="{}", nullable=False), *_instants("closed_at", nullable=True),
        _to("closed_by", "accounts.id", nullable=True),
        sa.UniqueConstraint("gateway", "day", name="uq_reconciliation_days_once"),
    )  # fmt: skip
    op.create_table(
        "reconciliation_rows", _key(), _to("day_id", "reconciliation_days.id"), *_texts("key", "provider_id"),
        _number("amount_vnd"),
    )  # fmt: skip
    op.create_index("ix_reconciliation_rows_day", "reconciliation_rows", ["day_id", "id"])


def downgrade() -> None:
    op.execute("DROP TRIGGER ledger_entries_only_grow ON ledger_entries; DROP FUNCTION refuse_change_of_ledger()")
    for table in ("reconciliation_rows", "reconciliation_days", "payment_receipts", "receipt_series", "credits", "refunds",
                  "gateway_reports", "ledger_entries", "payments", "bills"):  # fmt: skip
        op.drop_table(table)
    op.drop_column("cases", "fee_claim")
    op.drop_column("drafts", "fee_claim")
