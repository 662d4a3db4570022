"""Reads of the outbox."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.outbox.models import OutboxDelivery, OutboxMessage


def backlog(session: Session) -> dict[str, int]:
    """How many messages wait for the relay, and how many deliveries are not done."""
    return {
        "waiting": session.scalar(select(func.count()).where(OutboxMessage.relayed_at.is_(None))) or 0,
        "open": session.scalar(select(func.count()).where(OutboxDelivery.done_at.is_(None))) or 0,
    }
