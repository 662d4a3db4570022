"""Keeping the live catalogue up with the calendar."""

from portal.base.clock import now
from portal.publishing.in_force import put_in_force
from workers.context import Context
from workers.tasks.timed import timed


@timed("publishing.put_in_force")
def put_versions_in_force(context: Context) -> None:
    """Publish versions whose day has come."""
    with context.database.unit_of_work() as session:
        put_in_force(session, now())
