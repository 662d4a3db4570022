"""What tasks work with, opened once in each process."""

from __future__ import annotations

from dataclasses import dataclass

from redis import Redis

from config import Settings
from portal.base.db import Database
from portal.gateways.antivirus import Scanner
from portal.gateways.antivirus.clamd import Clamd
from portal.gateways.sms import SmsGateway
from portal.gateways.sms.esms import Esms
from portal.gateways.sms.test_phone import TestPhone
from portal.gateways.storage import Storage
from portal.gateways.storage.connect import connect


@dataclass(frozen=True)
class Context:
    """The database and the gateways of this process."""

    settings: Settings
    database: Database
    storage: Storage
    sms: SmsGateway | None
    scanner: Scanner | None


_context: Context | None = None


def open_context(settings: Settings) -> Context:
    """Open connections for this process, in place of any that were inherited."""
    global _context
    database = Database(settings.database_url, pool_size=2, checks_connections=False)
    storage = connect(settings.files_dir, settings.files_url, settings.s3_endpoint_url)
    scanner = Clamd(settings.clamd) if settings.clamd else None
    _context = Context(settings, database, storage, _sms_gateway(settings), scanner)
    return _context


def _sms_gateway(settings: Settings) -> SmsGateway | None:
    if settings.sms_provider == "test_phone":
        return TestPhone(Redis.from_url(settings.redis_url))
    if settings.sms_provider == "esms":
        return Esms(settings.esms_url, settings.esms_api_key, settings.esms_secret_key, settings.esms_brandname)
    return None


def current() -> Context:
    """The context of this process."""
    if _context is None:
        raise RuntimeError("open_context was not called in this process")
    return _context
