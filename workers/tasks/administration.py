"""Keeping units up with the calendar."""

from portal.administration.units import end_those_over
from portal.base.clock import now
from workers.context import Context
from workers.tasks.timed import timed


@timed("administration.end_units")
def end_units(context: Context) -> None:
    """End the units whose last day is over."""
    with context.database.unit_of_work() as session:
        end_those_over(session, now())
