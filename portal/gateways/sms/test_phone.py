"""The development phone: messages appear on a page of the portal and go nowhere else.

The inbox is in Redis and not in the database, because it plays a system outside of ours: what is in
it has left the portal.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from redis import Redis
from redis.exceptions import RedisError

from portal.gateways.sms import Sms, SmsFailed

_INBOX = "test_phone:inbox"
_SEEN = "test_phone:seen"
_LONGEST = 500


class TestPhone:
    """A phone that takes every message once, as a gateway that honours request ids does."""

    __test__ = False  # the name begins like a test class

    def __init__(self, redis: Redis):
        self._redis = redis

    def send(self, sms: Sms) -> None:
        """Put the message on the phone; a request id that was seen before is dropped."""
        try:
            with self._redis.pipeline() as pipe:
                pipe.watch(_SEEN)
                if pipe.sismember(_SEEN, sms.request_id):
                    return
                pipe.multi()
                pipe.sadd(_SEEN, sms.request_id)
                pipe.lpush(_INBOX, json.dumps(asdict(sms), ensure_ascii=False))
                pipe.ltrim(_INBOX, 0, _LONGEST - 1)
                pipe.execute()
        except RedisError as error:
            raise SmsFailed(type(error).__name__) from error

    def inbox(self, phone: str | None = None) -> list[Sms]:
        """The messages on the phone, newest first; only those to `phone` if it is given."""
        messages = [Sms(**json.loads(row)) for row in self._redis.lrange(_INBOX, 0, -1)]  # type: ignore[union-attr]
        return [sms for sms in messages if phone in (None, sms.phone)]
