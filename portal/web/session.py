"""What a request works with: its database session, and the person who is signed in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app, g
from flask_login import LoginManager, UserMixin, current_user
from sqlalchemy.orm import Session

from config import Settings
from portal.base.clock import local_day, now
from portal.base.db import Database
from portal.documents.uploads import Checks
from portal.gateways.storage import Storage
from portal.identity import queries as identity
from portal.identity.actor import Actor, actor_for
from portal.identity.models import Account
from portal.issuing.tools import Tools


class SignedIn(UserMixin):
    """The account behind the cookie, for Flask-Login."""

    def __init__(self, account: Account):
        self.account = account
        # Another password ends all sessions: they name the one they were begun with.
        self.id = session_id(account)
        self.actor = actor_for(account, local_day(now()))


def session_id(account: Account) -> str:
    """What a session keeps of the account: its number, and a fingerprint of its password."""
    return f"{account.id}.{hashlib.sha256(account.password_hash.encode()).hexdigest()[:16]}"


def settings() -> Settings:
    """The settings of this site."""
    found: Settings = current_app.config["SETTINGS"]
    return found


def storage() -> Storage:
    """Where files are kept."""
    found: Storage = current_app.extensions["storage"]
    return found


def tools() -> Tools:
    """What signing works with."""
    found: Tools = current_app.extensions["signing"]
    return found


def checks() -> Checks:
    """What every file goes through that comes in."""
    chosen = settings()
    return Checks(chosen.max_upload_mb, current_app.extensions["scanner"], chosen.signature_roots)


def db() -> Session:
    """The session of this request, for reading; it is closed at the end without a commit."""
    if "db" not in g:
        database: Database = current_app.extensions["database"]
        g.db = database.session()
    session: Session = g.db
    return session


@contextmanager
def writing() -> Iterator[Session]:
    """The session of this request in a transaction that commits at the end of the block."""
    session = db()
    session.rollback()  # reads before this may be old: begin afresh
    with session.begin():
        yield session


@contextmanager
def writing_alone() -> Iterator[Session]:
    """A transaction of a command, outside any request."""
    database = Database(settings().database_url, pool_size=1)
    try:
        with database.unit_of_work() as session:
            yield session
    finally:
        database.dispose()


def current_actor() -> Actor | None:
    """The person who is signed in, with today's roles."""
    return current_user.actor if current_user.is_authenticated else None


def actor() -> Actor:
    """Like `current_actor`, where the route is open to signed-in people only."""
    found = current_actor()
    if found is None:
        raise RuntimeError("this route is open to people who are not signed in")
    return found


def account() -> Account:
    """The account of the person who is signed in."""
    found: Account = current_user.account
    return found


def install(app: Flask) -> None:
    """Sessions and sign-in for `app`."""
    # Its own context processor would ask the database again, also for the page that says it is down.
    manager = LoginManager(app, add_context_processor=False)
    manager.session_protection = "basic"

    @manager.user_loader
    def load(kept: str) -> SignedIn | None:
        number = kept.partition(".")[0]
        found = identity.account(db(), int(number)) if number.isdecimal() else None
        return SignedIn(found) if found and session_id(found) == kept else None

    @app.teardown_appcontext
    def close(_: BaseException | None) -> None:
        if session := g.pop("db", None):
            session.close()
