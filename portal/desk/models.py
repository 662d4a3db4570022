"""Rows of what staff work with beside the cases."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class SavedView(Base):
    """Filters of a queue that a person comes back to. `wanted` are those of `portal.desk.wanted`, text included."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("account_id", "name", name="uq_saved_views_name"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str]
    queue: Mapped[str]
    wanted: Mapped[dict[str, Any]]
    columns: Mapped[list[str]] = mapped_column(ARRAY(Text))
    made_at: Mapped[datetime]


class PaperKind(StrEnum):
    """How a paper was handed in (mẫu 01)."""

    ORIGINAL = "original"
    CERTIFIED = "certified"
    COPY = "copy"


class Verdict(StrEnum):
    """What the officer found of a paper."""

    ACCEPTED = "accepted"
    TO_CORRECT = "to_correct"


class PaperCheck(Base):
    """What the officer ticked of one paper of a case: its kind, its sheets, whether it is right."""

    __tablename__ = "paper_checks"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str | None]
    sheets: Mapped[int | None]
    verdict: Mapped[str | None]
    # Why it is to be corrected, as the applicant will read it.
    reason: Mapped[str | None]
    checked_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    checked_at: Mapped[datetime]


class StaffNote(Base):
    """What officers write to each other about a case. The applicant never sees it."""

    __tablename__ = "staff_notes"
    __table_args__ = (Index("ix_staff_notes_case", "case_id", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    text: Mapped[str]
    mentioned: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    at: Mapped[datetime]


class CaseLook(Base):
    """When a member of staff last had a case on the screen, and which version of it they saw."""

    __tablename__ = "case_looks"
    __table_args__ = (Index("ix_case_looks_last", "case_id", "last_at"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    version: Mapped[int]
    last_at: Mapped[datetime]


class Reason(Base):
    """A reason in ready words, of the province (no agency) or of one agency."""

    __tablename__ = "reasons"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    agency_key: Mapped[str | None] = mapped_column(ForeignKey("agencies.key"), index=True)
    kind: Mapped[str]
    text: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")
