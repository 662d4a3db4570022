"""`python -m workers.relay`: hands outbox messages to the broker as soon as they are committed.

It sleeps on PostgreSQL's LISTEN and looks by itself every few seconds, so a lost notification only
costs that time. It holds no state: kill it at any moment, run as many as you like.
"""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType

import psycopg
from psycopg import sql

from config import Settings
from portal.base import logs
from portal.base.clock import now
from portal.base.db import Database
from portal.outbox.actions import CHANNEL, relay
from workers.app import app
from workers.subscribers import SUBSCRIBERS
from workers.tasks.outbox import send

_LOOK_EVERY = 3.0
# Rest after a round, so that under load many messages share one transaction. The first of them is never kept waiting.
_REST = 0.02
_log = logs.logger(__name__)


def drain(database: Database) -> None:
    """Relay until nothing waits."""
    while True:
        with database.unit_of_work() as session:
            count, tasks = relay(session, SUBSCRIBERS, now())
        send(tasks)
        if not count:
            return


def run(settings: Settings) -> None:
    """Relay for ever; trouble with database or broker is logged and tried again."""
    database = Database(settings.database_url, pool_size=1)
    app.set_current()
    while True:
        try:
            with psycopg.connect(settings.database_url, autocommit=True) as listening:
                listening.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                while True:
                    drain(database)
                    time.sleep(_REST)
                    for _ in listening.notifies(timeout=_LOOK_EVERY, stop_after=1):
                        pass
        except Exception as error:
            _log.warning("relay_interrupted", error=type(error).__name__)
            time.sleep(1)


def _stop(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    configured = Settings.from_env()
    logs.configure(configured.log_level)
    run(configured)
