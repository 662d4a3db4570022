"""Reads of accounts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from portal.identity.models import Account, Position, Role


def account(session: Session, account_id: int) -> Account | None:
    """The active account with its positions, or None."""
    found = session.get(Account, account_id, options=[selectinload(Account.positions)])
    return found if found and found.is_active else None


def holders(session: Session, agency_key: str, role: Role, day: date) -> list[Account]:
    """The active accounts that hold `role` at the agency on `day`, oldest account first."""
    query = (
        select(Account)
        .join(Position)
        .where(
            Account.is_active,
            Position.agency_key == agency_key,
            Position.role == role,
            Position.valid_from <= day,
            or_(Position.valid_to.is_(None), Position.valid_to >= day),
        )
        .order_by(Account.id)
    )
    return list(session.scalars(query).unique())


def title_of(session: Session, account_id: int, agency_key: str, role: Role) -> str | None:
    """How the account signs in that role at the agency, or None where that is not recorded."""
    query = select(Position.title).where(
        Position.account_id == account_id, Position.agency_key == agency_key, Position.role == role
    )
    return session.scalar(query.order_by(Position.id.desc()).limit(1))


def names(session: Session, account_ids: Iterable[int]) -> dict[int, str]:
    """Full names by account id."""
    query = select(Account.id, Account.full_name).where(Account.id.in_(set(account_ids)))
    return {row.id: row.full_name for row in session.execute(query)}
