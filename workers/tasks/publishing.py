"""Keeping the live catalogue up with the calendar."""

from celery import shared_task

from portal.base.clock import now
from portal.publishing.actions import publish_and_record
from workers.context import current


@shared_task(name="publishing.publish_in_force")
def publish_in_force() -> None:
    """Publish versions whose day has come."""
    with current().database.unit_of_work() as session:
        publish_and_record(session, now())
