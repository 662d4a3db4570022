"""Handing messages to gateways, each once: claimed in one transaction, sent outside of any, recorded in another.

Whoever dies between claiming and recording leaves a message `sending`; when its lease is over it is taken for unclear:
the gateway is asked, and only where it surely has not got the message is it sent again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.db import Database
from portal.base.logs import logger
from portal.gateways.messages import (
    Accepted,
    Fate,
    Gateway,
    GatewayDown,
    Outgoing,
    Refused,
    SendingError,
    TryLater,
    Unclear,
    WrongMessage,
)
from portal.notifications import planning, routes
from portal.notifications.models import OPEN, Lane, Message, MessageState, MessageTry
from portal.notifications.policy import Policy
from portal.notifications.receipts import fall_back, settle, wait_for_receipt
from portal.notifications.routes import Routes

# Longer than a try may take with everything that can be slow in it.
LEASE = timedelta(seconds=90)
_ASK_AFTER = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(minutes=10)
# How long an unclear message is asked about before it counts as sent.
_UNCLEAR_FOR = timedelta(minutes=5)
# A channel that takes nothing for so many seconds, or so often in a row, is passed over where there is another.
_PATIENCE, _TRIES_BEFORE_NEXT = 60.0, 4
_log = logger(__name__)

Now = Callable[[], datetime]
# The text of a one-time code, made anew from its number; None where it serves no more.
CodeText = Callable[[Session, int], str | None]


@dataclass(frozen=True)
class Sender:
    """All that sending needs, opened once in a process."""

    database: Database
    routes: Routes
    policy: Policy
    now: Now
    code_text: CodeText
    # Which gateway and how long to wait: nothing that is to be kept secret.
    chance: random.Random


@dataclass(frozen=True)
class Claimed:
    """A message that is in this process's hands until its lease is over."""

    id: int
    channel: str
    outgoing: Outgoing
    order: tuple[str, ...]
    is_unclear: bool
    was_sent: bool
    gateway: str | None
    provider_id: str | None
    tries: int


def claim(session: Session, sender: Sender, now: datetime, *, message_id: int | None = None,
          lanes: tuple[Lane, ...] = tuple(Lane)) -> Claimed | None:  # fmt: skip
    """Take one message whose time has come (this one, or the most urgent), unless somebody else has it."""
    query = select(Message).where(Message.state.in_(OPEN), Message.next_try_at <= now)
    query = query.where(Message.id == message_id) if message_id else query.where(Message.lane.in_(lanes))
    query = query.order_by(Message.lane, Message.next_try_at, Message.id).limit(1)
    message = session.scalar(query.with_for_update(skip_locked=True))
    if message is None:
        return None
    state = MessageState(message.state)
    if state is not MessageState.SENT and _is_over(session, sender, message, now):
        return claim(session, sender, now, lanes=lanes) if message_id is None else None
    names = routes.order(session, sender.routes, message.channel, now, sender.chance)
    if state is not MessageState.WAITING and message.gateway:  # only the one that may have it can be asked
        names = [name for name in names if name == message.gateway] or [message.gateway]
    text = message.text if message.code_id is None else sender.code_text(session, message.code_id) or ""
    outgoing = Outgoing(message.key, message.address, text, message.subject, message.template, message.params)
    claimed = Claimed(
        message.id, message.channel, outgoing, tuple(names), state in (MessageState.SENDING, MessageState.UNCLEAR),
        state is MessageState.SENT, message.gateway, message.provider_id, message.tries + 1,
    )  # fmt: skip
    if not claimed.was_sent:
        message.state, message.tries = MessageState.SENDING, claimed.tries
        message.gateway = message.gateway if claimed.is_unclear else names[0] if names else None
    message.next_try_at = now + LEASE
    session.flush()
    return claimed


def send(sender: Sender, claimed: Claimed) -> None:
    """Do what is to be done with a claimed message, and record it."""
    if claimed.was_sent:
        _ask_for_receipt(sender, claimed)
    elif claimed.is_unclear and not _may_send_again(sender, claimed):
        return
    else:
        _hand_over(sender, claimed)


def pump(sender: Sender, lanes: tuple[Lane, ...], *, most: int, seconds: float) -> int:
    """Send what is due in these lanes, one after the other; returns how many. Any number of pumps may run."""
    began, count = time.monotonic(), 0
    with sender.database.unit_of_work() as session:
        planning.bring_back(session, lanes, sender.now())
    while count < most and time.monotonic() - began < seconds:
        with sender.database.unit_of_work() as session:
            claimed = claim(session, sender, sender.now(), lanes=lanes)
        if claimed is None:
            return count
        send(sender, claimed)
        count += 1
    return count


def _is_over(session: Session, sender: Sender, message: Message, now: datetime) -> bool:
    """True, and ended, where the message is too old or its code serves no more."""
    too_old = now - message.event_at > planning.TOO_OLD[Lane(message.lane)]
    gone = message.code_id is not None and sender.code_text(session, message.code_id) is None
    if too_old or gone:
        state = MessageState.FAILED if message.state == MessageState.WAITING else MessageState.UNCONFIRMED
        planning.end(message, state, now, "quá lâu không gửi được")
        fall_back(session, message, sender.policy, now)
    return too_old or gone


def _hand_over(sender: Sender, claimed: Claimed) -> None:
    """Try the gateways one after the other until one takes it, or it is not known whether one has."""
    wait, code = 0.0, "không có cổng gửi"
    for name in claimed.order:
        gateway = sender.routes.gateway(claimed.channel, name)
        if gateway is None:
            continue
        if name != claimed.order[0]:
            _pass_to(sender, claimed, name)
        began = time.monotonic()
        try:
            accepted = gateway.send(claimed.outgoing)
        except (TryLater, GatewayDown) as error:
            wait, code = max(wait, error.after_seconds), error.code
            _note(sender, claimed, name, error, began)
            continue
        except SendingError as error:
            _note(sender, claimed, name, error, began)
            return
        _record(sender, claimed, name, accepted, began)
        return
    _put_off(sender, claimed, wait, code)


def _pass_to(sender: Sender, claimed: Claimed, name: str) -> None:
    """Write down which gateway gets it now: who dies with it leaves word of the one to ask."""
    with sender.database.unit_of_work() as session:
        session.get_one(Message, claimed.id, with_for_update=True).gateway = name


def _record(sender: Sender, claimed: Claimed, name: str, accepted: Accepted, began: float) -> None:
    now = sender.now()
    with sender.database.unit_of_work() as session:
        message = session.get_one(Message, claimed.id, with_for_update=True)
        session.add(_try(claimed, name, "accepted", None, began, now))
        message.sent_at = message.sent_at or now
        message.gateway, message.provider_id = name, accepted.provider_id or message.provider_id
        message.cost_vnd = accepted.cost_vnd if accepted.cost_vnd is not None else message.cost_vnd
        if message.state == MessageState.SENDING:  # the receipt may have been faster
            message.state, message.failure = MessageState.SENT, None
            message.next_try_at = now + sender.policy.receipt_wait(message.channel)


def _note(sender: Sender, claimed: Claimed, name: str, error: SendingError, began: float) -> None:
    """Write down a try that did not go well, with what follows from it."""
    now = sender.now()
    _log.warning("message_not_sent", message=claimed.id, gateway=name, code=error.code)
    with sender.database.unit_of_work() as session:
        session.add(_try(claimed, name, _OUTCOMES[type(error)], error.code, began, now))
        if isinstance(error, GatewayDown):
            routes.close(session, claimed.channel, name, error.code, now)
        message = session.get_one(Message, claimed.id, with_for_update=True)
        if message.state != MessageState.SENDING:  # a receipt came meanwhile
            return
        message.failure, message.gateway = error.code, name
        if isinstance(error, Unclear):
            message.state, message.next_try_at = MessageState.UNCLEAR, now + _ASK_AFTER
        elif isinstance(error, Refused | WrongMessage):
            planning.end(message, MessageState.FAILED, now, error.code)
            fall_back(session, message, sender.policy, now)


def _put_off(sender: Sender, claimed: Claimed, wait: float, code: str) -> None:
    """No gateway has taken it: again later, each time later and not all at once; or by the next channel."""
    now = sender.now()
    backoff = min(_LONGEST_WAIT.total_seconds(), 2.0 ** min(claimed.tries, 12)) * sender.chance.uniform(0.75, 1.25)
    with sender.database.unit_of_work() as session:
        message = session.get_one(Message, claimed.id, with_for_update=True)
        if message.state != MessageState.SENDING:
            return
        if message.rest and not claimed.is_unclear and (wait > _PATIENCE or claimed.tries >= _TRIES_BEFORE_NEXT):
            planning.end(message, MessageState.FAILED, now, code)
            fall_back(session, message, sender.policy, now)
            return
        # What may lie at one gateway already is given to no other.
        message.state = MessageState.UNCLEAR if claimed.is_unclear else MessageState.WAITING
        message.failure, message.gateway = code, claimed.gateway if claimed.is_unclear else None
        message.next_try_at = now + timedelta(seconds=max(backoff, wait))


def _may_send_again(sender: Sender, claimed: Claimed) -> bool:
    """Ask the gateway that may have an unclear message. True where it surely has not, or drops doubles."""
    name = claimed.gateway or ""
    gateway = sender.routes.gateway(claimed.channel, name)
    if gateway is None:  # it is not configured any more: nothing can be learned
        return _count_as_sent(sender, claimed)
    if gateway.drops_doubles:
        return True
    fate, failed = _fate(sender, claimed, name, gateway)
    if fate is Fate.ABSENT:
        return True
    now = sender.now()
    with sender.database.unit_of_work() as session:
        message = session.get_one(Message, claimed.id, with_for_update=True)
        if message.state != MessageState.SENDING:
            return False
        if fate in (Fate.ACCEPTED, Fate.DELIVERED, Fate.FAILED):
            message.sent_at = message.sent_at or now
            settle(session, message, fate, sender.policy, now)
        elif failed and now - message.created_at < _UNCLEAR_FOR:
            message.state, message.next_try_at = MessageState.UNCLEAR, now + _ASK_AFTER * min(claimed.tries, 12)
        else:
            wait_for_receipt(message, sender.policy, now)
    return False


def _count_as_sent(sender: Sender, claimed: Claimed) -> bool:
    with sender.database.unit_of_work() as session:
        message = session.get_one(Message, claimed.id, with_for_update=True)
        if message.state == MessageState.SENDING:
            wait_for_receipt(message, sender.policy, sender.now())
    return False


def _ask_for_receipt(sender: Sender, claimed: Claimed) -> None:
    """The time for the receipt is over: ask once, then take the next channel where there is one."""
    gateway = sender.routes.gateway(claimed.channel, claimed.gateway or "")
    fate = _fate(sender, claimed, claimed.gateway or "", gateway)[0] if gateway else Fate.UNKNOWN
    now = sender.now()
    with sender.database.unit_of_work() as session:
        message = session.get_one(Message, claimed.id, with_for_update=True)
        if message.state != MessageState.SENT:
            return
        if fate in (Fate.DELIVERED, Fate.FAILED):
            settle(session, message, fate, sender.policy, now)
            return
        planning.end(message, MessageState.UNCONFIRMED, now, None)
        fall_back(session, message, sender.policy, now)


def _fate(sender: Sender, claimed: Claimed, name: str, gateway: Gateway) -> tuple[Fate, bool]:
    """What the gateway knows, and whether it failed to answer."""
    began = time.monotonic()
    try:
        fate, code, failed = gateway.find(claimed.outgoing.key, claimed.provider_id), None, False
    except SendingError as error:
        fate, code, failed = Fate.UNKNOWN, error.code, True
    with sender.database.unit_of_work() as session:
        session.add(_try(claimed, name, f"asked_{fate}", code, began, sender.now()))
    return fate, failed


_OUTCOMES: dict[type[SendingError], str] = {
    TryLater: "later", Unclear: "unclear", Refused: "refused", WrongMessage: "wrong", GatewayDown: "down",
}  # fmt: skip


def _try(claimed: Claimed, name: str, outcome: str, code: str | None, began: float, now: datetime) -> MessageTry:
    milliseconds = int((time.monotonic() - began) * 1000)
    return MessageTry(message_id=claimed.id, gateway=f"{claimed.channel}:{name}", at=now, outcome=outcome, code=code,
                      milliseconds=milliseconds)  # fmt: skip
