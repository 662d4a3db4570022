"""Housekeeping of what was asked and is over: requests of other systems, codes by SMS."""

from portal.base.clock import now
from portal.cases import following
from portal.identity.partners import forget_keys
from workers.context import Context
from workers.tasks.timed import timed


@timed("identity.forget_keys")
def forget_old_keys(context: Context) -> None:
    """Forget requests that nobody repeats any more."""
    with context.database.unit_of_work() as session:
        forget_keys(session, now())
        following.forget_old(session, now())
