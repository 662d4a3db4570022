"""From a notice to the message that carries it: which channel, which words, and when."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from portal.base import links
from portal.gateways.messages import Channel
from portal.gateways.segments import folded, segments
from portal.notifications.models import (
    OPEN,
    ChannelStop,
    ContactPreference,
    Lane,
    Message,
    MessageState,
    Notice,
)
from portal.notifications.policy import Policy, chosen_channels, is_urgent, lane_of
from portal.notifications.texts import words_for
from services_catalog.phones import gets_messages

_A_DAY = timedelta(days=1)
# The furthest that something under way is put off, and that quiet hours put off what is new.
_FURTHEST, _A_NIGHT = timedelta(hours=2), timedelta(hours=13)
# Nobody wants to hear in the morning what was true the week before.
TOO_OLD = {Lane.URGENT: timedelta(hours=12), Lane.NORMAL: timedelta(days=2), Lane.BULK: timedelta(days=3)}


def plan(session: Session, notice_id: int, policy: Policy, now: datetime) -> Message | None:
    """The message by which a notice goes out, or None where it stays in the inbox alone. Twice makes it once."""
    notice = session.get(Notice, notice_id, with_for_update=True)
    if notice is None or session.scalar(select(Message.id).where(Message.notice_id == notice_id).limit(1)):
        return None
    preference = _preference(session, notice)
    addresses = addresses_of(notice, preference)
    channels = chosen_channels(policy, preference.channels if preference else None, addresses)
    channels = [channel for channel in channels if not _is_stopped(session, channel, addresses[channel])]
    if not channels:
        return None
    return _write(session, notice, preference, channels, policy, now)


def write(session: Session, notice: Notice, channels: list[Channel], policy: Policy, now: datetime) -> Message:
    """The message for the first of these channels; the rest is for where it fails."""
    return _write(session, notice, _preference(session, notice), channels, policy, now)


def _write(
    session: Session, notice: Notice, preference: ContactPreference | None, channels: list[Channel], policy: Policy,
    now: datetime,
) -> Message:  # fmt: skip
    first, *rest = channels
    language = preference.language if preference else "vi"
    address = addresses_of(notice, preference)[first]
    facts = {**notice.facts, "link": links.case(policy.base_url, notice.reference)}
    words = words_for(session, notice.purpose, first, language, facts, notice.text)
    text = words.text if first is not Channel.SMS or policy.sms_with_accents else folded(words.text)
    count = segments(text).parts if first is Channel.SMS else 1
    message = Message(
        key=f"n{notice.id}-{first}-{notice.created_at:%y%m%d%H%M%S}", notice_id=notice.id, case_id=notice.case_id,
        purpose=notice.purpose, channel=first, lane=lane_of(notice.purpose), address=address, subject=words.subject,
        text=text, template=policy.zalo_template if first is Channel.ZALO else "",
        params=words.params if first is Channel.ZALO else {}, rest=[channel.value for channel in rest],
        state=MessageState.WAITING, next_try_at=now, event_at=notice.created_at, created_at=now, parts=count,
        cost_vnd=count * policy.sms_price_vnd if first is Channel.SMS and policy.sms_price_vnd else None,
    )  # fmt: skip
    session.add(message)
    session.flush()
    _hold_back(session, message, policy, now)
    return message


def addresses_of(notice: Notice, preference: ContactPreference | None) -> dict[Channel, str]:
    """Where the person of a notice can be reached; what they have set themselves counts more than the form."""
    phone = notice.phone if notice.phone and gets_messages(notice.phone) else ""
    email = (preference.email if preference else None) or notice.email or ""
    return {Channel.ZALO: phone, Channel.SMS: phone, Channel.EMAIL: email}


def _hold_back(session: Session, message: Message, policy: Policy, now: datetime) -> None:
    """Quiet hours, too many in a day, and several of one case within a minute; what is urgent goes at once."""
    if _are_too_many(session, message, policy.most_a_day, now):
        end(message, MessageState.LIMITED, now, "quá số tin một ngày")
        return
    if is_urgent(message.purpose):
        return
    message.next_try_at = policy.quiet_until(now) or now
    before = session.scalars(_of_same_case(message, now - policy.merge_within).with_for_update()).all()
    for other in before:
        if other.state == MessageState.WAITING and other.tries == 0:  # what it says is overtaken by this one
            end(other, MessageState.MERGED, now, None)
    if sent := [other.created_at for other in before if other.state != MessageState.MERGED]:
        message.next_try_at = max(message.next_try_at, max(sent) + policy.merge_within)
    elif before:
        message.next_try_at = max(message.next_try_at, *(o.next_try_at or now for o in before))


def bring_back(session: Session, lanes: tuple[Lane, ...], now: datetime) -> None:
    """What a clock that was ahead has put off further than anything is ever put off is due now."""
    is_under_way = or_(Message.state != MessageState.WAITING, Message.tries > 0)
    too_far = or_(Message.next_try_at > now + _A_NIGHT, and_(is_under_way, Message.next_try_at > now + _FURTHEST))
    strays = update(Message).where(Message.state.in_(OPEN), Message.lane.in_(lanes), too_far)
    session.execute(strays.values(next_try_at=now).execution_options(synchronize_session=False))


def end(message: Message, state: MessageState, now: datetime, failure: str | None) -> None:
    """Nothing more is done for a message."""
    message.state, message.ended_at, message.next_try_at, message.failure = state, now, None, failure


def _of_same_case(message: Message, since: datetime):  # type: ignore[no-untyped-def]
    return select(Message).where(
        Message.case_id == message.case_id, Message.address == message.address, Message.channel == message.channel,
        Message.id < message.id, Message.created_at > since, Message.lane != Lane.URGENT,
    )  # fmt: skip


def _are_too_many(session: Session, message: Message, most: int, now: datetime) -> bool:
    """True if this is more than so many to the address within a day; no more of them are read than that."""
    same = select(Message.id).where(
        Message.address == message.address, Message.created_at > now - _A_DAY, Message.channel == message.channel
    )
    return session.scalar(same.offset(most).limit(1)) is not None


def _preference(session: Session, notice: Notice) -> ContactPreference | None:
    return session.get(ContactPreference, notice.recipient_id) if notice.recipient_id else None


def _is_stopped(session: Session, channel: Channel, address: str) -> bool:
    return session.get(ChannelStop, (channel.value, address)) is not None
