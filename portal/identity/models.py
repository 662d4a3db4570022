"""Rows of people who sign in, and of the positions staff hold."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.base.db import Base


class Role(StrEnum):
    """What a member of staff is at an agency."""

    RECEIVING_OFFICER = "receiving_officer"
    CASE_OFFICER = "case_officer"
    HEAD = "head"
    APPROVER = "approver"
    CLERK = "clerk"
    ACCOUNTANT = "accountant"
    CATALOG_EDITOR = "catalog_editor"
    CATALOG_APPROVER = "catalog_approver"
    CONFIGURATOR = "configurator"
    OPERATOR = "operator"


ROLE_NAMES = {
    Role.RECEIVING_OFFICER: "Cán bộ một cửa",
    Role.CASE_OFFICER: "Chuyên viên thụ lý",
    Role.HEAD: "Lãnh đạo phòng",
    Role.APPROVER: "Lãnh đạo phê duyệt",
    Role.CLERK: "Văn thư",
    Role.ACCOUNTANT: "Kế toán",
    Role.CATALOG_EDITOR: "Biên tập danh mục",
    Role.CATALOG_APPROVER: "Duyệt danh mục",
    Role.CONFIGURATOR: "Quản trị cấu hình",
    Role.OPERATOR: "Quản trị vận hành",
}
CATALOG_ROLES = frozenset({Role.CATALOG_EDITOR, Role.CATALOG_APPROVER})
ADMIN_ROLES = frozenset({Role.CONFIGURATOR, Role.OPERATOR})
LEADING_ROLES = frozenset({Role.HEAD, Role.APPROVER})
CASE_ROLES = frozenset(Role) - CATALOG_ROLES - ADMIN_ROLES


class Account(Base):
    """A person who can sign in: a citizen, or a member of staff who holds positions."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    full_name: Mapped[str]
    citizen_id: Mapped[str | None] = mapped_column(unique=True)
    phone: Mapped[str | None]
    residence: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    is_demo: Mapped[bool] = mapped_column(default=False)
    # SHA-256 of the code with which a first password is chosen, and until when it serves.
    activation_hash: Mapped[str | None]
    activation_until: Mapped[datetime | None]
    created_at: Mapped[datetime]

    positions: Mapped[list[Position]] = relationship(back_populates="account", order_by="Position.id")
    # What others have delegated to this person.
    delegations: Mapped[list[Delegation]] = relationship(
        foreign_keys="Delegation.account_id", order_by="Delegation.id", viewonly=True
    )


class Partner(Base):
    """Another system that files cases here for its own users, such as the national portal."""

    __tablename__ = "partners"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    # The `origin` of its cases.
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    # SHA-256 of a long random token, which is shown once and kept nowhere.
    token_hash: Mapped[str] = mapped_column(unique=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class IdempotencyKey(Base):
    """A request of a partner that was carried out, with its answer: the same one again does nothing."""

    __tablename__ = "idempotency_keys"

    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    # SHA-256 of what was asked, so that a key is not used for something else.
    fingerprint: Mapped[str]
    answer: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


class Position(Base):
    """A role at an agency, from a day to a day (both included; no end: still held)."""

    __tablename__ = "positions"
    __table_args__ = (Index("ix_positions_agency_role", "agency_key", "role"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"))
    role: Mapped[str]
    # How the holder signs ("Chủ tịch"); printed on papers.
    title: Mapped[str | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    account: Mapped[Account] = relationship(back_populates="positions")

    def holds_on(self, day: date) -> bool:
        """True if the position is held on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Delegation(Base):
    """A position that another person holds as well, from a day to a day (both included)."""

    __tablename__ = "delegations"
    __table_args__ = (Index("ix_delegations_account", "account_id"), Index("ix_delegations_position", "position_id"))

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    position_id: Mapped[int] = mapped_column(ForeignKey("positions.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    # How the other signs ("KT. CHỦ TỊCH, PHÓ CHỦ TỊCH"); printed on papers.
    title: Mapped[str | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    reason: Mapped[str]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    position: Mapped[Position] = relationship()

    def holds_on(self, day: date) -> bool:
        """True if it has begun, is not over, and was not taken back."""
        return self.revoked_at is None and self.valid_from <= day <= self.valid_to
