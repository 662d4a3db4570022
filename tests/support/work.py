"""Work of the outbox that goes wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.outbox import actions as outbox
from portal.outbox.models import OutboxDelivery


def fail_until_parked(session: Session, delivery_id: int, now: datetime, error: str | None = "ValueError") -> int:
    """Have a delivery fail each time it is sent; None: it never reports. Returns how often it was sent."""
    for sent in range(1, 100):
        if error:
            outbox.note_failure(session, delivery_id, error, now)
        now += timedelta(hours=1)
        outbox.due(session, now)
        session.flush()
        if session.get_one(OutboxDelivery, delivery_id, populate_existing=True).parked_at:
            return sent
    raise AssertionError("never parked")
