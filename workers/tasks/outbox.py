"""Housekeeping of the outbox."""

from __future__ import annotations

from collections.abc import Iterable

from celery import current_app

from portal.base.clock import now
from portal.outbox.actions import BULK, NORMAL, URGENT, Task, due
from workers.context import Context
from workers.tasks.timed import timed

# Each lane has a queue; what is in the first is taken before what is in the second, and bulk has processes of its own.
QUEUES = {URGENT: "urgent", NORMAL: "celery", BULK: "bulk"}


def send(tasks: Iterable[Task]) -> None:
    """Put deliveries in the broker."""
    for listener, delivery_id, lane in tasks:
        current_app.send_task(listener, args=[delivery_id], queue=QUEUES[lane])


@timed("outbox.resend_due")
def resend_due(context: Context) -> None:
    """Send again the deliveries that failed or whose task was lost."""
    with context.database.unit_of_work() as session:
        tasks = due(session, now())
    send(tasks)
