"""Reads of accounts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, selectinload

from portal.identity.models import Account, Delegation, Position, Role


def account(session: Session, account_id: int) -> Account | None:
    """The active account with its positions, or None."""
    lent = selectinload(Account.delegations).joinedload(Delegation.position).joinedload(Position.account)
    found = session.get(Account, account_id, options=[selectinload(Account.positions), lent])
    return found if found and found.is_active else None


def holders(session: Session, agency_key: str, role: Role, day: date) -> list[Account]:
    """The active accounts that hold `role` at the agency on `day`, in their own right, oldest account first."""
    query = select(Account).join(Position).where(Account.is_active, *_held(agency_key, role, day))
    return list(session.scalars(query.order_by(Account.id)).unique())


def deputies(session: Session, agency_key: str, role: Role, day: date) -> list[Account]:
    """The active accounts to which somebody has delegated `role` at the agency for that day."""
    query = (
        select(Account)
        .join(Delegation, Delegation.account_id == Account.id)
        .join(Position, Position.id == Delegation.position_id)
        .where(
            Account.is_active,
            Delegation.revoked_at.is_(None),
            Delegation.valid_from <= day,
            Delegation.valid_to >= day,
            *_held(agency_key, role, day),
        )
    )
    return list(session.scalars(query.order_by(Account.id)).unique())


def holds_position(account_id: Any, agency_key: Any, role: Any, day: date) -> ColumnElement[bool]:
    """For a query with these columns: true if the account is active and holds the position in its own right."""
    return exists().where(
        Account.id == account_id,
        Account.is_active,
        Position.account_id == Account.id,
        Position.agency_key == agency_key,
        Position.role == role,
        Position.valid_from <= day,
        or_(Position.valid_to.is_(None), Position.valid_to >= day),
    )


def absent(session: Session, agency_key: str, role: Role, day: date) -> set[int]:
    """The accounts that have delegated `role` at the agency for that day."""
    query = select(Position.account_id).join(Delegation).where(
        Delegation.revoked_at.is_(None), Delegation.valid_from <= day, Delegation.valid_to >= day,
        *_held(agency_key, role, day),
    )  # fmt: skip
    return set(session.scalars(query))


def _held(agency_key: str, role: Role, day: date) -> tuple[ColumnElement[bool], ...]:
    return (
        Position.agency_key == agency_key,
        Position.role == role,
        Position.valid_from <= day,
        or_(Position.valid_to.is_(None), Position.valid_to >= day),
    )


def title_of(
    session: Session, account_id: int, agency_keys: Collection[str], role: Role, acted_for: int | None, day: date
) -> str | None:
    """How the account signs in that role at one of the agencies, or None where that is not recorded.

    `acted_for`: the account in whose stead it was signed on `day`.
    """
    if acted_for is not None:
        lent = select(Delegation.title).join(Position).where(
            Delegation.account_id == account_id, Position.account_id == acted_for, Position.role == role,
            Position.agency_key.in_(agency_keys), Delegation.valid_from <= day, Delegation.valid_to >= day,
        )  # fmt: skip
        return session.scalar(lent.order_by(Delegation.id.desc()).limit(1))
    query = select(Position.title).where(
        Position.account_id == account_id, Position.agency_key.in_(agency_keys), Position.role == role
    )
    return session.scalar(query.order_by(Position.id.desc()).limit(1))


def names(session: Session, account_ids: Iterable[int]) -> dict[int, str]:
    """Full names by account id."""
    query = select(Account.id, Account.full_name).where(Account.id.in_(set(account_ids)))
    return {row.id: row.full_name for row in session.execute(query)}


def account_of_citizen(session: Session, citizen_id: str) -> int | None:
    """The account of the person with this identification number, if they have one."""
    return session.scalar(select(Account.id).where(Account.citizen_id == citizen_id, Account.is_active))
