"""Rows of the outbox."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class OutboxMessage(Base):
    """Something that happened to `subject_id`; workers listen to `topic`. Carries no personal data."""

    __tablename__ = "outbox_messages"
    __table_args__ = (
        Index("ix_outbox_messages_waiting", "lane", "id", postgresql_where="relayed_at IS NULL"),
        Index("ix_outbox_messages_subject", "subject_id", "topic"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    topic: Mapped[str]
    subject_id: Mapped[int]
    lane: Mapped[int] = mapped_column(SmallInteger, default=1, server_default="1")
    created_at: Mapped[datetime]
    relayed_at: Mapped[datetime | None]


class Tick(Base):
    """When an entry of the timetable ran last."""

    __tablename__ = "ticks"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    # Seconds between two runs.
    every: Mapped[int]


class OutboxDelivery(Base):
    """One message to one listener: done exactly once, however often the broker hands it out.

    `next_try_at`: when it is to be sent (again) unless it is done by then.
    """

    __tablename__ = "outbox_deliveries"
    __table_args__ = (
        UniqueConstraint("message_id", "listener", name="uq_outbox_deliveries_message_listener"),
        Index("ix_outbox_deliveries_open", "next_try_at", postgresql_where="done_at IS NULL AND parked_at IS NULL"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("outbox_messages.id"))
    listener: Mapped[str]
    next_try_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    # Given up after `MOST_TRIES`: a person looks at it and has it tried again.
    parked_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
