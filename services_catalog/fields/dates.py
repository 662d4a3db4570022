"""Days, and days of which only a part is known."""

from __future__ import annotations

import re
from datetime import date

from services_catalog.fields.kind import FieldError, Kind
from services_catalog.form import FormField

_DAY = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_MONTH = re.compile(r"(\d{1,2})[/.\- ](\d{4})")
_FIRST_YEAR = 1850


class Date(Kind):
    """A day, typed as 31/12/2026, kept as 2026-12-31."""

    label = "Ngày, tháng, năm"
    help = "Ngày/tháng/năm."
    example = "05/09/2026"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        return _checked(_day(typed), field, today).isoformat()

    def typed(self, field: FormField, value: str) -> dict[str, str]:
        return {field.name: self.show(value, field)}

    def show(self, value: str, field: FormField) -> str:
        return date.fromisoformat(value).strftime("%d/%m/%Y")


class PartialDate(Kind):
    """A day, a month or only a year: what older papers know. Kept as 1950-03-02, 1950-03 or 1950."""

    label = "Ngày, hoặc chỉ biết năm"
    help = "Ngày/tháng/năm. Chỉ biết năm thì ghi năm."
    example = "02/03/1950, hoặc 1950"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        if re.fullmatch(r"\d{4}", typed):
            return f"{_checked(date(max(int(typed), 1), 1, 1), field, today):%Y}"
        if (month := _MONTH.fullmatch(typed)) and 1 <= int(month[1]) <= 12 and int(month[2]):
            return f"{_checked(date(int(month[2]), int(month[1]), 1), field, today):%Y-%m}"
        return _checked(_day(typed), field, today).isoformat()

    def typed(self, field: FormField, value: str) -> dict[str, str]:
        return {field.name: self.show(value, field)}

    def show(self, value: str, field: FormField) -> str:
        return "/".join(reversed(value.split("-")))


class Year(Kind):
    """A year that is over or runs."""

    label = "Năm"
    input_mode = "numeric"

    def clean(self, typed: str, field: FormField, today: date) -> int:
        if not re.fullmatch(r"\d{4}", typed) or not 1900 <= int(typed) <= today.year:
            raise FieldError(f"Hãy nhập năm gồm 4 chữ số, từ 1900 đến {today.year}.")
        return int(typed)


def _day(typed: str) -> date:
    iso, usual = _ISO.fullmatch(typed), _DAY.fullmatch(typed)
    if not iso and not usual:
        raise FieldError("Hãy nhập ngày/tháng/năm, ví dụ 05/09/2026.")
    year, month, day = iso.groups() if iso else reversed(usual.groups()) if usual else ("", "", "")
    try:
        return date(int(year), int(month), int(day))
    except ValueError as error:
        raise FieldError("Ngày này không có trong lịch.") from error


def _checked(day: date, field: FormField, today: date) -> date:
    if field.past and day > today:
        raise FieldError("Ngày này chưa tới. Hãy kiểm tra lại.")
    if day.year < _FIRST_YEAR:
        raise FieldError(f"Năm phải từ {_FIRST_YEAR} trở đi.")
    return day
