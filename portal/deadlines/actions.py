"""Changing the calendar of an agency or of the province. Due times that were promised: `portal.cases.shifts`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base.clock import local_day
from portal.base.errors import Forbidden, Invalid, NotFound
from portal.deadlines.calendars import calendar_of, forget_calendars
from portal.deadlines.models import CalendarDay, OfficeHoursRow
from portal.identity.actor import Actor
from portal.identity.models import Role
from services_catalog.reference import OfficeHours
from services_catalog.text import nfc

_FURTHEST = timedelta(days=5 * 366)


def may_configure(actor: Actor, agency_key: str | None) -> bool:
    """True if this person keeps the calendar of the agency, or (None) of the province."""
    return actor.has_everywhere(Role.CONFIGURATOR) or (
        agency_key is not None and actor.has(Role.CONFIGURATOR, agency_key)
    )


def set_hours(
    session: Session, agency_key: str | None, valid_from: date, hours: OfficeHours, *, by: Actor, now: datetime
) -> OfficeHoursRow:
    """Office hours from a day on. Due times that were promised stay as they are."""
    _require(session, by, agency_key)
    if abs(valid_from - local_day(now)) > _FURTHEST:
        raise Invalid({"valid_from": "Chỉ khai báo trong vòng năm năm trước và sau hôm nay."})
    row = session.scalar(
        select(OfficeHoursRow).where(
            OfficeHoursRow.agency_key.is_not_distinct_from(agency_key), OfficeHoursRow.valid_from == valid_from
        )
    ) or OfficeHoursRow(agency_key=agency_key, valid_from=valid_from)
    row.hours, row.changed_by, row.changed_at = hours.model_dump(mode="json"), by.account_id, now
    session.add(row)
    session.flush()
    forget_calendars(session)
    return row


def remove_hours(session: Session, row_id: int, *, by: Actor) -> None:
    """Take declared office hours back. Raises `NotFound`."""
    row = session.get(OfficeHoursRow, row_id)
    if row is None or not may_configure(by, row.agency_key):
        raise NotFound("Không tìm thấy giờ làm việc này.")
    session.delete(row)
    session.flush()
    forget_calendars(session)


def declare_day(
    session: Session, agency_key: str | None, day: date, is_worked: bool, note: str, *, by: Actor, now: datetime
) -> bool | None:
    """Declare a day off or worked. Returns what was declared of it before, None if nothing. Raises `Invalid`."""
    _require(session, by, agency_key)
    if not nfc(note):
        raise Invalid({"note": "Hãy ghi căn cứ, ví dụ số văn bản công bố ngày nghỉ."})
    if abs(day - local_day(now)) > _FURTHEST:
        raise Invalid({"day": "Chỉ khai báo ngày trong vòng năm năm trước và sau hôm nay."})
    before = calendar_of(session, agency_key).overrides.get(day)
    row = session.scalar(
        select(CalendarDay).where(CalendarDay.agency_key.is_not_distinct_from(agency_key), CalendarDay.day == day)
    ) or CalendarDay(agency_key=agency_key, day=day)
    row.is_worked, row.note, row.changed_by, row.changed_at = is_worked, nfc(note), by.account_id, now
    session.add(row)
    session.flush()
    forget_calendars(session)
    return before


def hours_declared(session: Session, agency_key: str | None) -> Sequence[OfficeHoursRow]:
    """What was declared for the agency itself, or (None) for the province; the newest first."""
    query = select(OfficeHoursRow).where(OfficeHoursRow.agency_key.is_not_distinct_from(agency_key))
    return session.scalars(query.order_by(OfficeHoursRow.valid_from.desc())).all()


def days_declared(session: Session, agency_key: str | None, since: date) -> Sequence[CalendarDay]:
    """Days declared for the agency itself, or (None) for the province, from `since` on."""
    query = select(CalendarDay).where(CalendarDay.agency_key.is_not_distinct_from(agency_key), CalendarDay.day >= since)
    return session.scalars(query.order_by(CalendarDay.day)).all()


def _require(session: Session, by: Actor, agency_key: str | None) -> None:
    if not may_configure(by, agency_key):
        raise Forbidden("Lịch này do người quản trị cấu hình của cơ quan hoặc của tỉnh quản lý.")
    if agency_key is not None and session.get(Agency, agency_key) is None:
        raise NotFound("Không có cơ quan này.")
