"""Reads of the outbox."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.outbox.models import OutboxDelivery, OutboxMessage

_MANY_TRIES = 5


@dataclass(frozen=True)
class Troubled:
    """Work that keeps failing or is parked."""

    delivery_id: int
    listener: str
    topic: str
    subject_id: int
    attempts: int
    last_error: str | None
    next_try_at: datetime
    is_parked: bool


def troubled(session: Session, *, limit: int = 100) -> list[Troubled]:
    """What an operator should look at, the longest waiting first."""
    delivery = OutboxDelivery
    query = (
        select(delivery, OutboxMessage)
        .join(OutboxMessage, OutboxMessage.id == delivery.message_id)
        .where(delivery.done_at.is_(None), delivery.attempts >= _MANY_TRIES)
        .order_by(delivery.id)
        .limit(limit)
    )
    return [
        Troubled(row.id, row.listener, message.topic, message.subject_id, row.attempts, row.last_error,
                 row.next_try_at, row.parked_at is not None)
        for row, message in session.execute(query)
    ]  # fmt: skip


def has_open_work(topics: Collection[str]) -> Any:
    """For a query of subjects: a function of the subject's id column, true if work of these topics is under way."""

    def under_way(subject_id: Any) -> Any:
        waiting = OutboxMessage.relayed_at.is_(None)
        open_delivery = select(OutboxDelivery.id).where(
            OutboxDelivery.message_id == OutboxMessage.id, OutboxDelivery.done_at.is_(None)
        )
        return (
            select(OutboxMessage.id)
            .where(
                OutboxMessage.subject_id == subject_id,
                OutboxMessage.topic.in_(topics),
                or_(waiting, open_delivery.exists()),
            )
            .exists()
        )

    return under_way


def backlog(session: Session) -> dict[str, int]:
    """How many messages wait for the relay, and how many deliveries are not done or keep failing."""
    return {
        "waiting": session.scalar(select(func.count()).where(OutboxMessage.relayed_at.is_(None))) or 0,
        "failing": session.scalar(
            select(func.count()).where(OutboxDelivery.done_at.is_(None), OutboxDelivery.attempts >= _MANY_TRIES)
        )
        or 0,
        "parked": session.scalar(select(func.count()).where(OutboxDelivery.parked_at.is_not(None))) or 0,
        "open": session.scalar(select(func.count()).where(OutboxDelivery.done_at.is_(None))) or 0,
    }
