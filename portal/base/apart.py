"""Work for which the thread that asks for it will not do."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def apart(work: Callable[[], T]) -> T:
    """Do `work` in a thread of its own: a library that runs an event loop cannot where one is running already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()
