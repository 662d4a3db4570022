"""The outbox: nothing lost, nothing done twice, whoever dies when."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from portal.base.db import Database
from portal.outbox import actions as outbox
from portal.outbox.models import OutboxDelivery, OutboxMessage
from portal.outbox.queries import backlog
from tests.conftest import MORNING
from workers import context as worker_context
from workers.tasks.listener import run_delivery

LISTENERS = {"topic": ("first", "second")}


def announce_many(database: Database, count: int) -> None:
    with database.unit_of_work() as session:
        for subject in range(count):
            outbox.announce(session, "topic", subject, MORNING)


def relay(database: Database) -> list[outbox.Task]:
    with database.unit_of_work() as session:
        return outbox.relay(session, LISTENERS, MORNING)[1]


def due(database: Database, at: datetime) -> list[str]:
    with database.unit_of_work() as session:
        return [listener for listener, _, _ in outbox.due(session, at)]


def test_nothing_is_announced_by_a_transaction_that_fails(database: Database) -> None:
    with pytest.raises(RuntimeError), database.unit_of_work() as session:
        outbox.announce(session, "topic", 1, MORNING)
        raise RuntimeError
    assert relay(database) == []


def test_four_relays_send_each_delivery_once(database: Database) -> None:
    announce_many(database, 200)

    def drain(_: int) -> list[outbox.Task]:
        sent: list[outbox.Task] = []
        while tasks := relay(database):
            sent += tasks
        return sent

    with ThreadPoolExecutor(4) as pool:
        sent = [task for tasks in pool.map(drain, range(4)) for task in tasks]
    assert len(sent) == len(set(sent)) == 400


def test_what_a_clock_that_was_ahead_put_off_is_not_put_off(database: Database) -> None:
    announce_many(database, 1)
    ahead = MORNING + timedelta(days=1)
    with database.unit_of_work() as session:
        outbox.relay(session, {"topic": ("first",)}, ahead)
    assert due(database, MORNING) == ["first"]
    assert due(database, MORNING) == []  # it is under way now


def test_a_task_that_never_reached_the_broker_is_sent_later(database: Database) -> None:
    announce_many(database, 1)
    assert len(relay(database)) == 2  # and the process dies before it sends them
    assert due(database, MORNING) == []
    assert due(database, MORNING + outbox.LOST_AFTER) == ["first", "second"]
    with database.unit_of_work() as session:
        assert backlog(session) == {"waiting": 0, "failing": 0, "parked": 0, "open": 2}


def test_a_lost_task_is_sent_again_and_a_done_one_is_not(database: Database) -> None:
    announce_many(database, 1)
    (_, first, _), _ = relay(database)
    with database.unit_of_work() as session:
        assert outbox.take_delivery(session, first, MORNING) == 0
    later = MORNING + outbox.LOST_AFTER
    assert due(database, later) == ["second"]
    assert due(database, later) == []


def test_what_only_waits_its_turn_is_not_taken_for_poison(database: Database) -> None:
    """Workers that are busy for two hours: nothing is parked, and few doubles pile up in the broker."""
    announce_many(database, 1)
    relay(database)
    sent = sum(len(due(database, MORNING + n * timedelta(seconds=5))) for n in range(2 * 60 * 12))
    assert sent <= 2 * 18
    with database.unit_of_work() as session:
        assert backlog(session)["parked"] == 0


def test_failures_wait_longer_each_time(database: Database) -> None:
    announce_many(database, 1)
    relay(database)
    waits = []
    with database.unit_of_work() as session:
        delivery = session.scalars(select(OutboxDelivery)).first()
        assert delivery is not None
        for _ in range(12):
            outbox.note_failure(session, delivery.id, "SmsFailed", MORNING)
            waits.append(delivery.next_try_at - MORNING)
            delivery.attempts += 1  # sent again
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=2)
    assert waits[-1] == timedelta(minutes=10)


@pytest.fixture
def context(settings: Settings) -> worker_context.Context:
    opened = worker_context.open_context(settings)
    yield opened
    opened.database.dispose()


def test_work_runs_once_however_often_the_task_comes(database: Database, context: worker_context.Context) -> None:
    announce_many(database, 1)
    deliveries = [delivery for _, delivery, _ in relay(database)]
    done: list[int] = []

    def work(_: worker_context.Context, session: Session, subject: int) -> None:
        done.append(subject)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: run_delivery(context, work, deliveries[0]), range(8)))
    assert done == [0]


def test_work_that_fails_leaves_nothing_behind(database: Database, context: worker_context.Context) -> None:
    announce_many(database, 1)
    deliveries = [delivery for _, delivery, _ in relay(database)]

    def broken(_: worker_context.Context, session: Session, subject: int) -> None:
        outbox.announce(session, "half", subject, MORNING)
        session.flush()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        run_delivery(context, broken, deliveries[0])
    with database.unit_of_work() as session:
        assert session.scalar(select(OutboxMessage).where(OutboxMessage.topic == "half")) is None
        assert backlog(session)["open"] == 2


def test_what_is_urgent_is_relayed_first(database: Database) -> None:
    with database.unit_of_work() as session:
        for subject, lane in enumerate((outbox.BULK, outbox.NORMAL, outbox.BULK, outbox.URGENT)):
            outbox.announce(session, "topic", subject, MORNING, lane=lane)
    with database.unit_of_work() as session:
        count, tasks = outbox.relay(session, {"topic": ("first",)}, MORNING, limit=2)
    assert (count, [lane for _, _, lane in tasks]) == (2, [outbox.URGENT, outbox.NORMAL])
    with database.unit_of_work() as session:
        _, tasks = outbox.relay(session, {"topic": ("first",)}, MORNING)
        assert [lane for _, _, lane in tasks] == [outbox.BULK, outbox.BULK]
        # Bulk waits behind much: it is not taken for lost as soon as the others are.
        assert len(outbox.due(session, MORNING + timedelta(minutes=1))) == 2
        assert {lane for _, _, lane in outbox.due(session, MORNING + timedelta(minutes=16))} >= {outbox.BULK}


def test_the_outside_is_spoken_to_after_the_commit(database: Database, context: worker_context.Context) -> None:
    announce_many(database, 1)
    (delivery, *_) = [delivery for _, delivery, _ in relay(database)]
    seen: list[bool] = []

    def work(_: worker_context.Context, session: Session, subject: int):  # type: ignore[no-untyped-def]
        def after() -> None:
            with database.unit_of_work() as other:
                seen.append(other.get_one(OutboxDelivery, delivery).done_at is not None)

        return after

    run_delivery(context, work, delivery)
    assert seen == [True]
