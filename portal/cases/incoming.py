"""What comes from phones: the code of a case gets its status back, "dừng" ends messages, "nhận" begins them again.

Only who is named in a case with this phone is told of it. Whoever asks too often is not answered.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.base.words import short_when
from portal.cases.lifecycle import State
from portal.cases.models import Case, CasePerson
from portal.cases.references import mentioned
from portal.cases.words import STATE_NAMES
from portal.gateways.messages import Channel
from portal.gateways.segments import folded
from portal.notifications.models import ChannelStop, IncomingMessage, Lane, Message, MessageState
from portal.notifications.policy import Policy
from services_catalog.phones import phone_of
from services_catalog.text import fold

_MOST_AN_HOUR = 10
_HELP = "Hãy nhắn mã hồ sơ, ví dụ H37.21-260310-0001, từ số điện thoại ghi trong hồ sơ."
_STOP, _START = re.compile(r"^(dung|huy|stop)\b"), re.compile(r"^(nhan|bat|start)\b")


class Understood(StrEnum):
    """What was made of a message."""

    STATUS = "status"
    STOP = "stop"
    START = "start"
    UNKNOWN = "unknown"
    TOO_OFTEN = "too_often"


def take(
    session: Session, gateway: str, provider_id: str, phone: str, text: str, policy: Policy, now: datetime
) -> Understood | None:
    """Understand a message and write the answer to be sent; None where it is known already, or from no phone."""
    address = phone_of(phone)
    if address is None:
        return None
    found = _understood(session, address, text, now)
    row = insert(IncomingMessage).values(
        gateway=gateway, provider_id=provider_id, channel=Channel.SMS, address=address, understood=found, at=now
    )
    is_new = session.execute(row.on_conflict_do_nothing().returning(IncomingMessage.id)).scalar_one_or_none()
    if is_new is None:
        return None
    answer = _answer(session, found, address, text, now)
    if answer:
        session.add(Message(
            key=f"r{is_new}-{now:%y%m%d%H%M%S}", purpose="reply", channel=Channel.SMS, lane=Lane.NORMAL,
            address=address,
            text=answer if policy.sms_with_accents else folded(answer), state=MessageState.WAITING, next_try_at=now,
            event_at=now, created_at=now,
        ))  # fmt: skip
    return found


def _understood(session: Session, address: str, text: str, now: datetime) -> Understood:
    recent = select(func.count()).where(
        IncomingMessage.address == address, IncomingMessage.at > now - timedelta(hours=1)
    )
    if (session.scalar(recent) or 0) >= _MOST_AN_HOUR:
        return Understood.TOO_OFTEN
    plain = fold(text).strip()
    if _STOP.match(plain):
        return Understood.STOP
    if _START.match(plain):
        return Understood.START
    return Understood.STATUS if mentioned(text) else Understood.UNKNOWN


def _answer(session: Session, found: Understood, address: str, text: str, now: datetime) -> str:
    if found is Understood.STOP:
        stop = insert(ChannelStop).values(channel=Channel.SMS, address=address, since=now)
        session.execute(stop.on_conflict_do_nothing())
        return "Bạn sẽ không nhận tin nhắn về hồ sơ nữa. Nhắn NHAN để nhận lại."
    if found is Understood.START:
        if stopped := session.get(ChannelStop, (Channel.SMS.value, address)):
            session.delete(stopped)
            session.flush()
        return "Bạn sẽ nhận tin nhắn về hồ sơ. Nhắn DUNG để thôi nhận."
    if found is Understood.STATUS:
        return _status(session, address, mentioned(text) or "")
    return _HELP if found is Understood.UNKNOWN else ""


def _status(session: Session, address: str, reference: str) -> str:
    named = select(CasePerson.case_id).where(CasePerson.phone == address)
    case = session.scalar(select(Case).where(Case.reference == reference, Case.id.in_(named)))
    if case is None:
        return "Không tìm thấy hồ sơ với mã và số điện thoại này."
    due = f", hẹn trả {short_when(case.due_at)}" if case.due_at else ""
    return f"Hồ sơ {case.reference}: {STATE_NAMES[State(case.state)].lower()}{due}."
