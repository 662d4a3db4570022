"""Nothing is lost whatever dies: cases run through the whole system while its processes are killed at random."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
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
from portal.base.errors import Refusal
from portal.cases import invariants, stuck
from portal.cases.actions import perform
from portal.cases.lifecycle import NOTES, Action, State
from portal.cases.models import Case, CaseEvent
from portal.gateways.segments import folded
from portal.gateways.storage.folder import FolderStorage
from portal.notifications.models import Message, MessageState, Notice
from portal.outbox.models import OutboxMessage, Tick
from portal.outbox.queries import backlog, troubled
from portal.runtime.demo import POLICE
from portal.standins.esms import Esms
from portal.standins.web import ANSWER, LOSE_ANSWER, Web
from tests.support.clock import SettableClock
from tests.support.desk import PATH, Desk
from tests.support.servers import server_folder, wait_for
from tests.support.stack import ROOT, Stack, free_port

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("faults")]

AT_ONCE = 4
CHAOS_SECONDS = 12
MORTAL = ("worker", "web", "relay", "beat", "valkey", "postgres")
EMPTY = "everything in the broker"
OFFICERS = [step for step in PATH if step[0] not in ("system", "congdan")]


@pytest.fixture(scope="module")
def gateway() -> Iterator[Esms]:
    """The SMS provider: outside of what is hurt, and it honours the key of each message."""
    web = Web()
    yield Esms(web)
    web.close()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where the portal keeps its data, and what its clock says."""
    with server_folder(in_memory=True) as found:
        found.chmod(0o755)
        yield found


@pytest.fixture(scope="module")
def clock(folder: Path) -> Iterator[SettableClock]:
    """The wall clock of all processes of the portal."""
    clock = SettableClock(folder / "clock")
    yield clock
    clock.close()


@pytest.fixture(scope="module")
def stack(folder: Path, gateway: Esms, clock: SettableClock) -> Iterator[Stack]:
    """A portal that may be hurt."""
    sms = {"SMS_GATEWAYS": "esms", "SMS_ESMS_URL": gateway.url, "SMS_ESMS_API_KEY": "k", "SMS_ESMS_SECRET_KEY": "s",
           "SMS_ESMS_BRANDNAME": "LANGSON", "QUIET_HOURS": "", "MESSAGES_A_DAY": "10000"}  # fmt: skip
    running = Stack(folder / "var", free_port(), environment={**sms, **clock.environment})
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


def waits_on(desk: Desk, case: Case, action: Action) -> bool:
    """True if the case waits for this action of an officer."""
    state = (State.SUBMITTED, None) if action is Action.ACCEPT else (State.IN_PROCESS, action.value)
    return patiently(lambda: state_of(desk, case)) == state


def run_through(desk: Desk, case: Case, before: Callable[[], None] = lambda: None) -> None:
    """The officers' part of a case; what lies between is the machine's. `before` each of their decisions."""
    for login, action, details in OFFICERS:
        if action is Action.ACCEPT and patiently(lambda: state_of(desk, case))[0] != State.SUBMITTED:
            continue
        wait_for(lambda: waits_on(desk, case, action), f"{case.reference} to wait for {action}", 90)  # noqa: B023
        before()
        with suppress(DBAPIError):  # it may have been committed although the answer was lost
            desk.do(case, login, action, details=details)
        if waits_on(desk, case, action):
            patiently(lambda: desk.do(case, login, action, details=details))  # noqa: B023


def hurt(stack: Stack, stop: threading.Event, chance: random.Random) -> list[str]:
    """kill -9 of one process after another, and now and then everything in the broker is gone."""
    done = []
    settings = Settings.from_env({"VAR_DIR": str(stack.var_dir), "PORT": str(stack.port)})
    coming: list[str] = []
    while not stop.wait(chance.uniform(0.4, 1.1)):
        if not coming:  # each kind once before one comes again
            coming = [*MORTAL, EMPTY]
            chance.shuffle(coming)
        name = coming.pop()
        if name == EMPTY:
            with suppress(RedisError), Redis.from_url(settings.redis_url) as redis:
                redis.flushall()
                done.append(EMPTY)
        elif victim := stack.children().get(name):
            with suppress(psutil.NoSuchProcess):
                victim.kill()
                done.append(name)
    return done


def until(
    desk: Desk, case: Case, is_done: Callable[[Case], bool], work: Callable[[], Any], seconds: float = 90
) -> None:
    """Do something in a case until it is seen to be done: the answer may be lost though it was."""
    deadline = time.monotonic() + seconds
    while not is_done(patiently(lambda: read(desk, case))):
        assert time.monotonic() < deadline, case.reference
        with suppress(DBAPIError, Refusal):
            work()
        time.sleep(0.1)


def read(desk: Desk, case: Case) -> Case:
    with desk.database.unit_of_work() as session:
        return session.get_one(Case, case.id)


def roundabout(desk: Desk, case: Case) -> Case:
    """The stage asks another agency and opens a case there; returns that case, finished."""
    until(desk, case, lambda c: c.assignee_id is not None, lambda: None)
    ask = {"agency": POLICE, "question": "Có vướng không?", "days": "2"}
    until(
        desk, case, lambda c: POLICE in c.party_keys, lambda: desk.do(case, "chuyenvien", Action.CONSULT, details=ask)
    )
    say = {"agency": POLICE, "opinion": "agree", "answer": "Không."}
    until(desk, case, lambda c: not c.asked_keys, lambda: desk.do(case, "chuyenvien", Action.GIVE_OPINION, details=say))
    refer = {"agency": POLICE, "procedure": "1.004222", "note": "Nhập hộ khẩu."}
    until(desk, case, lambda c: c.open_children > 0, lambda: desk.do(case, "chuyenvien", Action.REFER, details=refer))

    def find() -> Case:
        with desk.database.unit_of_work() as session:
            return session.scalars(select(Case).where(Case.parent_id == case.id)).one()

    child = patiently(find)
    run_through(desk, child)
    until(desk, case, lambda c: c.open_children == 0, lambda: None)
    return child


def work_until(desk: Desk, stop: threading.Event) -> list[Case]:
    """One case after another while the chaos lasts; the last one is finished after it. The first goes a long way."""
    cases: list[Case] = []
    while not stop.is_set():
        case = patiently(desk.submit)
        if not cases:
            until(desk, case, lambda c: c.state != State.SUBMITTED, lambda: desk.do(case, "motcua", Action.ACCEPT))  # noqa: B023
            cases.append(roundabout(desk, case))
        cases.append(case)
        run_through(desk, case)
    return cases


@contextmanager
def another_beat(stack: Stack) -> Iterator[None]:
    """A second beat beside the portal's own."""
    command = ["-m", "celery", "-A", "workers.app", "beat", "--schedule", str(stack.var_dir / "run" / "second-beat"),
               "--pidfile="]  # fmt: skip
    env = {"PATH": os.environ["PATH"], "VAR_DIR": str(stack.var_dir), "PORT": str(stack.port), **stack.environment}
    beat = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=env, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        yield
    finally:
        beat.kill()
        beat.wait(10)


def unsure(chance: random.Random) -> Callable[[], str]:
    """A provider whose answers get lost, and which is busy now and then."""
    return lambda: chance.choice([ANSWER, ANSWER, ANSWER, LOSE_ANSWER, "160"])


def check_everything(desk: Desk, gateway: Esms, cases: list[Case]) -> None:
    """Nothing is stuck, moved twice, untold, or told twice."""
    with desk.database.unit_of_work() as session:
        assert {name: broken for name, broken in invariants.check(session).items() if broken} == {}
        assert list(stuck.stuck(session, now())) == []
        assert troubled(session) == []
        for case in cases:
            events = session.scalars(
                select(CaseEvent.event).where(CaseEvent.case_id == case.id).order_by(CaseEvent.number)
            ).all()
            moves = [event for event in events if event not in NOTES]
            detours = {"case.consulted", "case.opinion_given", "case.referred", "case.child_ended"} & set(moves)
            expected = len(PATH) + len(detours) + (case.parent_id is not None)  # the machine delivers a linked case
            assert len(moves) == len(set(moves)) == expected, events  # each move once
            notices = session.scalars(select(Notice).where(Notice.case_id == case.id, Notice.phone.is_not(None))).all()
            sent = [m.text for m in gateway.arrived if case.reference in m.text]
            assert sorted(sent) == sorted(folded(notice.text) for notice in notices)  # none lost, none sent twice


def all_settled(desk: Desk, cases: list[Case]) -> None:
    """Wait until the machine has nothing more to do."""

    def finished() -> bool:
        return patiently(lambda: {state_of(desk, case)[0] for case in cases}) <= {State.FINISHED, State.RETURNED}

    wait_for(finished, "every case to be finished", 90)
    wait_for(lambda: patiently(lambda: quiet(desk)), "every message to be delivered", 90)


def test_chaos_loses_nothing_and_doubles_nothing(stack: Stack, desk: Desk, gateway: Esms) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    gateway.mood = unsure(random.Random(seed))
    stop = threading.Event()
    timer = threading.Timer(CHAOS_SECONDS, stop.set)
    with another_beat(stack), ThreadPoolExecutor(AT_ONCE + 1) as pool:
        timer.start()
        chaos = pool.submit(hurt, stack, stop, random.Random(seed))
        working = [pool.submit(work_until, desk, stop) for _ in range(AT_ONCE)]
    killed, cases = chaos.result(), [case for future in working for case in future.result()]
    print(f"{len(cases)} cases, {len(killed)} blows: {killed}; {len(gateway.asked)} SMS requests")
    assert set(killed) == {*MORTAL, EMPTY}
    assert len(cases) >= AT_ONCE
    gateway.mood = lambda: ANSWER
    all_settled(desk, cases)
    check_everything(desk, gateway, cases)


def test_the_clock_may_jump(stack: Stack, desk: Desk, gateway: Esms, clock: SettableClock) -> None:
    """A day ahead, two days back, and right again, while cases are under way; beat does not stand still."""
    cases = [patiently(desk.submit) for _ in range(2)]
    jumps = iter([timedelta(days=1), timedelta(days=-1), timedelta(), timedelta(hours=-6), timedelta()])

    def jump() -> None:
        clock.set(next(jumps, timedelta()))
        stack.kill_worker()  # what it had in hand must come back by the timetable

    for case in cases:
        run_through(desk, case, jump)
    clock.set(timedelta(days=1))
    ahead = now() + timedelta(hours=23)
    wait_for(lambda: patiently(lambda: last_sweep(desk)) > ahead, "the timetable to run a day ahead", 60)
    clock.set(timedelta())
    right = now()
    wait_for(
        lambda: right < patiently(lambda: last_sweep(desk)) < ahead, "the timetable to run at the right time again", 60
    )
    all_settled(desk, cases)
    check_everything(desk, gateway, cases)
    with desk.database.unit_of_work() as session:
        for case in cases:
            times = session.scalars(
                select(CaseEvent.at).where(CaseEvent.case_id == case.id).order_by(CaseEvent.number)
            ).all()
            assert list(times) == sorted(times)


@pytest.mark.long
def test_a_beat_that_hangs_costs_time_and_nothing_else(stack: Stack, desk: Desk, gateway: Esms) -> None:
    beat = stack.children()["beat"]
    beat.suspend()
    try:
        on_time, case = patiently(desk.submit), patiently(desk.submit)
        desk.do(on_time, "motcua", Action.ACCEPT)
        wait_for(lambda: waits_on(desk, on_time, Action.PROPOSE), "a case to go on without beat", 20)
        desk.do(case, "motcua", Action.ACCEPT)
        with Redis.from_url(Settings.from_env({"VAR_DIR": str(stack.var_dir)}).redis_url) as redis:
            redis.flushall()
        stack.kill_worker()
    finally:
        beat.resume()
    for login, action, details in OFFICERS[1:]:
        wait_for(lambda: waits_on(desk, case, action), f"the case to wait for {action}", 90)  # noqa: B023
        desk.do(case, login, action, details=details)
    run_through(desk, on_time)
    all_settled(desk, [case, on_time])
    check_everything(desk, gateway, [case, on_time])


def last_sweep(desk: Desk) -> datetime:
    """When the timetable last looked for lost work."""
    with desk.database.unit_of_work() as session:
        tick = session.get(Tick, "outbox.resend_due")
        return tick.at if tick else datetime.min.replace(tzinfo=UTC)


def quiet(desk: Desk) -> bool:
    """True if nothing waits to be delivered."""
    with desk.database.unit_of_work() as session:
        left = backlog(session)
        unsent = select(func.count()).where(Message.state.in_([MessageState.WAITING, "sending", "unclear"]))
        return left["waiting"] == left["open"] == session.scalar(unsent) == 0


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
        found = stuck.set_going(session, now() + timedelta(minutes=3))
        under_way = select(OutboxMessage.id).where(*lost)
        # The portal's own sweep, whose clock has been put forward before, may just have been faster.
        assert found == [case.reference] or session.scalar(under_way) is not None
    wait_for(lambda: state_of(desk, case)[0] == State.IN_PROCESS, "the case to go on", 60)
