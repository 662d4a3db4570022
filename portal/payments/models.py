"""Rows of bills, payments, the ledger, receipts, refunds and reconciliation. Money is whole đồng."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class BillState(StrEnum):
    """Whether a bill is still asked for."""

    OPEN = "open"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class PaymentState(StrEnum):
    """Where a try to pay is. Only `PAID` is final: money may come late."""

    PENDING = "pending"
    CLAIMED = "claimed"  # the payer says that they have transferred it: an accountant looks
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"


class EntryKind(StrEnum):
    """What an entry of the ledger is. Owed counts up, paid counts down."""

    BILLED = "billed"
    CANCELLED = "cancelled"
    PAID = "paid"
    REFUNDED = "refunded"


# Who is asked for money, and how: the ways that need no gateway.
CASH, CARD, TRANSFER = "cash", "card", "transfer"


class Bill(Base):
    """What a case asks its applicant to pay. A case has at most one that is open."""

    __tablename__ = "bills"
    __table_args__ = (
        Index("uq_bills_open", "case_id", unique=True, postgresql_where="state = 'open'"),
        Index("ix_bills_case", "case_id", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"))
    # Each as `services_catalog.fees.FeeLine`, kind among them: "fee", "charge", "postage".
    lines: Mapped[list[dict[str, Any]]]
    total_vnd: Mapped[int]
    state: Mapped[str] = mapped_column(default=BillState.OPEN)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Payment(Base):
    """One try to pay by one way. `key` is what the gateway knows it by."""

    __tablename__ = "payments"
    __table_args__ = (
        Index("ix_payments_case", "case_id", "id"),
        Index("ix_payments_ask", "ask_at", postgresql_where="ask_at IS NOT NULL"),
        Index("ix_payments_agency", "agency_key", "state", "id"),
        Index("ix_payments_paid", "gateway", "paid_at"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"))
    # A file of `portal/gateways/payment/`, or "cash", "card", "transfer".
    gateway: Mapped[str]
    amount_vnd: Mapped[int]
    # No gateway tells of it: an accountant finds it in the statement of the bank.
    by_hand: Mapped[bool] = mapped_column(default=False, server_default="false")
    # What it is for, as `Bill.lines`; empty where it is a part of that.
    lines: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    state: Mapped[str] = mapped_column(default=PaymentState.PENDING)
    # Where the payer is sent; or what the QR code says.
    url: Mapped[str | None]
    qr: Mapped[str | None]
    # The gateway's number, and its code of what happened.
    provider_id: Mapped[str | None]
    code: Mapped[str | None]
    # What an officer or the payer wrote: number of a voucher, of a transfer.
    note: Mapped[str | None]
    # The picture of the transfer that the payer has sent along.
    proof_sha256: Mapped[str | None]
    proof_type: Mapped[str | None]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    # When the gateway is to be asked; None: not any more.
    ask_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]


class LedgerEntry(Base):
    """Money owed or moved, kept for ever: the database refuses to change or delete it. `key` makes it happen once."""

    __tablename__ = "ledger_entries"
    __table_args__ = (Index("ix_ledger_entries_case", "case_id", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str]
    # What it adds to the debt: billed and refunded are positive, cancelled and paid negative.
    amount_vnd: Mapped[int]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]


class GatewayReport(Base):
    """What somebody has told us in the name of a gateway, and what was made of it. Forged ones are kept, too."""

    __tablename__ = "gateway_reports"
    __table_args__ = (Index("ix_gateway_reports_at", "at"), Index("ix_gateway_reports_verdict", "verdict", "id"))

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    gateway: Mapped[str]
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    verdict: Mapped[str]
    amount_vnd: Mapped[int | None]
    code: Mapped[str | None]
    at: Mapped[datetime]


class RefundState(StrEnum):
    """Where a refund is. Two people decide it."""

    ASKED = "asked"
    REFUSED = "refused"
    APPROVED = "approved"  # the gateway is to be told, or somebody pays it out
    DONE = "done"


class Refund(Base):
    """Money that is to go back to the payer."""

    __tablename__ = "refunds"
    __table_args__ = (Index("ix_refunds_agency", "agency_key", "state", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"))
    amount_vnd: Mapped[int]
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(default=RefundState.ASKED)
    asked_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None]
    code: Mapped[str | None]
    # When the gateway is told (again); None: it is not, somebody pays it out.
    ask_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class Credit(Base):
    """An accountant has decided that what was paid too much stays, for what the case may still owe."""

    __tablename__ = "credits"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    amount_vnd: Mapped[int]
    reason: Mapped[str]
    decided_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime]


class ReceiptState(StrEnum):
    """Whether a receipt still stands."""

    ISSUED = "issued"
    CANCELLED = "cancelled"
    REPLACED = "replaced"


class ReceiptSeries(Base):
    """The numbers of an agency's receipts of a year, without gaps."""

    __tablename__ = "receipt_series"

    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class PaymentReceipt(Base):
    """A biên lai: what was collected, in figures and in words. Never deleted; a wrong one is cancelled or replaced."""

    __tablename__ = "payment_receipts"
    __table_args__ = (
        UniqueConstraint("agency_key", "year", "number", name="uq_payment_receipts_number"),
        Index("uq_payment_receipts_payment", "payment_id", unique=True, postgresql_where="state = 'issued'"),
        Index("ix_payment_receipts_case", "case_id", "id"),
        Index("ix_payment_receipts_send", "send_at", postgresql_where="send_at IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"))
    year: Mapped[int]
    number: Mapped[int]
    form: Mapped[str]
    symbol: Mapped[str]
    state: Mapped[str] = mapped_column(default=ReceiptState.ISSUED)
    # All that it says, as it was when it was issued.
    facts: Mapped[dict[str, Any]]
    # The paper, as it was made and signed.
    sha256: Mapped[str | None]
    issued_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    end_reason: Mapped[str | None]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("payment_receipts.id"))
    # At the provider of receipts, where there is one: its number, its code, when to try (again).
    provider_number: Mapped[str | None]
    provider_code: Mapped[str | None]
    send_at: Mapped[datetime | None]


class ReconciliationDay(Base):
    """A local day of one gateway, with what the gateway says of it. Closed by a person, once."""

    __tablename__ = "reconciliation_days"
    __table_args__ = (UniqueConstraint("gateway", "day", name="uq_reconciliation_days_once"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    gateway: Mapped[str]
    day: Mapped[date]
    imported_at: Mapped[datetime]
    imported_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    # Explanations of differences by the key they are about: {key: sentence}.
    notes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class ReconciliationRow(Base):
    """One line of a gateway's file."""

    __tablename__ = "reconciliation_rows"
    __table_args__ = (Index("ix_reconciliation_rows_day", "day_id", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    day_id: Mapped[int] = mapped_column(ForeignKey("reconciliation_days.id"))
    key: Mapped[str]
    provider_id: Mapped[str]
    amount_vnd: Mapped[int]
