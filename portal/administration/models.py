"""Rows of administration."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class AuditEntry(Base):
    """One thing that was changed in administration, kept for ever: the database refuses to change or delete it."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject", "subject_key", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    # What kind of thing was changed, and which: an agency by its key, an account by its login.
    subject: Mapped[str]
    subject_key: Mapped[str]
    what: Mapped[str]
    details: Mapped[dict[str, Any]]
