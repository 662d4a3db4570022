"""Turns a function of a context into a task of the timetable, whose last run is on record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery import shared_task

from portal.base.clock import now
from portal.outbox.ticks import note_tick
from workers.context import Context, current
from workers.schedule import EVERY

Work = Callable[[Context], None]


def timed(name: str) -> Callable[[Work], Any]:
    """Decorator: the task `name`. Any number of them may run at once: each looks at the database for its work."""

    def wrap(work: Work) -> Any:
        @shared_task(name=name)
        def task() -> None:
            context = current()
            work(context)
            with context.database.unit_of_work() as session:
                note_tick(session, name, EVERY[name], now())

        return task

    return wrap
