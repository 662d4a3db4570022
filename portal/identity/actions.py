"""Accounts: making them and checking passwords."""

from __future__ import annotations

from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload

from portal.base.clock import local_day
from portal.identity.models import Account, Position, Role
from services_catalog.text import nfc

_hasher = PasswordHasher()
# Compared against when the login does not exist, so that the answer takes as long either way.
_NOBODY = _hasher.hash("nobody")


def login_key(typed: str) -> str:
    """A login as it is kept: people type spaces and capitals."""
    return nfc(typed).lower()


def sign_in(session: Session, login: str, password: str) -> Account | None:
    """The active account with this login and password, or None."""
    account = session.scalar(
        select(Account).where(Account.login == login_key(login)).options(selectinload(Account.positions))
    )
    try:
        _hasher.verify(account.password_hash if account else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    return account if account and account.is_active else None


def create_account(
    session: Session,
    *,
    login: str,
    password: str,
    full_name: str,
    now: datetime,
    citizen_id: str | None = None,
    phone: str | None = None,
    residence: str | None = None,
    is_demo: bool = False,
) -> Account:
    """A new account. The login is kept in lower case."""
    account = Account(
        login=login_key(login),
        password_hash=_hasher.hash(password),
        full_name=full_name,
        citizen_id=citizen_id,
        phone=phone,
        residence=residence,
        is_demo=is_demo,
        created_at=now,
    )
    session.add(account)
    session.flush()
    return account


def set_password(account: Account, password: str) -> None:
    """Another password from now on."""
    account.password_hash = _hasher.hash(password)


def close_account(session: Session, login: str) -> bool:
    """Nobody signs in with this login any more; False if there is no such login."""
    done = session.execute(update(Account).where(Account.login == login_key(login)).values(is_active=False))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def appoint(
    session: Session, account: Account, agency_key: str, role: Role, now: datetime, *, title: str | None = None
) -> Position:
    """Give the account a role at an agency from today (local day) on; `title` is how the holder signs."""
    position = Position(account_id=account.id, agency_key=agency_key, role=role, title=title, valid_from=local_day(now))
    session.add(position)
    session.flush()
    return position
