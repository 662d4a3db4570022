"""Writing notices in the transaction of their event. What carries them to phones is planned by a worker."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.notifications.compose import CaseFacts, text_of, values_of
from portal.notifications.models import Notice
from portal.notifications.policy import lane_of
from portal.outbox.actions import announce

__all__ = ["CaseFacts", "latest", "mark_read", "notify", "notify_staff", "unread_count"]


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
        email=facts.email,
        text=text,
        facts=values_of(event, facts),
        created_at=now,
    )
    session.add(notice)
    session.flush()
    announce(session, "notice.created", notice.id, now, lane=lane_of(event))


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


def latest(session: Session, account_id: int, *, limit: int = 50) -> list[Notice]:
    """The person's inbox, newest first."""
    query = select(Notice).where(Notice.recipient_id == account_id).order_by(Notice.id.desc()).limit(limit)
    return list(session.scalars(query))


def unread_count(session: Session, account_id: int) -> int:
    """How many notices of the inbox the person has not had before their eyes."""
    query = select(func.count()).where(Notice.recipient_id == account_id, Notice.read_at.is_(None))
    return session.scalar(query) or 0


def mark_read(session: Session, account_id: int, now: datetime) -> None:
    """The person has had the inbox before their eyes."""
    unread = update(Notice).where(Notice.recipient_id == account_id, Notice.read_at.is_(None))
    session.execute(unread.values(read_at=now))
