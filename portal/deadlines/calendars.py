"""The working calendar of each agency: what it declared itself, else the province, else the shipped data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.deadlines.calendar import Era, WorkCalendar, provincial_calendar
from portal.deadlines.models import CalendarDay, OfficeHoursRow
from services_catalog.reference import OfficeHours


def calendar_of(session: Session, agency_key: str | None) -> WorkCalendar:
    """The calendar of an agency; None: of the province. Read once in a session."""
    known: dict[str | None, WorkCalendar] = session.info.setdefault("calendars", {})
    if agency_key not in known:
        known[agency_key] = _calendar(session, agency_key)
    return known[agency_key]


def forget_calendars(session: Session) -> None:
    """Read calendars anew from now on: they have changed."""
    session.info.pop("calendars", None)


def _calendar(session: Session, agency_key: str | None) -> WorkCalendar:
    def here(column: InstrumentedAttribute[str | None]) -> ColumnElement[bool]:
        return or_(column.is_(None), column == agency_key)

    any_hours, any_days = (exists().where(here(row.agency_key)) for row in (OfficeHoursRow, CalendarDay))
    if not session.scalar(select(or_(any_hours, any_days))):  # one question where nothing was declared, as usual
        return provincial_calendar()
    hours = session.scalars(select(OfficeHoursRow).where(here(OfficeHoursRow.agency_key))).all()
    days = session.scalars(select(CalendarDay).where(here(CalendarDay.agency_key))).all()
    shipped = provincial_calendar()
    own_last = sorted(days, key=lambda row: row.agency_key is not None)
    return WorkCalendar(_eras(shipped, hours), {**shipped.overrides, **{row.day: row.is_worked for row in own_last}})


def _eras(shipped: WorkCalendar, rows: Sequence[OfficeHoursRow]) -> tuple[Era, ...]:
    """Each day by the newest hours of the agency, else of the province, else as shipped."""
    own = _sorted(row for row in rows if row.agency_key)
    province = _sorted(row for row in rows if row.agency_key is None)
    starts = sorted({date.min, *(era.since for era in (*own, *province))})

    def hours_on(day: date) -> OfficeHours:
        held = [era.hours for layer in (province, own) for era in layer if era.since <= day]
        return held[-1] if held else shipped.eras[0].hours

    return tuple(Era(start, hours_on(start)) for start in starts)


def _sorted(rows: Iterable[OfficeHoursRow]) -> list[Era]:
    eras = [Era(row.valid_from, OfficeHours.model_validate(row.hours)) for row in rows]
    return sorted(eras, key=lambda era: era.since)
