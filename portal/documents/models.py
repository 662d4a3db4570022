"""Rows of files and of issued results."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class Scan(StrEnum):
    """What is known of malware in a file. Nobody opens a file that waits or is infected."""

    OFF = "off"  # no scanner is set up
    WAITING = "waiting"
    CLEAN = "clean"
    INFECTED = "infected"


class Source(StrEnum):
    """Where a paper came from."""

    UPLOADED = "uploaded"
    REUSED = "reused"  # from the wallet
    SCANNED = "scanned"  # at the desk


class Document(Base):
    """A file that a person handed in. `slot` is the place of its paper (`services_catalog.slots`).

    Until the application is sent each photo is a file of its own; then those of a paper become one PDF.
    """

    __tablename__ = "documents"
    __table_args__ = (
        Index("ix_documents_draft", "draft_id"),
        Index("ix_documents_case", "case_id"),
        Index("ix_documents_sha256", "sha256"),
        Index("ix_documents_unscanned", "uploaded_at", postgresql_where="scan = 'waiting'"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    draft_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("drafts.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    slot: Mapped[int]
    # The key of the paper it was handed in for, so that it finds its place in another version.
    paper: Mapped[str] = mapped_column(default="", server_default="")
    file_name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    uploaded_at: Mapped[datetime]
    pages: Mapped[int] = mapped_column(default=1, server_default="1")
    source: Mapped[str] = mapped_column(default=Source.UPLOADED, server_default="uploaded")
    scan: Mapped[str] = mapped_column(default=Scan.OFF, server_default="off")
    # Of a signed PDF: `portal.documents.signatures.SignatureReport`.
    signature: Mapped[dict[str, Any] | None]
    # When a newer file for the same paper took its place, in a supplement.
    replaced_at: Mapped[datetime | None]

    @property
    def may_be_opened(self) -> bool:
        """False while it waits for the scanner, and for ever where it is infected."""
        return self.scan in (Scan.OFF, Scan.CLEAN)


class PartialUpload(Base):
    """A file that is on its way, in pieces (tus)."""

    __tablename__ = "partial_uploads"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    # None once the draft is gone: the pieces are forgotten with the row, later.
    draft_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("drafts.id", ondelete="SET NULL"), index=True)
    paper: Mapped[str]
    file_name: Mapped[str]
    size: Mapped[int]
    offset: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(index=True)
    # Of the finished file: why it was not taken, in words.
    refusal: Mapped[str | None]
    finished_at: Mapped[datetime | None]


class QuarantinedFile(Base):
    """A file in which malware was found: its bytes lie apart, where only the operator of the machine comes."""

    __tablename__ = "quarantined_files"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    sha256: Mapped[str]
    found: Mapped[str]
    size: Mapped[int]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    found_at: Mapped[datetime] = mapped_column(index=True)


class PaperTemplate(Base):
    """A template of the province (`agency_key` None) or of an agency in place of the one that comes with the portal."""

    __tablename__ = "paper_templates"
    __table_args__ = (
        Index("uq_paper_templates_in_use", "agency_key", "paper", unique=True, postgresql_where="retired_at IS NULL",
              postgresql_nulls_not_distinct=True),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    agency_key: Mapped[str | None] = mapped_column(ForeignKey("agencies.key"))
    paper: Mapped[str]
    source: Mapped[str]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    made_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class WalletPaper(Base):
    """A paper that a person keeps to hand in again: from an earlier case, or put here by the person."""

    __tablename__ = "wallet_papers"
    __table_args__ = (Index("uq_wallet_papers", "account_id", "sha256", unique=True),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str]
    file_name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    pages: Mapped[int]
    scan: Mapped[str]
    signature: Mapped[dict[str, Any] | None]
    # What it is: the kind of paper, its number, who issued it and when, where that is known.
    kind: Mapped[str | None]
    number: Mapped[str | None]
    issuer: Mapped[str | None]
    issued_on: Mapped[date | None]
    # Of the case it comes from; a result of the portal has `is_result`.
    reference: Mapped[str | None]
    is_result: Mapped[bool] = mapped_column(default=False, server_default="false")
    valid_until: Mapped[date | None]
    kept_at: Mapped[datetime]
