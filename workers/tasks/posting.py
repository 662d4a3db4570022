"""Orders to carriers."""

from portal.base.clock import now
from portal.posting.actions import carry_due
from workers.context import Context
from workers.tasks.timed import timed


@timed("posting.carry")
def carry(context: Context) -> None:
    """Hand orders over and see how far they are."""
    if context.post is not None:
        carry_due(context.database, context.post, now)
