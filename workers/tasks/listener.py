"""Turns a function of (context, session, subject id) into a task that does one outbox delivery, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from celery import shared_task
from sqlalchemy.orm import Session

from portal.base.clock import now
from portal.base.logs import logger
from portal.outbox import actions as outbox
from workers.context import Context, current

# What is returned is done after the commit: talking to the outside, for which nobody holds a transaction open.
Work = Callable[[Context, Session, int], Callable[[], None] | None]
_log = logger(__name__)


def listener(name: str) -> Callable[[Work], Any]:
    """Decorator: the task `name`, which the broker hands a delivery id and nothing else.

    The work and the mark that it is done commit together. A failure is noted with the time of the
    next try, at which the sweep of the outbox sends the delivery again: nothing is given up.
    """

    def wrap(work: Work) -> Any:
        @shared_task(name=name)
        def task(delivery_id: int) -> None:
            structlog.contextvars.bind_contextvars(task=name, delivery_id=delivery_id)
            try:
                run_delivery(current(), work, delivery_id)
            except Exception as error:
                _note(delivery_id, error)
            finally:
                structlog.contextvars.clear_contextvars()

        return task

    return wrap


def run_delivery(context: Context, work: Work, delivery_id: int) -> None:
    """Do one delivery in one transaction, unless it is done already."""
    with context.database.unit_of_work() as session:
        subject_id = outbox.take_delivery(session, delivery_id, now())
        if subject_id is None:
            return
        structlog.contextvars.bind_contextvars(subject_id=subject_id)
        after = work(context, session, subject_id)
    if after is not None:
        after()
    _log.info("delivery_done")


def _note(delivery_id: int, error: Exception) -> None:
    """The kind of error and not its text, which may carry personal data."""
    _log.warning("delivery_failed", error=type(error).__name__)
    with current().database.unit_of_work() as session:
        outbox.note_failure(session, delivery_id, type(error).__name__, now())
