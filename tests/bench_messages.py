"""From the committed event to the gateway: fifty events a second, and one-time codes while very many wait in bulk."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
from sqlalchemy import func, insert, select, update

from config import Settings
from portal.base.clock import now
from portal.base.db import Database
from portal.cases import following
from portal.cases.events import tell
from portal.cases.models import Case, CasePerson
from portal.gateways.storage.folder import FolderStorage
from portal.identity.actor import SYSTEM
from portal.notifications.models import Lane, Message, MessageState
from portal.publishing import queries as publishing
from portal.runtime.prepare import prepare
from portal.standins.esms import Esms
from portal.standins.web import Web
from tests.bench_pipeline import nothing, until
from tests.support.desk import Desk
from tests.support.servers import running_servers, server_folder
from tests.support.stack import ROOT
from workers.app import app

A_SECOND, SECONDS = 50, 30
BULK, CODES = 100_000, 120
LIMIT = 10.0


@contextmanager
def portal_workers(environment: dict[str, str]) -> Iterator[None]:
    """What `make run` starts to send messages: two workers, the relay, the timetable."""
    env = {"PATH": os.environ["PATH"], **environment}
    celery = ["-m", "celery", "-A", "tests.support.noop_worker"]
    commands = (
        [*celery, "worker", "-Q", "urgent,celery", "--concurrency", "2", "--loglevel", "ERROR", "-n", "main@%h"],
        [*celery, "worker", "-Q", "bulk", "--concurrency", "1", "--loglevel", "ERROR", "-n", "bulk@%h"],
        ["-m", "celery", "-A", "workers.app", "beat", "--schedule", f"{environment['VAR_DIR']}/beat", "--pidfile="],
        ["-m", "workers.relay"],
    )
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    processes = [subprocess.Popen([sys.executable, *c], cwd=ROOT, env=env, **quiet) for c in commands]  # type: ignore[call-overload]
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


class Arrivals:
    """When each message came to the gateway, by its key."""

    def __init__(self, esms: Esms):
        self.at: dict[str, float] = {}
        esms.show = lambda arrived: self.at.__setitem__(arrived.key, time.time())


def tell_many(desk: Desk, cases: list[Case]) -> None:
    """So many events a second for some time, each in its transaction, each of a case of its own."""
    began = time.perf_counter()
    for number, case in enumerate(cases):
        time.sleep(max(0.0, began + number / A_SECOND - time.perf_counter()))
        with desk.database.unit_of_work() as session:
            row = session.get_one(Case, case.id, with_for_update=True)
            procedure = publishing.version(session, row.version_id).procedure
            tell(session, row, "case.answered", procedure, by=SYSTEM, now=now(), details={},
                 came_from=(row.state, row.stage))  # fmt: skip


def delays(database: Database, arrivals: Arrivals, purpose: str) -> list[float]:
    """Seconds from the event to the gateway, of all messages of this purpose that have arrived."""
    with database.unit_of_work() as session:
        rows = session.execute(select(Message.key, Message.event_at).where(Message.purpose == purpose)).all()
    return sorted(arrivals.at[key] - at.timestamp() for key, at in rows if key in arrivals.at)


def report(name: str, found: list[float], expected: int) -> None:
    """What share was in time, and how long it took."""
    in_time = sum(delay <= LIMIT for delay in found) / expected
    cuts = statistics.quantiles(found, n=1000)
    print(f"{name}: {len(found)} of {expected} arrived, {in_time:.2%} within {LIMIT:.0f} s")
    print(f"  p50 {statistics.median(found):.2f} s, p99 {cuts[989]:.2f} s, p99.9 {cuts[998]:.2f} s", flush=True)


def queue_bulk(database: Database) -> None:
    """Very many messages of the last lane, to numbers of their own."""
    at = now()
    rows = [
        {"key": f"bulk-{n}", "purpose": "bulk", "channel": "sms", "lane": Lane.BULK, "address": f"+849{n:08}",
         "text": "Tin hang loat.", "state": MessageState.WAITING, "next_try_at": at, "event_at": at, "created_at": at}
        for n in range(BULK)
    ]  # fmt: skip
    with database.unit_of_work() as session:
        for first in range(0, BULK, 10_000):
            session.execute(insert(Message), rows[first : first + 10_000])


def give_phones(database: Database, cases: list[Case]) -> None:
    """Each case has a phone of its own, as in life."""
    with database.unit_of_work() as session:
        for number, case in enumerate(cases):
            case.contact_phone = f"+84912{number:06}"
            session.get_one(Case, case.id).contact_phone = case.contact_phone
            session.execute(update(CasePerson).where(CasePerson.case_id == case.id).values(phone=case.contact_phone))


def ask_codes(desk: Desk, cases: list[Case]) -> None:
    """A few codes a second, as people who look up their cases ask for them."""
    for case in cases:
        with desk.database.unit_of_work() as session:
            following.ask(session, case.reference, case.contact_phone or "", now())
        time.sleep(0.2)


def measure(folder: Path, servers: object) -> None:
    """Print the figures."""
    web = Web()
    esms = Esms(web)
    environment = {
        "VAR_DIR": str(folder), "DATABASE_URL": servers.database_url("portal"), "REDIS_URL": servers.redis_url,  # type: ignore[attr-defined]
        "PORT": "8000", "SECRET_KEY": "x" * 32, "SMS_GATEWAYS": "esms", "SMS_ESMS_URL": esms.url,
        "SMS_ESMS_API_KEY": "k", "SMS_ESMS_SECRET_KEY": "s", "SMS_ESMS_BRANDNAME": "LANGSON", "QUIET_HOURS": "",
        "MESSAGES_A_DAY": "1000", "LOG_LEVEL": "ERROR", "MESSAGE_MERGE_SECONDS": "0",
    }  # fmt: skip
    os.environ.update(environment)
    settings = Settings.from_env(environment)
    prepare(settings)
    app.conf.broker_url = settings.broker_url
    database = Database(settings.database_url, pool_size=5)
    desk = Desk(database, FolderStorage(settings.files_dir), now() - timedelta(hours=1))
    cases = [desk.submit() for _ in range(A_SECOND * 4)]
    give_phones(database, cases)
    many = [cases[n % len(cases)] for n in range(A_SECOND * SECONDS)]
    arrivals = Arrivals(esms)
    with portal_workers(environment):
        until(lambda: len(delays(database, arrivals, "case.submitted")) == len(cases))
        tell_many(desk, many)
        until(lambda: len(delays(database, arrivals, "case.answered")) == len(many))
        report(f"{A_SECOND} events a second for {SECONDS} s", delays(database, arrivals, "case.answered"), len(many))
        queue_bulk(database)
        began, sent_before = time.perf_counter(), len(arrivals.at)
        asking = threading.Thread(target=ask_codes, args=(desk, cases[:CODES]))
        asking.start()
        asking.join()
        until(lambda: len(delays(database, arrivals, "code")) >= CODES)
        seconds, sent = time.perf_counter() - began, len(arrivals.at) - sent_before
        with database.unit_of_work() as session:
            left = session.scalar(select(func.count()).where(Message.lane == Lane.BULK, Message.state == "waiting"))
        name = f"one-time codes while {BULK:,} bulk messages wait ({left:,} still do)"
        report(name, delays(database, arrivals, "code"), CODES)
        throughput = sent / seconds
        empty = sent / nothing(settings, sent)
    print(f"bulk and codes: {throughput:.0f} messages/s beside {empty:.0f} tasks/s that do nothing; "
          f"ratio {throughput / empty:.2f}")  # fmt: skip
    database.dispose()
    web.close()


def main() -> None:
    """The whole measurement on servers of its own."""
    with server_folder() as folder, running_servers(folder) as servers:
        with psycopg.connect(servers.database_url("postgres", "postgres"), autocommit=True) as admin:
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = 'portal'").fetchone():
                admin.execute("CREATE DATABASE portal OWNER portal")
        measure(folder, servers)


if __name__ == "__main__":
    main()
