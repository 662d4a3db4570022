"""The Celery application. A worker starts without Flask."""

from __future__ import annotations

import signal
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init, worker_process_init

from config import Settings
from portal.base import logs
from workers import context
from workers.schedule import SCHEDULE

settings = Settings.from_env()

app = Celery("workers", broker=settings.broker_url, include=["workers.tasks"])
app.conf.update(
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    # A task is acknowledged when it is done: one whose worker is killed is handed out again.
    task_acks_late=True,
    # One that killed its worker is not: the outbox sends it again, counts, and parks it at last.
    task_reject_on_worker_lost=False,
    worker_prefetch_multiplier=1,
    task_soft_time_limit=120,
    task_time_limit=240,
    # Longer than the longest task, or a running one would be handed out a second time. With the sweep
    # below, what a killed worker held is back in the queue within this time.
    broker_transport_options={
        "visibility_timeout": 300,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "queue_order_strategy": "priority",  # of the queues of a worker, the first named goes first
        "socket_connect_timeout": 5,
    },
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    timezone="UTC",
    task_routes={"notifications.send_bulk": {"queue": "bulk"}},
    beat_schedule=SCHEDULE,
    beat_max_loop_interval=5,
    beat_scheduler="workers.beat:SteadyScheduler",
)


@setup_logging.connect
def _configure_logs(**_: Any) -> None:
    logs.configure(settings.log_level)


@worker_init.connect
def _open_in_main(**_: Any) -> None:
    context.open_context(settings)


@worker_process_init.connect
def _open_after_fork(**_: Any) -> None:
    """Connections are not shared across a fork, and a pool process never outlives its worker."""
    from portal.runtime.supervisor import die_with_parent

    die_with_parent(signal.SIGKILL)
    context.open_context(settings)
