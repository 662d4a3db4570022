"""The development phone: messages appear on a page of the portal and go nowhere else.

The inbox is in Redis and not in the database, because it plays a system outside of ours: what is in
it has left the portal.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from portal.gateways.sms import Sms, SmsFailed

_INBOX = "test_phone:inbox"
_LONGEST = 500


class TestPhone:
    """A phone that takes every message once, as a gateway that honours request ids does."""

    __test__ = False  # the name begins like a test class

    def __init__(self, redis: Redis):
        self._redis: Any = redis

    def send(self, sms: Sms) -> None:
        """Put the message on the phone. The same message again is the same member of the set, so it is dropped."""
        member = json.dumps(asdict(sms), ensure_ascii=False, sort_keys=True)
        try:
            with self._redis.pipeline() as both:
                both.zadd(_INBOX, {member: time.time()}, nx=True)
                both.zremrangebyrank(_INBOX, 0, -_LONGEST - 1)
                both.execute()
        except RedisError as error:
            raise SmsFailed(type(error).__name__) from error

    def inbox(self, phone: str | None = None) -> list[Sms]:
        """The messages on the phone, newest first; only those to `phone` if it is given."""
        messages = [Sms(**json.loads(member)) for member in self._redis.zrevrange(_INBOX, 0, -1)]
        return [sms for sms in messages if phone in (None, sms.phone)]
