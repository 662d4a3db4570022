"""Rows of papers that were sent to other agencies or have come from them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class Direction(StrEnum):
    """Whose register it stands in."""

    OUT = "out"
    IN = "in"


class ExchangedPaper(Base):
    """A paper for one agency elsewhere, or from one. `organ_…` are identifiers of agencies on the axis."""

    __tablename__ = "exchanged_papers"
    __table_args__ = (
        Index("uq_exchanged_papers_document", "direction", "document_id", "organ_id", "agency_key", unique=True),
        Index("ix_exchanged_papers_send", "send_at", postgresql_where="send_at IS NOT NULL"),
        Index("ix_exchanged_papers_agency", "agency_key", "direction", "id"),
        Index("ix_exchanged_papers_paper", "paper_id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    direction: Mapped[str]
    # Our agency, and the other one.
    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"))
    organ_id: Mapped[str]
    organ_name: Mapped[str]
    document_id: Mapped[str]
    # Of what goes out: which paper. Of what has come: its number in our register of incoming papers.
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("outgoing_papers.id"))
    number: Mapped[int | None]
    year: Mapped[int | None]
    # What the other agency calls it.
    code: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    issued_on: Mapped[date]
    # Its files: name, kind, size and SHA-256 of each.
    files: Mapped[list[dict[str, Any]]]
    at: Mapped[datetime]
    # The latest status (`portal.exchange.edxml.STATUS_NAMES`), of theirs for what went out, of ours for what came.
    status: Mapped[str | None]
    status_text: Mapped[str | None]
    status_at: Mapped[datetime | None]
    # When the package, or our status, is handed to the axis; None: nothing is to be handed over.
    send_at: Mapped[datetime | None]
    was_sent: Mapped[bool] = mapped_column(default=False, server_default="false")
    problem: Mapped[str | None]


class BadPackageRow(Base):
    """What came over the axis and is no package that we can read: kept for whoever asks about it."""

    __tablename__ = "bad_packages"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    sha256: Mapped[str]
    size: Mapped[int]
    problem: Mapped[str]
    came_at: Mapped[datetime]
