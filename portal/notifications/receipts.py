"""What gateways report of messages, and what follows: the end, or the same by the next channel."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.gateways.messages import Channel, Fate
from portal.notifications import planning
from portal.notifications.models import OPEN, Message, MessageState, Notice
from portal.notifications.policy import Policy


def receive_receipt(session: Session, channel: str, gateway: str, provider_id: str, key: str | None, fate: Fate,
                    policy: Policy, now: datetime) -> bool:  # fmt: skip
    """Note what a gateway says of a message; False where it is unknown. Twice or in the wrong order is harmless."""
    known = [Message.provider_id == provider_id] if provider_id else []
    known += [Message.key == key] if key else []
    query = select(Message).where(Message.channel == channel, or_(*known)) if known else None
    message = session.scalar(query.with_for_update()) if query is not None else None
    if message is None:
        return False
    message.gateway, message.provider_id = message.gateway or gateway, message.provider_id or provider_id or None
    settle(session, message, fate, policy, now)
    return True


def fall_back(session: Session, message: Message, policy: Policy, now: datetime) -> Message | None:
    """The same by the next channel, where the person has one."""
    notice = session.get(Notice, message.notice_id) if message.notice_id else None
    if notice is None or not message.rest:
        return None
    channels = [Channel(name) for name in message.rest]
    message.rest = []
    return planning.write(session, notice, channels, policy, now)


def settle(session: Session, message: Message, fate: Fate, policy: Policy, now: datetime) -> None:
    """What a receipt means: delivered is the last word; failed is one only where nothing better is known."""
    if fate is Fate.DELIVERED and message.state != MessageState.DELIVERED:
        message.delivered_at, message.sent_at = now, message.sent_at or now
        planning.end(message, MessageState.DELIVERED, now, None)
        _call_off(session, message, now)
    elif fate is Fate.FAILED and message.state in OPEN:
        planning.end(message, MessageState.FAILED, now, "nhà mạng báo không gửi được")
        fall_back(session, message, policy, now)
    elif fate is Fate.ACCEPTED and message.state in (MessageState.SENDING, MessageState.UNCLEAR):
        wait_for_receipt(message, policy, now)


def _call_off(session: Session, message: Message, now: datetime) -> None:
    """It has arrived after all: what was written for the next channel and is not sent yet is not needed."""
    others = select(Message).where(
        Message.notice_id == message.notice_id, Message.id > message.id, Message.state == MessageState.WAITING,
        Message.tries == 0, Message.repeats_id.is_(None),
    )  # fmt: skip
    if message.notice_id is not None:
        for other in session.scalars(others.with_for_update(skip_locked=True)):
            planning.end(other, MessageState.MERGED, now, None)


def wait_for_receipt(message: Message, policy: Policy, now: datetime) -> None:
    """It may be there: sending it again could double it, so the receipt decides, or its absence the next channel."""
    message.state, message.sent_at = MessageState.SENT, message.sent_at or now
    message.next_try_at = now + policy.receipt_wait(message.channel)
