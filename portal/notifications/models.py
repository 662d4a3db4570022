"""Rows of notices."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class Notice(Base):
    """One thing to tell one person. The portal's own inbox shows it whatever becomes of the SMS."""

    __tablename__ = "notices"
    __table_args__ = (
        Index(
            "uq_notices_once", "event_id", "recipient_id", "purpose", unique=True, postgresql_nulls_not_distinct=True
        ),
        Index("ix_notices_recipient", "recipient_id", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("case_events.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    # None: somebody without an account here, who is told by SMS alone.
    recipient_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    reference: Mapped[str]
    purpose: Mapped[str]
    phone: Mapped[str | None]
    text: Mapped[str]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    failure: Mapped[str | None]
