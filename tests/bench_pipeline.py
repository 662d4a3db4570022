"""How many cases a second pass through all automatic work, beside as many tasks that do nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psutil
import psycopg
from redis import Redis
from sqlalchemy import func, select

from config import Settings
from portal.base.clock import now
from portal.base.db import Database
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case
from portal.cases.paper import paper_data
from portal.documents import papers
from portal.gateways.storage.folder import FolderStorage
from portal.issuing.register import result_of
from portal.outbox.models import OutboxDelivery
from portal.outbox.queries import backlog
from portal.runtime.prepare import prepare
from tests.support.desk import PATH, Desk
from tests.support.noop_worker import COUNTER
from tests.support.servers import Servers, running_servers, server_folder
from tests.support.stack import ROOT
from workers.app import app

CASES = 150
# The officers' decisions between the two automatic parts.
DECISIONS = PATH[2:5]


@contextmanager
def workers(environment: dict[str, str]) -> Iterator[psutil.Process]:
    """A Celery worker and a relay; gives the relay."""
    env = {"PATH": os.environ["PATH"], **environment}
    commands = (
        [
            "-m",
            "celery",
            "-A",
            "tests.support.noop_worker",
            "worker",
            "-Q",
            "urgent,celery,bulk",
            "--concurrency",
            "2",
            "--loglevel",
            "ERROR",
        ],
        ["-m", "workers.relay"],
    )
    processes = [
        subprocess.Popen([sys.executable, *c], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for c in commands
    ]
    try:
        yield psutil.Process(processes[1].pid)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def until(done: Callable[[], bool]) -> None:
    """Wait for it, a few minutes at the most."""
    deadline = time.monotonic() + 300
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)  # looking costs the machine time, too


def cpu_seconds() -> Counter[str]:
    """CPU time so far of each kind of process on this machine."""
    used: Counter[str] = Counter()
    for process in psutil.process_iter(["cmdline", "cpu_times"]):
        command, times = " ".join(process.info["cmdline"] or ()), process.info["cpu_times"]
        kind = next((kind for mark, kind in _KINDS.items() if mark in command), None)
        if kind and times:
            used[kind] += times.user + times.system
    return used


_KINDS = {"workers.relay": "relay", "celery": "workers", "postgres": "PostgreSQL", "valkey": "Valkey"}


def automatic(
    desk: Desk, relay: psutil.Process, cases: list[Case], login: str, action: Action, reached: State
) -> tuple[float, Counter[str]]:
    """Seconds in which the machine does all that follows from an officer's decision in every case, and the CPU time.

    The relay stands still while the decisions are made: their own time is not the machine's.
    """
    relay.suspend()
    for case in cases:
        desk.do(case, login, action)
    before, began = cpu_seconds(), time.perf_counter()
    relay.resume()

    def done() -> bool:
        with desk.database.unit_of_work() as session:
            there = session.scalar(select(func.count()).select_from(Case).where(Case.state == reached)) or 0
            left = backlog(session)
        return there == len(cases) and left["waiting"] == left["open"] == 0

    until(done)
    return time.perf_counter() - began, cpu_seconds() - before


def deliveries(desk: Desk) -> int:
    """How many tasks the workers have done."""
    with desk.database.unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(OutboxDelivery)) or 0


def nothing(settings: Settings, count: int) -> float:
    """Seconds for as many tasks that do nothing on the same broker and workers."""
    with Redis.from_url(settings.redis_url) as redis:
        redis.delete(COUNTER)
        began = time.perf_counter()
        for number in range(count):
            app.send_task("bench.nothing", args=[number])
        until(lambda: int(redis.get(COUNTER) or 0) >= count)  # type: ignore[arg-type]
        return time.perf_counter() - began


def paper_seconds(desk: Desk, settings: Settings, cases: list[Case]) -> float:
    """Seconds that one result takes to be set as PDF, which is most of the work."""
    with desk.database.unit_of_work() as session:
        case = session.get_one(Case, cases[0].id)
        data = paper_data(session, case, settings.base_url, result_of(session, case.id))
    began = time.perf_counter()
    for _ in range(5):
        papers.render("birth-certificate", data)
    return (time.perf_counter() - began) / 5


def measure(folder: Path, servers: Servers, at: datetime) -> None:
    """Print the figures."""
    environment = {
        "VAR_DIR": str(folder), "DATABASE_URL": servers.database_url("portal"), "REDIS_URL": servers.redis_url,
        "PORT": "8000", "SECRET_KEY": "x" * 32,
    }  # fmt: skip
    os.environ.update(environment)
    settings = Settings.from_env(environment)
    prepare(settings)
    app.conf.broker_url = settings.broker_url
    database = Database(settings.database_url)
    desk = Desk(database, FolderStorage(settings.files_dir), at)
    cases = [desk.submit() for _ in range(CASES)]
    with workers(environment) as relay:
        until(lambda: _idle(database))
        before = deliveries(desk)
        routing, cpu = automatic(desk, relay, cases, "motcua", Action.ACCEPT, State.IN_PROCESS)
        for case in cases:
            for login, action, details in DECISIONS:
                desk.do(case, login, action, details=details)
        until(lambda: _idle(database))
        issuing, more = automatic(desk, relay, cases, "vanthu", Action.ISSUE, State.FINISHED)
        seconds, cpu = routing + issuing, cpu + more
        tasks = deliveries(desk) - before
        empty = nothing(settings, tasks)
    paper = paper_seconds(desk, settings, cases)
    print(f"{CASES} cases, {tasks} tasks: {CASES / seconds:.1f} cases/s, {tasks / seconds:.0f} tasks/s")
    print(f"{tasks} tasks that do nothing: {tasks / empty:.0f} tasks/s; ratio {empty / seconds:.2f}")
    share = CASES * paper / sum(cpu.values())
    print(f"routing {routing:.2f} s, making and releasing results {issuing:.2f} s")
    print(f"one PDF takes {paper * 1000:.0f} ms, so PDFs are {share:.0%} of the CPU time")
    print("CPU time:", ", ".join(f"{kind} {used / sum(cpu.values()):.0%}" for kind, used in cpu.most_common()))
    database.dispose()


def _idle(database: Database) -> bool:
    with database.unit_of_work() as session:
        left = backlog(session)
    return left["waiting"] == left["open"] == 0


def main() -> None:
    """The whole measurement on servers of its own."""
    with server_folder() as folder, running_servers(folder) as servers:
        with psycopg.connect(servers.database_url("postgres", "postgres"), autocommit=True) as admin:
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = 'portal'").fetchone():
                admin.execute("CREATE DATABASE portal OWNER portal")
        measure(folder, servers, now())


if __name__ == "__main__":
    main()
