"""Keeping the live catalogue up with the calendar."""

from celery import shared_task

from portal.base.clock import now
from portal.publishing.in_force import put_in_force
from workers.context import current


@shared_task(name="publishing.put_in_force")
def put_versions_in_force() -> None:
    """Publish versions whose day has come."""
    with current().database.unit_of_work() as session:
        put_in_force(session, now())
