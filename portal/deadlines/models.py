"""Rows of working time: what agencies keep in place of the shipped calendar."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class OfficeHoursRow(Base):
    """Office hours from a day on, of one agency, or of the whole province where no agency is named."""

    __tablename__ = "office_hours"
    __table_args__ = (
        Index("uq_office_hours_from", "agency_key", "valid_from", unique=True, postgresql_nulls_not_distinct=True),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    agency_key: Mapped[str | None] = mapped_column(ForeignKey("agencies.key"))
    valid_from: Mapped[date]
    # `services_catalog.reference.OfficeHours` as JSON.
    hours: Mapped[dict[str, Any]]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    changed_at: Mapped[datetime]


class CalendarDay(Base):
    """A day declared off or worked, at one agency or in the whole province."""

    __tablename__ = "calendar_days"
    __table_args__ = (
        Index("uq_calendar_days_day", "agency_key", "day", unique=True, postgresql_nulls_not_distinct=True),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    agency_key: Mapped[str | None] = mapped_column(ForeignKey("agencies.key"))
    day: Mapped[date]
    is_worked: Mapped[bool]
    note: Mapped[str]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    changed_at: Mapped[datetime]
