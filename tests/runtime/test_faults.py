"""Nothing is lost whatever dies: cases run through the whole system while its processes are killed at random."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psutil
import pytest
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import delete, func, select
from sqlalchemy.exc import DBAPIError, OperationalError

from config import Settings
from portal.base.clock import now
from portal.base.db import Database
from portal.cases import invariants, stuck
from portal.cases.actions import perform
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case, CaseEvent
from portal.gateways.storage.folder import FolderStorage
from portal.notifications.models import Notice
from portal.outbox.models import OutboxMessage
from portal.outbox.queries import backlog, troubled
from tests.support.desk import PATH, Desk
from tests.support.servers import server_folder, wait_for
from tests.support.stack import Stack, free_port

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("faults")]

AT_ONCE = 4
CHAOS_SECONDS = 12
MORTAL = ("worker", "worker", "relay", "beat", "valkey", "postgres")
OFFICERS = [step for step in PATH if step[0] not in ("system", "congdan")]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A portal that may be hurt."""
    with server_folder() as folder:
        running = Stack(folder, free_port())
        running.start()
        yield running
        running.stop()


@pytest.fixture
def desk(stack: Stack) -> Iterator[Desk]:
    """Citizens and officers that work on the portal's own database."""
    settings = Settings.from_env({"VAR_DIR": str(stack.var_dir), "PORT": str(stack.port)})
    database = Database(settings.database_url, pool_size=2 * AT_ONCE)
    yield Desk(database, FolderStorage(settings.files_dir), now())
    database.dispose()


def patiently(work: Callable[[], Any], seconds: float = 60) -> Any:
    """Like a person: when the page says that the system is busy, try again."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return work()
        except (OperationalError, DBAPIError):
            assert time.monotonic() < deadline
            time.sleep(0.3)


def state_of(desk: Desk, case: Case) -> tuple[str, str | None]:
    with desk.database.unit_of_work() as session:
        fresh = session.get_one(Case, case.id)
        return fresh.state, fresh.stage_does


def run_through(desk: Desk, case: Case) -> None:
    """The officers' part of a case; what lies between is the machine's."""
    waits_for = {Action.ACCEPT: (State.SUBMITTED, None), Action.PROPOSE: (State.IN_PROCESS, "propose"),
                 Action.ENDORSE: (State.IN_PROCESS, "endorse"), Action.APPROVE: (State.IN_PROCESS, "approve"),
                 Action.ISSUE: (State.IN_PROCESS, "issue")}  # fmt: skip
    for login, action, details in OFFICERS:
        ready = waits_for[action]
        wait_for(lambda: patiently(lambda: state_of(desk, case)) == ready, f"{case.reference} to be ready", 90)  # noqa: B023
        with suppress(DBAPIError):  # it may have been committed although the answer was lost
            desk.do(case, login, action, details=details)
        if patiently(lambda: state_of(desk, case)) == ready:
            patiently(lambda: desk.do(case, login, action, details=details))  # noqa: B023


def hurt(stack: Stack, stop: threading.Event, chance: random.Random) -> list[str]:
    """kill -9 of one process after another, and now and then everything in the broker is gone."""
    done = []
    settings = Settings.from_env({"VAR_DIR": str(stack.var_dir), "PORT": str(stack.port)})
    while not stop.wait(chance.uniform(0.4, 1.2)):
        name = chance.choice(MORTAL)
        if chance.random() < 0.2:
            with suppress(RedisError), Redis.from_url(settings.redis_url) as redis:
                redis.flushall()
                done.append("flushall")
        elif victim := stack.children().get(name):
            with suppress(psutil.NoSuchProcess):
                victim.kill()
                done.append(name)
    return done


def work_until(desk: Desk, stop: threading.Event) -> list[Case]:
    """One case after another while the chaos lasts; the last one is finished after it."""
    cases = []
    while not stop.is_set():
        case = patiently(desk.submit)
        cases.append(case)
        run_through(desk, case)
    return cases


def test_chaos_loses_nothing_and_doubles_nothing(stack: Stack, desk: Desk) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    stop = threading.Event()
    timer = threading.Timer(CHAOS_SECONDS, stop.set)
    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        timer.start()
        chaos = pool.submit(hurt, stack, stop, random.Random(seed))  # noqa: S311 - no secret
        working = [pool.submit(work_until, desk, stop) for _ in range(AT_ONCE)]
    killed, cases = chaos.result(), [case for future in working for case in future.result()]
    print(f"{len(cases)} cases, {len(killed)} blows: {killed}")
    assert len(killed) >= 5
    assert len(cases) >= AT_ONCE

    def all_finished() -> bool:
        return patiently(lambda: {state_of(desk, case)[0] for case in cases}) == {State.FINISHED}

    wait_for(all_finished, "every case to be finished", 90)
    wait_for(lambda: patiently(lambda: quiet(desk)), "every message to be delivered", 90)
    with desk.database.unit_of_work() as session:
        assert {name: broken for name, broken in invariants.check(session).items() if broken} == {}
        assert list(stuck.stuck(session, now())) == []
        assert troubled(session) == []
        unsent = session.scalar(select(func.count()).select_from(Notice).where(Notice.sent_at.is_(None)))
        assert unsent == 0
        for case in cases:
            events = session.scalars(
                select(CaseEvent.event).where(CaseEvent.case_id == case.id).order_by(CaseEvent.number)
            ).all()
            assert len(events) == len(set(events)) == len(PATH), events  # each move once


def quiet(desk: Desk) -> bool:
    """True if nothing waits to be delivered."""
    with desk.database.unit_of_work() as session:
        left = backlog(session)
    return left["waiting"] == left["open"] == 0


def test_a_case_is_set_going_though_every_trace_of_its_work_is_gone(stack: Stack, desk: Desk) -> None:
    """The message was lost from the database itself: only the sweeper can find that out."""
    case = desk.submit()
    with desk.database.unit_of_work() as session:
        perform(session, case.id, Action.ACCEPT, by=desk.actor("motcua"), now=now())
        lost = OutboxMessage.subject_id == case.id, OutboxMessage.topic == "case.accepted"
        session.execute(delete(OutboxMessage).where(*lost))
    time.sleep(1)
    assert state_of(desk, case)[0] == State.ACCEPTED
    with desk.database.unit_of_work() as session:
        assert stuck.set_going(session, now() + timedelta(minutes=3)) == [case.reference]
    wait_for(lambda: state_of(desk, case)[0] == State.IN_PROCESS, "the case to go on", 60)
