"""Housekeeping of the outbox."""

from __future__ import annotations

from celery import current_app, shared_task

from portal.base.clock import now
from portal.outbox.actions import resend_due as resend
from workers.context import current


def send(task: str, delivery_id: int) -> None:
    """Put a delivery in the broker."""
    current_app.send_task(task, args=[delivery_id])


@shared_task(name="outbox.resend_due")
def resend_due() -> None:
    """Send again the deliveries that failed or whose task was lost."""
    with current().database.unit_of_work() as session:
        resend(session, send, now())
