"""Work for which the thread that asks for it will not do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def apart(work: Callable[[], T]) -> T:
    """Do `work` in a thread of its own: a library that runs an event loop cannot where one is running already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


def apart_async(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """`apart`, for work that awaits."""
    return apart(lambda: asyncio.run(work()))
