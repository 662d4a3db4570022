"""Writing notices in the transaction of their event, and sending each once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.gateways.sms import Sms, SmsGateway, SmsRejected
from portal.notifications.compose import CaseFacts, text_of
from portal.notifications.models import Notice
from portal.outbox.actions import announce

__all__ = ["CaseFacts", "deliver", "latest", "notify", "notify_staff"]


def notify(session: Session, event: str, event_id: int, facts: CaseFacts, now: datetime) -> None:
    """Write the notices that an event causes, with the outbox message that has them sent."""
    text = text_of(event, facts)
    if text is None:
        return
    notice = Notice(
        event_id=event_id,
        case_id=facts.case_id,
        recipient_id=facts.applicant_id,
        reference=facts.reference,
        purpose=event,
        phone=facts.phone,
        text=text,
        created_at=now,
    )
    session.add(notice)
    session.flush()
    announce(session, "notice.created", notice.id, now)


def notify_staff(
    session: Session, purpose: str, event_id: int, case_id: int, reference: str, recipients: Collection[int],
    text: str, now: datetime,
) -> None:  # fmt: skip
    """Put a notice of an event into the portal's inbox of each recipient; once each, and by no other way."""
    session.add_all(
        Notice(event_id=event_id, case_id=case_id, recipient_id=account_id, reference=reference, purpose=purpose,
               phone=None, text=text, created_at=now)
        for account_id in sorted(recipients)
    )  # fmt: skip
    session.flush()


def deliver(session: Session, notice_id: int, gateway: SmsGateway | None, now: datetime) -> None:
    """Send one notice by SMS unless it is sent, refused, without a phone, or there is no gateway.

    Raises `SmsFailed` when another try may help. The request id is the notice's own, so a gateway
    that honours it drops the double that a crash between sending and commit can make. It has the time of the notice,
    because a restored database may give its number to another one.
    """
    waiting = select(Notice.phone, Notice.text, Notice.created_at).where(
        Notice.id == notice_id, Notice.sent_at.is_(None), Notice.failed_at.is_(None), Notice.phone.is_not(None)
    )
    notice = session.execute(waiting.with_for_update()).one_or_none()
    if notice is None or gateway is None:
        return
    outcome: dict[str, object] = {"sent_at": now}
    try:
        gateway.send(
            Sms(request_id=f"notice-{notice_id}-{notice.created_at:%y%m%d%H%M%S}", phone=notice.phone, text=notice.text)
        )
    except SmsRejected as refusal:
        outcome = {"failed_at": now, "failure": str(refusal)}
    session.execute(update(Notice).where(Notice.id == notice_id).values(**outcome))


def latest(session: Session, account_id: int, *, limit: int = 50) -> list[Notice]:
    """The person's inbox, newest first."""
    query = select(Notice).where(Notice.recipient_id == account_id).order_by(Notice.id.desc()).limit(limit)
    return list(session.scalars(query))
