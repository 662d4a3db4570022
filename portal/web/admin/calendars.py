"""The working calendar of an agency: office hours from a day on, days off and days worked."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from pydantic import ValidationError
from sqlalchemy.orm import Session

from portal.administration import audit
from portal.administration.audit import Subject
from portal.base.clock import local_day, now
from portal.base.errors import Invalid
from portal.cases import shifts
from portal.deadlines import actions
from portal.deadlines.calendar import WorkCalendar
from portal.deadlines.calendars import calendar_of
from portal.web.access import configurator
from portal.web.admin import agencies
from portal.web.admin.blueprint import blueprint
from portal.web.requests import day_in
from portal.web.session import actor, db, writing
from services_catalog.mistakes import field_mistakes
from services_catalog.reference import OfficeHours

WEEKDAYS = ("Hai", "Ba", "Tư", "Năm", "Sáu", "Bảy", "CN")
_YEARS = (-1, 3)  # how far back and ahead the picture of a year goes


@dataclass(frozen=True)
class DayCell:
    """A day in the picture of a year."""

    day: date
    is_worked: bool
    is_declared: bool


@blueprint.get("/lich")
@configurator
def calendar_page() -> str:
    """The year as a picture, what was declared, and the forms to declare more."""
    return _page({})


@blueprint.post("/lich/ngay")
@configurator
def declare_day() -> Any:
    """Declare a day off or worked."""
    agency_key = agencies.chosen(agencies.options())
    day, kind = day_in(request.form.get("day")), request.form.get("kind")
    if day is None or kind not in ("off", "worked"):
        errors = {} if day else {"day": "Hãy chọn ngày."}
        return _page(errors | ({} if kind in ("off", "worked") else {"kind": "Hãy chọn nghỉ hay làm việc."})), 422
    try:
        with writing() as session:
            shift = shifts.declare_day(session, agency_key, day, kind == "worked", request.form.get("note", ""),
                                       by=actor(), now=now())  # fmt: skip
            _record(session, agency_key, "Khai báo ngày", day=day.isoformat(), kind=kind)
    except Invalid as invalid:
        return _page(invalid.errors), 422
    flash("Đã ghi." + (" Thời hạn của hồ sơ đang mở sẽ được dời trong ít phút." if shift else ""))
    return _back(agency_key)


@blueprint.post("/lich/gio")
@configurator
def set_hours() -> Any:
    """Office hours from a day on."""
    agency_key = agencies.chosen(agencies.options())
    valid_from = day_in(request.form.get("valid_from"))
    try:
        hours = OfficeHours.model_validate(_typed_hours())
        if valid_from is None:
            raise Invalid({"valid_from": "Hãy chọn ngày bắt đầu áp dụng."})
        with writing() as session:
            actions.set_hours(session, agency_key, valid_from, hours, by=actor(), now=now())
            _record(session, agency_key, "Ghi giờ làm việc", valid_from=valid_from.isoformat())
    except ValidationError as error:
        return _page(_hour_errors(error)), 422
    except Invalid as invalid:
        return _page(invalid.errors), 422
    flash("Đã ghi giờ làm việc. Hồ sơ đã hẹn vẫn giữ ngày hẹn.")
    return _back(agency_key)


@blueprint.post("/lich/gio/<int:row_id>/xoa")
@configurator
def remove_hours(row_id: int) -> Any:
    """Take declared office hours back."""
    agency_key = agencies.chosen(agencies.options())
    with writing() as session:
        actions.remove_hours(session, row_id, by=actor())
        _record(session, agency_key, "Bỏ giờ làm việc")
    flash("Đã bỏ giờ làm việc này.")
    return _back(agency_key)


def _record(session: Session, agency_key: str | None, what: str, **details: str) -> None:
    audit.record(session, actor(), Subject.CALENDAR, agency_key or "toàn tỉnh", what, now(), **details)


def _typed_hours() -> dict[str, Any]:
    form = request.form
    pairs = [(form.get(f"opens_{n}"), form.get(f"closes_{n}")) for n in (1, 2)]
    return {
        "working_days": [int(day) for day in form.getlist("weekday") if day in set("0123456")],
        "sessions": [pair for pair in pairs if any(pair)],
        "same_day_cutoff": form.get("cutoff"),
    }


def _hour_errors(error: ValidationError) -> dict[str, str]:
    inputs = {"working_days": "weekday", "sessions": "opens_1", "same_day_cutoff": "cutoff"}
    sentences = {
        "weekday": "Hãy chọn ít nhất một ngày làm việc trong tuần.",
        "cutoff": "Hãy ghi giờ chốt trong ngày, ví dụ 15:00.",
    }
    found = {}
    for mistake in field_mistakes(error):
        name = inputs.get(str(mistake.place[0]) if mistake.place else "", "opens_1")
        out_of_order = mistake.place == ("sessions",) and "giờ sau" in mistake.sentence
        usual = sentences.get(name, "Hãy ghi đủ giờ bắt đầu và kết thúc mỗi buổi.")
        found[name] = mistake.sentence if out_of_order else usual
    return found


def _page(errors: dict[str, str]) -> str:
    session, known = db(), agencies.options()
    agency_key = agencies.chosen(known)
    today = local_day(now())
    year = max(today.year + _YEARS[0], min(today.year + _YEARS[1], request.values.get("nam", today.year, type=int)))
    days = actions.days_declared(session, agency_key, date(year, 1, 1))
    work = calendar_of(session, agency_key)
    return render_template(
        "admin/calendar.html", agencies=known, agency_key=agency_key or "", year=year, today=today, weekdays=WEEKDAYS,
        months=list(_months(work, year)), hours=work.hours_on(today), days=days,
        declared_hours=actions.hours_declared(session, agency_key), errors=errors,
        typed=request.form, years=[(str(y), str(y)) for y in range(today.year + _YEARS[0], today.year + _YEARS[1] + 1)],
    )  # fmt: skip


def _months(work: WorkCalendar, year: int) -> Iterator[tuple[int, list[list[DayCell | None]]]]:
    for month in range(1, 13):
        weeks = calendar.Calendar().monthdatescalendar(year, month)
        yield month, [[_cell(work, day) if day.month == month else None for day in week] for week in weeks]


def _cell(work: WorkCalendar, day: date) -> DayCell:
    return DayCell(day, work.is_working_day(day), day in work.overrides)


def _back(agency_key: str | None) -> Any:
    where: dict[str, Any] = {"co-quan": agency_key or "", "nam": request.form.get("nam")}
    return redirect(url_for("admin.calendar_page", **where))
