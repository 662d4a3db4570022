"""Rows of what puts off the due times of many cases at once."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Identity
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class ClockShift(Base):
    """A reason to put off the due times of all open cases of an agency, or (None) of the province.

    An outage has a beginning and an end; a calendar change has the day whose work was declared otherwise.
    """

    __tablename__ = "clock_shifts"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    agency_key: Mapped[str | None] = mapped_column(ForeignKey("agencies.key"))
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    day: Mapped[date | None]
    # What was declared of that day before, if anything was.
    declared_before: Mapped[bool | None]
    reason: Mapped[str]
    declared_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    declared_at: Mapped[datetime]
    # How far it has come, and when the last open case had been looked at.
    last_case_id: Mapped[int] = mapped_column(default=0, server_default="0")
    finished_at: Mapped[datetime | None]


class ShiftedCase(Base):
    """What a clock shift did to a case: looked at once, whether or not anything changed."""

    __tablename__ = "shifted_cases"

    shift_id: Mapped[int] = mapped_column(ForeignKey("clock_shifts.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    due_before: Mapped[datetime | None]
    due_after: Mapped[datetime | None]
    # The kind of error that kept this one case from being put off; a person has to look at it.
    error: Mapped[str | None]
