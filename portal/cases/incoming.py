"""What comes from phones: the code of a case gets its status back, "dừng" ends messages, "nhận" begins them again.

By SMS only who is named in a case with this phone is told of it. Who writes by Zalo has no number that we know: they
name the case by both of its codes. Whoever asks too often is not answered.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
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
from portal.gateways.zalo.zbs import USER
from portal.notifications.log import CHANNEL_WORDS
from portal.notifications.models import ChannelStop, IncomingMessage, Lane, Message, MessageState
from portal.notifications.policy import Policy
from services_catalog.phones import phone_of
from services_catalog.text import fold

_MOST_AN_HOUR = 10
_HELP = {
    Channel.SMS: "Hãy nhắn mã hồ sơ, ví dụ H37.21-260310-0001, từ số điện thoại ghi trong hồ sơ.",
    Channel.ZALO: "Hãy nhắn mã hồ sơ và mã tra cứu (có trong giấy xác nhận nộp hồ sơ), ví dụ: "
    "H37.21-260310-0001 AB12CD34. Muốn thôi nhận tin, thêm chữ DUNG ở đầu.",
}
_NOT_FOUND = {
    Channel.SMS: "Không tìm thấy hồ sơ với mã và số điện thoại này.",
    Channel.ZALO: "Không tìm thấy hồ sơ với mã hồ sơ và mã tra cứu này.",
}
_STOP, _START = re.compile(r"^(dung|huy|stop)\b"), re.compile(r"^(nhan|bat|start)\b")


@dataclass(frozen=True)
class Asker:
    """Who has written: by SMS from a phone, or by Zalo as a user with this number there."""

    channel: Channel
    address: str


def phone_asker(phone: str) -> Asker | None:
    """Whoever has this phone; None where it is none."""
    address = phone_of(phone)
    return Asker(Channel.SMS, address) if address else None


def zalo_asker(user: str) -> Asker | None:
    """A user of Zalo; None where it is none."""
    return Asker(Channel.ZALO, f"{USER}{user}") if user.isascii() and user.isdecimal() and len(user) <= 40 else None


class Understood(StrEnum):
    """What was made of a message."""

    STATUS = "status"
    STOP = "stop"
    START = "start"
    UNKNOWN = "unknown"
    TOO_OFTEN = "too_often"


def take(
    session: Session, gateway: str, provider_id: str, asker: Asker | None, text: str, policy: Policy, now: datetime
) -> Understood | None:
    """Understand a message and write the answer to be sent; None where it is known already, or from nobody."""
    if asker is None:
        return None
    found = _understood(session, asker, text, now)
    row = insert(IncomingMessage).values(
        gateway=gateway, provider_id=provider_id, channel=asker.channel, address=asker.address, understood=found, at=now
    )
    is_new = session.execute(row.on_conflict_do_nothing().returning(IncomingMessage.id)).scalar_one_or_none()
    if is_new is None:
        return None
    answer = _answer(session, found, asker, text, now)
    if answer:
        is_plain = asker.channel is Channel.SMS and not policy.sms_with_accents
        session.add(Message(
            key=f"r{is_new}-{now:%y%m%d%H%M%S}", purpose="reply", channel=asker.channel, lane=Lane.NORMAL,
            address=asker.address, text=folded(answer) if is_plain else answer, state=MessageState.WAITING,
            next_try_at=now, event_at=now, created_at=now,
        ))  # fmt: skip
    return found


def _understood(session: Session, asker: Asker, text: str, now: datetime) -> Understood:
    recent = select(func.count()).where(
        IncomingMessage.address == asker.address, IncomingMessage.at > now - timedelta(hours=1)
    )
    if (session.scalar(recent) or 0) >= _MOST_AN_HOUR:
        return Understood.TOO_OFTEN
    plain = fold(text).strip()
    if _STOP.match(plain):
        return Understood.STOP
    if _START.match(plain):
        return Understood.START
    return Understood.STATUS if mentioned(text) else Understood.UNKNOWN


def _answer(session: Session, found: Understood, asker: Asker, text: str, now: datetime) -> str:
    if found in (Understood.STOP, Understood.START):
        # Template messages go by phone: by Zalo the case tells whose.
        case = _case_of(session, asker, text) if asker.channel is Channel.ZALO else None
        address = case.contact_phone if case else asker.address if asker.channel is Channel.SMS else None
        return _stop_or_start(session, found, asker.channel, address, now) if address else _HELP[asker.channel]
    if found is Understood.STATUS:
        return _status(_case_of(session, asker, text), asker)
    return _HELP[asker.channel] if found is Understood.UNKNOWN else ""


def _stop_or_start(session: Session, found: Understood, channel: Channel, address: str, now: datetime) -> str:
    way = CHANNEL_WORDS[channel] if channel is Channel.ZALO else "nhắn"
    if found is Understood.STOP:
        stop = insert(ChannelStop).values(channel=channel, address=address, since=now)
        session.execute(stop.on_conflict_do_nothing())
        return f"Bạn sẽ không nhận tin {way} về hồ sơ nữa. Nhắn NHAN để nhận lại."
    if stopped := session.get(ChannelStop, (channel.value, address)):
        session.delete(stopped)
        session.flush()
    return f"Bạn sẽ nhận tin {way} về hồ sơ. Nhắn DUNG để thôi nhận."


def _case_of(session: Session, asker: Asker, text: str) -> Case | None:
    """The case that is written of, if the asker may be told of it."""
    query = select(Case).where(Case.reference == (mentioned(text) or ""))
    if asker.channel is Channel.SMS:
        return session.scalar(
            query.where(Case.id.in_(select(CasePerson.case_id).where(CasePerson.phone == asker.address)))
        )
    case = session.scalar(query)
    words = [word.strip(".,;:").upper().encode() for word in text.split()]
    secret = case.lookup_code.encode() if case else b""
    return case if any([hmac.compare_digest(word, secret) for word in words]) else None


def _status(case: Case | None, asker: Asker) -> str:
    if case is None:
        return _NOT_FOUND[asker.channel]
    due = f", hẹn trả {short_when(case.due_at)}" if case.due_at else ""
    return f"Hồ sơ {case.reference}: {STATE_NAMES[State(case.state)].lower()}{due}."
