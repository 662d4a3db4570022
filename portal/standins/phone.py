"""The phone of the trial: what has arrived, for the page that shows it.

It is in Redis and not in the database, because it plays what is outside of the portal.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import Any

from redis import Redis

_INBOX = "test_phone:inbox"
_LONGEST = 500


@dataclass(frozen=True)
class Arrived:
    """A message on the phone, or in the mailbox. `key` is the sender's, where the provider is told it."""

    channel: str
    gateway: str
    to: str
    text: str
    key: str = ""
    subject: str = ""
    at: float = 0


class TestPhone:
    """The newest messages."""

    __test__ = False  # the name begins like a test class

    def __init__(self, redis: Redis):
        self._redis: Any = redis

    def put(self, arrived: Arrived) -> None:
        """Show a message."""
        entry = json.dumps({**asdict(arrived), "at": arrived.at or time.time()}, ensure_ascii=False)
        with self._redis.pipeline() as both:
            both.lpush(_INBOX, entry)
            both.ltrim(_INBOX, 0, _LONGEST - 1)
            both.execute()

    def inbox(self, to: str | None = None) -> list[Arrived]:
        """The messages, newest first; only those to this number or address if it is given."""
        messages = [Arrived(**json.loads(entry)) for entry in self._redis.lrange(_INBOX, 0, -1)]
        return [message for message in messages if to in (None, message.to)]
