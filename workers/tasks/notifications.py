"""Sending notices."""

from sqlalchemy.orm import Session

from portal.base.clock import now
from portal.notifications.actions import deliver
from workers.context import Context
from workers.tasks.listener import listener


@listener("notifications.deliver_notice")
def deliver_notice(context: Context, session: Session, notice_id: int) -> None:
    """Send one notice."""
    deliver(session, notice_id, context.sms, now())
