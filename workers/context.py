"""What tasks work with, opened once in each process."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from config import Settings
from portal.base.clock import now
from portal.base.db import Database
from portal.cases import following
from portal.gateways.antivirus import Scanner
from portal.gateways.antivirus.clamd import Clamd
from portal.gateways.exchange_axis import Axis, axis_from
from portal.gateways.payments import gateways_from
from portal.gateways.posting import Post, post_from
from portal.gateways.receipts import ReceiptProvider, provider_from
from portal.gateways.storage import Storage
from portal.gateways.storage.connect import connect
from portal.issuing.tools import Tools, tools_from
from portal.notifications.policy import policy_from
from portal.notifications.routes import routes_from
from portal.notifications.sending import Sender
from portal.notifications.tokens import with_tokens
from portal.payments.asking import Asker


@dataclass(frozen=True)
class Context:
    """The database and the gateways of this process."""

    settings: Settings
    database: Database
    storage: Storage
    sender: Sender
    scanner: Scanner | None
    payments: Asker
    receipts: ReceiptProvider | None
    tools: Tools
    axis: Axis | None
    post: Post | None


_context: Context | None = None


def open_context(settings: Settings) -> Context:
    """Open connections for this process, in place of any that were inherited."""
    global _context
    database = Database(settings.database_url, pool_size=2, checks_connections=False)
    storage = connect(settings.files_dir, settings.files_url, settings.s3_endpoint_url)
    scanner = Clamd(settings.clamd) if settings.clamd else None
    env = settings.gateways
    _context = Context(settings, database, storage, _sender(settings, database), scanner,
                       Asker(database, gateways_from(env), now), provider_from(env),
                       tools_from(env, settings.signature_roots, storage, settings.base_url),
                       axis_from(env), post_from(env))  # fmt: skip
    return _context


def _sender(settings: Settings, database: Database) -> Sender:
    def code_text(session: Session, code_id: int) -> str | None:
        return following.text_of(session, code_id, settings.secret_key, now())

    routes = routes_from(settings.gateways, prepare=with_tokens(database, settings.secret_key, now))
    policy = replace(policy_from(settings.gateways), base_url=settings.base_url).only(routes.channels())
    return Sender(database, routes, policy, now, code_text, random.SystemRandom())


def current() -> Context:
    """The context of this process."""
    if _context is None:
        raise RuntimeError("open_context was not called in this process")
    return _context
