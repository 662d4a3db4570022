"""Housekeeping of the outbox."""

from __future__ import annotations

from collections.abc import Iterable

from celery import current_app, shared_task

from portal.base.clock import now
from portal.outbox.actions import Task, due
from workers.context import current


def send(tasks: Iterable[Task]) -> None:
    """Put deliveries in the broker."""
    for listener, delivery_id in tasks:
        current_app.send_task(listener, args=[delivery_id])


@shared_task(name="outbox.resend_due")
def resend_due() -> None:
    """Send again the deliveries that failed or whose task was lost."""
    with current().database.unit_of_work() as session:
        tasks = due(session, now())
    send(tasks)
