"""Reads of the outbox."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.outbox.models import OutboxDelivery, OutboxMessage

_MANY_TRIES = 5


def backlog(session: Session) -> dict[str, int]:
    """How many messages wait for the relay, and how many deliveries are not done or keep failing."""
    return {
        "waiting": session.scalar(select(func.count()).where(OutboxMessage.relayed_at.is_(None))) or 0,
        "failing": session.scalar(
            select(func.count()).where(OutboxDelivery.done_at.is_(None), OutboxDelivery.attempts >= _MANY_TRIES)
        )
        or 0,
        "open": session.scalar(select(func.count()).where(OutboxDelivery.done_at.is_(None))) or 0,
    }
