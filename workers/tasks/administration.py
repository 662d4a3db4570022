"""Keeping units up with the calendar."""

from portal.administration.units import keep_days
from portal.base.clock import now
from workers.context import Context
from workers.tasks.timed import timed


@timed("administration.end_units")
def end_units(context: Context) -> None:
    """Begin and end units on their days."""
    with context.database.unit_of_work() as session:
        keep_days(session, now())
