"""What became of messages: a list to search, each with its tries, figures of the channels, sending again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from portal.base.errors import Invalid, NotFound, Refusal
from portal.identity.actor import Actor
from portal.notifications.models import OPEN, GatewayHealth, Lane, Message, MessageState, MessageTry, SealedToken
from services_catalog.text import nfc

STATE_WORDS = {
    MessageState.WAITING: "Chờ gửi",
    MessageState.SENDING: "Đang gửi",
    MessageState.UNCLEAR: "Chưa rõ đã gửi",
    MessageState.SENT: "Đã gửi, chờ xác nhận",
    MessageState.DELIVERED: "Đã đến",
    MessageState.UNCONFIRMED: "Đã gửi, không có xác nhận",
    MessageState.FAILED: "Không gửi được",
    MessageState.MERGED: "Gộp vào tin sau",
    MessageState.LIMITED: "Quá số tin một ngày",
    MessageState.STOPPED: "Người nhận đã thôi nhận",
}
CHANNEL_WORDS = {"zalo": "Zalo", "sms": "SMS", "email": "Thư điện tử"}
LANE_WORDS = {Lane.URGENT: "khẩn", Lane.NORMAL: "thường", Lane.BULK: "hàng loạt"}
# How old the oldest waiting message of a lane may be before somebody is to look.
ALARM_AFTER = {Lane.URGENT: timedelta(seconds=60), Lane.NORMAL: timedelta(minutes=5), Lane.BULK: timedelta(hours=2)}
_COPIED = ("notice_id", "case_id", "purpose", "channel", "address", "subject", "text", "template", "params", "parts",
           "cost_vnd")  # fmt: skip
_ENDED = frozenset(MessageState) - set(OPEN)


@dataclass(frozen=True)
class ChannelFigures:
    """Of one channel since some moment. Seconds are from the event to the gateway; None where nothing was sent."""

    channel: str
    written: int
    sent: int
    delivered: int
    failed: int
    median_seconds: float | None
    slow_seconds: float | None
    cost_vnd: int


def messages(
    session: Session, *, channel: str = "", state: str = "", case_id: int | None = None, address: str = "",
    before: int | None = None, limit: int = 50,
) -> Sequence[Message]:  # fmt: skip
    """Messages that fit, the newest first; `before` is the number of one."""
    query = select(Message).order_by(Message.id.desc()).limit(limit)
    wanted = (
        (Message.channel, channel),
        (Message.state, state),
        (Message.case_id, case_id),
        (Message.address, address),
    )
    for column, value in wanted:
        query = query.where(column == value) if value not in ("", None) else query
    return session.scalars(query.where(Message.id < before) if before is not None else query).all()


def message(session: Session, message_id: int) -> Message:
    """One message. Raises `NotFound`."""
    found = session.get(Message, message_id)
    if found is None:
        raise NotFound("Không tìm thấy tin này.")
    return found


def tries_of(session: Session, message_id: int) -> Sequence[MessageTry]:
    """Every try, the first first."""
    return session.scalars(select(MessageTry).where(MessageTry.message_id == message_id).order_by(MessageTry.id)).all()


def of_case(session: Session, case_id: int) -> Sequence[Message]:
    """By which way the people of a case were told, the newest first; codes aside."""
    query = select(Message).where(Message.case_id == case_id, Message.code_id.is_(None))
    return session.scalars(query.order_by(Message.id.desc()).limit(50)).all()


def send_again(session: Session, message_id: int, reason: str, *, by: Actor, now: datetime) -> Message:
    """Send a message once more, under another key. Raises `NotFound`, `Invalid`, `Refusal` while it is under way."""
    old = session.get(Message, message_id, with_for_update=True)
    if old is None or old.code_id is not None:
        raise NotFound("Không tìm thấy tin này, hoặc là mã một lần: người dân tự xin mã mới.")
    if old.state not in _ENDED:
        raise Refusal("under_way", "Tin đang được gửi. Hãy chờ kết quả.")
    if not (reason := nfc(reason)) or len(reason) > 500:
        raise Invalid({"reason": "Hãy nêu lý do gửi lại."})
    count = session.scalar(select(func.count()).where(Message.repeats_id == old.id)) or 0
    copied = {name: getattr(old, name) for name in _COPIED}
    again = Message(key=f"{old.key}-{count + 2}", lane=Lane.NORMAL, rest=[], state=MessageState.WAITING,
                    next_try_at=now, event_at=now, created_at=now, repeats_id=old.id, repeated_by=by.account_id,
                    repeat_reason=reason, **copied)  # fmt: skip
    session.add(again)
    session.flush()
    return again


def consents(session: Session) -> Sequence[SealedToken]:
    """The accounts at providers that have given tokens; what the tokens are stays sealed."""
    return session.scalars(select(SealedToken).order_by(SealedToken.name)).all()


def figures(session: Session, since: datetime) -> list[ChannelFigures]:
    """Of each channel what was written since, and what became of it."""
    took = func.extract("epoch", Message.sent_at - Message.event_at)
    # Held back for the night or for another one is not slow.
    first = case((Message.tries <= 1, took))
    query = select(
        Message.channel, func.count(), func.count(Message.sent_at), func.count(Message.delivered_at),
        func.sum(case((Message.state == MessageState.FAILED, 1), else_=0)),
        func.percentile_cont(0.5).within_group(first), func.percentile_cont(0.95).within_group(first),
        func.coalesce(func.sum(case((Message.sent_at.is_not(None), Message.cost_vnd))), 0),
    ).where(Message.created_at > since).group_by(Message.channel).order_by(Message.channel)  # fmt: skip
    rows = session.execute(query)
    return [ChannelFigures(r[0], int(r[1]), int(r[2]), int(r[3]), int(r[4]), r[5], r[6], int(r[7])) for r in rows]


def lane_ages(session: Session, now: datetime) -> dict[Lane, tuple[int, timedelta]]:
    """Of each lane how many messages are due and not sent, and for how long the oldest of them."""
    query = select(Message.lane, func.count(), func.min(Message.next_try_at)).where(
        Message.state == MessageState.WAITING, Message.next_try_at <= now
    )
    rows = session.execute(query.group_by(Message.lane))
    found = {Lane(lane): (count, now - (oldest or now)) for lane, count, oldest in rows}
    return {lane: found.get(lane, (0, timedelta())) for lane in Lane}


def alarms(session: Session, now: datetime) -> list[str]:
    """What somebody should look at, in sentences."""
    found = [
        f"Tin {LANE_WORDS[lane]} chờ gửi đã {int(age.total_seconds() // 60)} phút ({count} tin)."
        for lane, (count, age) in lane_ages(session, now).items() if age > ALARM_AFTER[lane]
    ]  # fmt: skip
    closed = session.scalars(select(GatewayHealth).where(GatewayHealth.closed_until > now).order_by(GatewayHealth.name))
    return found + [f"Cổng {row.name} đang tạm ngắt: {row.reason}." for row in closed]


def health(session: Session) -> Sequence[GatewayHealth]:
    """How each gateway does."""
    return session.scalars(select(GatewayHealth).order_by(GatewayHealth.name)).all()
