"""Rows of files and of issued results."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class Document(Base):
    """A file that a person handed in. `slot` is the place of its paper in the procedure's list, from 0."""

    __tablename__ = "documents"
    __table_args__ = (
        Index("ix_documents_draft", "draft_id"),
        Index("ix_documents_case", "case_id"),
        Index("ix_documents_sha256", "sha256"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    draft_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("drafts.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    slot: Mapped[int]
    # `Procedure.paper_key` of the paper it was handed in for, so that it finds its place in another version.
    paper: Mapped[str] = mapped_column(default="", server_default="")
    file_name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    uploaded_at: Mapped[datetime]


class Result(Base):
    """The result of a case: numbered in the transition, its PDF made by a worker afterwards."""

    __tablename__ = "results"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"))
    paper: Mapped[str]
    year: Mapped[int]
    number: Mapped[int]
    issued_on: Mapped[date]
    sha256: Mapped[str | None]
    size: Mapped[int | None]

    __table_args__ = (Index("uq_results_number", "agency_key", "paper", "year", "number", unique=True),)


class ResultCounter(Base):
    """The last number given at an agency for a kind of paper in a year."""

    __tablename__ = "result_counters"

    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"), primary_key=True)
    paper: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
