"""Sending messages."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from portal.base.clock import now
from portal.cases import following
from portal.gateways.messages import Channel
from portal.notifications import planning, routes, sending
from portal.notifications.models import Lane, Message
from workers.context import Context
from workers.tasks.listener import listener
from workers.tasks.timed import timed

# A pump rests after so long, so that whoever stops the worker does not wait.
_SECONDS, _MOST = 20.0, 500


@listener("notifications.deliver_notice")
def deliver_notice(context: Context, session: Session, notice_id: int) -> Callable[[], None] | None:
    """Plan the message of a notice, and send it where its time has come."""
    return _claimed(context, session, planning.plan(session, notice_id, context.sender.policy, now()))


@listener("notifications.send_code")
def send_code(context: Context, session: Session, code_id: int) -> Callable[[], None] | None:
    """Send the code for following a case."""
    is_ready = Channel.SMS in context.sender.routes.channels()
    return _claimed(context, session, following.plan(session, code_id, is_ready, now()))


@timed("notifications.send_due")
def send_due(context: Context) -> None:
    """Try again, ask about, or take by another way what is due: of everything but bulk."""
    sending.pump(context.sender, (Lane.URGENT, Lane.NORMAL), most=_MOST, seconds=_SECONDS)


@timed("notifications.send_bulk")
def send_bulk(context: Context) -> None:
    """The same for bulk, in the queue that has processes of its own."""
    sending.pump(context.sender, (Lane.BULK,), most=_MOST, seconds=_SECONDS)


@timed("notifications.measure")
def measure(context: Context) -> None:
    """Look at how the gateways do."""
    with context.database.unit_of_work() as session:
        routes.measure(session, context.sender.routes, now())


@timed("notifications.renew_tokens")
def renew_tokens(context: Context) -> None:
    """Renew tokens before they end, so that an account without messages does not lose them."""
    for _, _, gateway, _ in context.sender.routes.every():
        if hasattr(gateway, "renew_if_due"):
            gateway.renew_if_due()


def _claimed(context: Context, session: Session, message: Message | None) -> Callable[[], None] | None:
    """Take the message in the transaction that wrote it; it is sent after the commit."""
    claimed = sending.claim(session, context.sender, now(), message_id=message.id) if message is not None else None
    return (lambda: sending.send(context.sender, claimed)) if claimed is not None else None
