"""The workers' app with one more task that does nothing, to measure what the broker alone costs."""

from __future__ import annotations

from redis import Redis

from config import Settings
from workers.app import app

COUNTER = "bench:nothing"
_redis = Redis.from_url(Settings.from_env().redis_url)


@app.task(name="bench.nothing")
def nothing(_: int) -> None:
    """Only says that it ran."""
    _redis.incr(COUNTER)
