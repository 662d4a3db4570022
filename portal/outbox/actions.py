"""Writes of the outbox: announce in the transaction, relay after it, do each delivery once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from portal.outbox.models import OutboxDelivery, OutboxMessage

CHANNEL = "outbox"
_LONGEST_WAIT = timedelta(minutes=10)
# A task that has not reported by then is taken for lost with its worker or broker.
LOST_AFTER = timedelta(seconds=30)
# How often work is sent. With the waits of `note_failure` that is about two hours; then it is parked, never looped.
# Sends are counted and not reports: work that kills its process has nothing to report.
MOST_TRIES = 20
# What goes first, and what may wait behind everything else and is not taken for lost meanwhile.
URGENT, NORMAL, BULK = 0, 1, 2
_BULK_LOST_AFTER = timedelta(minutes=15)
Task = tuple[str, int, int]  # a listener, the id of its delivery, its lane


def announce(session: Session, topic: str, subject_id: int, now: datetime, *, lane: int = NORMAL) -> None:
    """Record that something happened, in the caller's transaction. A trigger wakes the relay when it commits."""
    session.add(OutboxMessage(topic=topic, subject_id=subject_id, created_at=now, lane=lane))


def relay(
    session: Session, listeners: Mapping[str, Sequence[str]], now: datetime, *, limit: int = 100
) -> tuple[int, list[Task]]:
    """Turn waiting messages into deliveries: how many messages, and the tasks to put in the broker AFTER the commit.

    Before the commit a worker would not see the delivery. A process that dies in between, or a broker
    that does not answer, costs `LOST_AFTER`: `due` finds the delivery again. Several relays may run at once.
    """
    waiting = (
        select(OutboxMessage.id, OutboxMessage.topic, OutboxMessage.lane)
        .where(OutboxMessage.relayed_at.is_(None))
        .order_by(OutboxMessage.lane, OutboxMessage.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    messages = session.execute(waiting).all()
    rows = [
        {
            "message_id": message.id,
            "listener": listener,
            "attempts": 1,
            "next_try_at": now + (_BULK_LOST_AFTER if message.lane == BULK else LOST_AFTER),
        }
        for message in messages
        for listener in listeners.get(message.topic, ())
    ]
    tasks: list[Task] = []
    if rows:
        lanes = {message.id: message.lane for message in messages}
        made = insert(OutboxDelivery).returning(OutboxDelivery.listener, OutboxDelivery.id, OutboxDelivery.message_id)
        tasks = [(row.listener, row.id, lanes[row.message_id]) for row in session.execute(made, rows)]
    if messages:
        done = update(OutboxMessage).where(OutboxMessage.id.in_([message.id for message in messages]))
        session.execute(done.values(relayed_at=now).execution_options(synchronize_session=False))
    return len(messages), tasks


def due(session: Session, now: datetime, *, limit: int = 200) -> list[Task]:
    """Deliveries that are not done though their time has come: they failed, or their task was lost.

    Like `relay`: send the tasks after the commit.
    """
    late = (
        select(OutboxDelivery, OutboxMessage.lane)
        .join(OutboxMessage, OutboxMessage.id == OutboxDelivery.message_id)
        .where(OutboxDelivery.done_at.is_(None), OutboxDelivery.parked_at.is_(None))
        # Later than any wait: written by a clock that was ahead and has been set right.
        .where(or_(OutboxDelivery.next_try_at <= now, OutboxDelivery.next_try_at > now + 2 * _LONGEST_WAIT))
        .order_by(OutboxDelivery.next_try_at)
        .limit(limit)
        .with_for_update(of=OutboxDelivery, skip_locked=True)
    )
    tasks = []
    for delivery, lane in session.execute(late):
        if delivery.attempts >= MOST_TRIES:  # it never reported: it kills whoever takes it
            delivery.parked_at, delivery.last_error = now, delivery.last_error or "không báo lại"
            continue
        # Longer each time: a task may also just wait its turn behind many others, and is then neither lost nor poison.
        delivery.next_try_at = now + min(_LONGEST_WAIT, LOST_AFTER * 2**delivery.attempts)
        delivery.attempts += 1
        tasks.append((delivery.listener, delivery.id, lane))
    return tasks


def take_delivery(session: Session, delivery_id: int, now: datetime) -> int | None:
    """Mark a delivery as done and return the subject's id; None if it is done, or another worker is at it.

    In the transaction of its work: where that fails, the mark is gone with it. One statement, because every
    task begins with it.
    """
    free = (
        select(OutboxDelivery.id)
        .where(OutboxDelivery.id == delivery_id, OutboxDelivery.done_at.is_(None), OutboxDelivery.parked_at.is_(None))
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    take = (
        update(OutboxDelivery)
        .where(OutboxDelivery.id == free, OutboxMessage.id == OutboxDelivery.message_id)
        .values(done_at=now, last_error=None)
        .returning(OutboxMessage.subject_id)
        .execution_options(synchronize_session=False)
    )
    return session.scalar(take)


def note_failure(session: Session, delivery_id: int, error: str, now: datetime) -> None:
    """Remember why the last try failed, and put off the next: 2, 4, 8 … seconds, ten minutes at the most.

    `error` has no personal data. The waiting is here and not in the broker, where a long countdown
    would be handed out twice.
    """
    delivery = session.get_one(OutboxDelivery, delivery_id, with_for_update=True)
    delivery.last_error = error
    delivery.next_try_at = now + min(_LONGEST_WAIT, timedelta(seconds=2 ** min(delivery.attempts, 10)))
    if delivery.attempts >= MOST_TRIES:
        delivery.parked_at = now


def try_again(session: Session, delivery_id: int, now: datetime) -> bool:
    """Have parked or failing work tried at once, as if for the first time; False if it is done or unknown."""
    delivery = session.get(OutboxDelivery, delivery_id, with_for_update=True)
    if delivery is None or delivery.done_at is not None:
        return False
    delivery.attempts, delivery.parked_at, delivery.next_try_at = 0, None, now
    return True
