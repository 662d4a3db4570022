"""Sending notices."""

from sqlalchemy.orm import Session

from portal.base.clock import now
from portal.cases import following
from portal.notifications.actions import deliver
from workers.context import Context
from workers.tasks.listener import listener


@listener("notifications.deliver_notice")
def deliver_notice(context: Context, session: Session, notice_id: int) -> None:
    """Send one notice."""
    deliver(session, notice_id, context.sms, now())


@listener("notifications.send_code")
def send_code(context: Context, session: Session, code_id: int) -> None:
    """Send the code for following a case."""
    following.send(session, code_id, context.sms, context.settings.secret_key, now())
