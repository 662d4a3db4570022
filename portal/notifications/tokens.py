"""Tokens of accounts at providers, for all processes: encrypted in the database, renewed by one at a time."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from portal.base.db import Database
from portal.gateways.messages import Gateway
from portal.gateways.zalo.zbs import TokenPair, Zbs
from portal.notifications.models import SealedToken


def with_tokens(database: Database, secret: str, now: Callable[[], datetime]) -> Callable[[Gateway], Gateway]:
    """What gives a gateway that needs tokens the place where they are kept; the others stay as they are."""

    def prepare(gateway: Gateway) -> Gateway:
        if isinstance(gateway, Zbs):
            gateway.tokens = SealedTokens(database, gateway.name, secret, now)
        return gateway

    return prepare


class SealedTokens:
    """The pair of one account. The key follows from the installation's secret, which is not in the database."""

    def __init__(self, database: Database, name: str, secret: str, now: Callable[[], datetime]):
        self._database, self._name, self._now = database, name, now
        key = hashlib.sha256(f"tokens:{name}:{secret}".encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def read(self) -> TokenPair | None:
        """The pair as it is now; None where there is none, or it was sealed with another secret."""
        with self._database.unit_of_work() as session:
            row = session.get(SealedToken, self._name)
        if row is None:
            return None
        try:
            access, refresh = json.loads(self._fernet.decrypt(row.sealed.encode()))
        except InvalidToken:
            return None
        return TokenPair(access, refresh, row.expires_at)

    def keep(self, pair: TokenPair) -> None:
        """Keep a pair, at once and for good: the refresh token before it serves no more."""
        sealed = self._fernet.encrypt(json.dumps([pair.access, pair.refresh]).encode()).decode()
        values = {"sealed": sealed, "expires_at": pair.expires_at, "renewed_at": self._now()}
        with self._database.unit_of_work() as session:
            row = insert(SealedToken).values(name=self._name, **values)
            session.execute(row.on_conflict_do_update(index_elements=["name"], set_=values))

    @contextmanager
    def locked(self) -> Iterator[Callable[[TokenPair], None]]:
        """Alone with the pair, across all processes: an advisory lock, held by a transaction of its own."""
        with self._database.unit_of_work() as session:
            session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"tokens:{self._name}"))))
            yield self.keep
