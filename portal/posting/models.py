"""Rows of orders to carriers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class OrderState(StrEnum):
    """How far an order is."""

    NEW = "new"  # the carrier has not heard of it yet
    ORDERED = "ordered"
    UNDER_WAY = "under_way"
    DELIVERED = "delivered"
    RETURNED = "returned"
    REFUSED = "refused"  # by the carrier
    CANCELLED = "cancelled"


class PostalOrder(Base):
    """An order to carry papers of a case; one of each way is open at a time."""

    __tablename__ = "postal_orders"
    __table_args__ = (
        Index("ix_postal_orders_due", "next_at", postgresql_where="next_at IS NOT NULL"),
        Index("ix_postal_orders_case", "case_id", "id"),
        Index("uq_postal_orders_open", "case_id", "way", unique=True,
              postgresql_where="state IN ('new', 'ordered', 'under_way')"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    way: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default=OrderState.NEW)
    name: Mapped[str]
    phone: Mapped[str]
    street: Mapped[str]
    commune: Mapped[str]
    cod_vnd: Mapped[int]
    # The carrier's number and its last words.
    item_code: Mapped[str | None]
    tracking: Mapped[str | None]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    # When the carrier is spoken to next.
    next_at: Mapped[datetime | None]
