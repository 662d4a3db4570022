"""Papers between agencies."""

from portal.base.clock import now
from portal.exchange import actions
from workers.context import Context
from workers.tasks.timed import timed


@timed("exchange.hand_over")
def hand_over(context: Context) -> None:
    """Hand packages and statuses over to the axis."""
    if context.axis is not None:
        actions.hand_over_due(context.database, context.axis, context.storage, now)


@timed("exchange.take_in")
def take_in(context: Context) -> None:
    """Keep what other agencies have sent."""
    if context.axis is not None:
        actions.take_in(context.database, context.axis, context.storage, now, context.scanner)
