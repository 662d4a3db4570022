"""Rows of papers that go out, of certificates, and of what waits for somebody to confirm on a phone."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class Step(StrEnum):
    """How far a paper is. Each step is one transaction, and begins with the bytes that the one before kept."""

    NUMBERED = "numbered"
    RENDERED = "rendered"
    SIGNED = "signed"  # by the person
    SEALED = "sealed"  # by the agency
    DONE = "done"


class Ended(StrEnum):
    """Why a paper is in force no longer."""

    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


class OutgoingPaper(Base):
    """A paper in the register of an agency: numbered in the transition that issues it, made by workers afterwards.

    `paper` is the key of its template, and names the book in which it has its number.
    """

    __tablename__ = "outgoing_papers"
    __table_args__ = (
        Index("uq_outgoing_papers_number", "agency_key", "paper", "year", "number", unique=True),
        Index("uq_outgoing_papers_result", "case_id", unique=True, postgresql_where="is_result"),
        Index("ix_outgoing_papers_case", "case_id"),
        Index("ix_outgoing_papers_sha256", "sha256"),
        Index("ix_outgoing_papers_register", "agency_key", "issued_on", "id"),
        Index("ix_outgoing_papers_waiting", "signer_id", postgresql_where="waits_for_signer"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"))
    paper: Mapped[str]
    year: Mapped[int]
    number: Mapped[int]
    issued_on: Mapped[date]
    is_result: Mapped[bool] = mapped_column(default=True, server_default="true")
    # What it is about, as the register says it; nothing of it names a person.
    subject: Mapped[str] = mapped_column(default="", server_default="")
    # Printed on it, for whoever wants to check it: the second is asked for beside the first.
    code: Mapped[str] = mapped_column(unique=True)
    check_code: Mapped[str]
    step: Mapped[str] = mapped_column(default=Step.NUMBERED, server_default=Step.NUMBERED)
    # The bytes of the step that it has reached; `sha256` once it is done.
    content_sha256: Mapped[str | None]
    # Where the signatures belong: [page, left, bottom, right, top] by field.
    places: Mapped[dict[str, Any] | None]
    # Who signs: the person, and the certificates; without one of the agency it is not signed.
    signer_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    signer_certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificates.id"))
    agency_certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificates.id"))
    # It goes on once the signer has confirmed on the phone.
    waits_for_signer: Mapped[bool] = mapped_column(default=False, server_default="false")
    # What keeps it from going on, in words for the staff.
    problem: Mapped[str | None]
    sha256: Mapped[str | None]
    size: Mapped[int | None]
    done_at: Mapped[datetime | None]
    valid_until: Mapped[date | None]
    ended: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    end_reason: Mapped[str | None]
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("outgoing_papers.id"))

    @property
    def sign(self) -> str:
        """Number and year, as they are printed."""
        return f"{self.number}/{self.year}"


class PaperCounter(Base):
    """The last number given at an agency for a kind of paper in a year."""

    __tablename__ = "paper_counters"

    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"), primary_key=True)
    paper: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class Certificate(Base):
    """A certificate that is bound to a person or to an agency: one of each at a time."""

    __tablename__ = "certificates"
    __table_args__ = (
        Index("uq_certificates_account", "account_id", unique=True, postgresql_where="ended_at IS NULL"),
        Index("uq_certificates_agency", "agency_key", unique=True, postgresql_where="ended_at IS NULL"),
        CheckConstraint("(account_id IS NULL) <> (agency_key IS NULL)", "one_holder"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    agency_key: Mapped[str | None] = mapped_column(ForeignKey("agencies.key"))
    # The way of signing (`portal.gateways.signer`) and how the key is called there.
    way: Mapped[str]
    key: Mapped[str]
    # DER, its own and of those above it.
    content: Mapped[bytes] = mapped_column(LargeBinary)
    chain: Mapped[list[dict[str, Any]]]
    serial: Mapped[str]
    subject: Mapped[str]
    issuer: Mapped[str]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    is_test: Mapped[bool]
    # The picture of the signature or the seal (PNG), where there is one.
    picture_sha256: Mapped[str | None]
    # Why it was bound though the names differ.
    name_reason: Mapped[str | None]
    bound_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    bound_at: Mapped[datetime]
    # The last time that its authority was asked, and what was wrong then.
    checked_at: Mapped[datetime]
    problem: Mapped[str | None]
    ended_at: Mapped[datetime | None]


class Asked(StrEnum):
    """What has become of a request to a person to confirm on the phone."""

    NEW = "new"  # the provider has not heard of it yet
    WAITING = "waiting"
    SIGNED = "signed"
    REFUSED = "refused"
    EXPIRED = "expired"
    FAILED = "failed"


class SigningRequest(Base):
    """One confirmation on the phone for one or more papers."""

    __tablename__ = "signing_requests"
    __table_args__ = (Index("ix_signing_requests_open", "made_at", postgresql_where="state IN ('new', 'waiting')"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"))
    papers: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    state: Mapped[str] = mapped_column(default=Asked.NEW)
    provider_key: Mapped[str | None]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class PreparedSignature(Base):
    """A paper whose place for a signature is made and whose hash is with the provider (`portal.issuing.pades`)."""

    __tablename__ = "prepared_signatures"

    request_id: Mapped[int] = mapped_column(ForeignKey("signing_requests.id"), primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("outgoing_papers.id"), primary_key=True)
    content_sha256: Mapped[str]
    document_digest: Mapped[bytes] = mapped_column(LargeBinary)
    region_start: Mapped[int]
    region_end: Mapped[int]
    attributes: Mapped[bytes] = mapped_column(LargeBinary)
