"""Working time of offices: which days are worked, and counting hours and days through them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

import holidays
from dateutil.relativedelta import relativedelta

from portal.base.clock import VIETNAM, local
from services_catalog.loader import office_calendar
from services_catalog.reference import DayOverride, OfficeHours


@dataclass(frozen=True)
class Era:
    """Office hours that hold from a day on, until the next era begins."""

    since: date
    hours: OfficeHours


@dataclass(frozen=True)
class WorkCalendar:
    """Office hours with holidays and declared exceptions. Days are local; instants may have any zone.

    `eras` are in order of time; the first one also holds for the days before it.
    """

    eras: tuple[Era, ...]
    overrides: Mapping[date, bool]

    def hours_on(self, day: date) -> OfficeHours:
        """The office hours that hold on `day`."""
        held = [era.hours for era in self.eras if era.since <= day]
        return held[-1] if held else self.eras[0].hours

    def is_working_day(self, day: date) -> bool:
        """Declared days first, then weekends, then public holidays (BLLĐ 2019, Điều 112)."""
        if day in self.overrides:
            return self.overrides[day]
        return day.weekday() in self.hours_on(day).working_days and day not in _public_holidays(day.year)

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`."""
        day += timedelta(days=1)
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day

    def add_working_hours(self, start: datetime, hours: float) -> datetime:
        """The instant at which `hours` of working time have passed since `start`."""
        left = timedelta(hours=hours)
        day = local(start).date()
        position = local(start)
        while True:
            for begin, end in self._sessions(day):
                begin = max(begin, position)
                if begin < end:
                    if left <= end - begin:
                        return begin + left
                    left -= end - begin
            day = self.next_working_day(day)

    def subtract_working_hours(self, end: datetime, hours: float) -> datetime:
        """The latest instant from which `hours` of working time pass until `end`."""
        left, day = timedelta(hours=hours), local(end).date()
        while left > timedelta():
            for opens, closes in reversed(self._sessions(day)):
                closes = min(closes, end)
                if opens < closes and left <= closes - opens:
                    return closes - left
                left -= max(timedelta(), closes - opens)
            day -= timedelta(days=1)
        return end

    def add_working_days(self, start: datetime, days: int) -> datetime:
        """The end of office hours `days` working days after `start`; the day of `start` is day 0 (BLDS, Điều 147)."""
        day = local(start).date()
        for _ in range(days):
            day = self.next_working_day(day)
        return self.closing(day)

    def add_days(self, start: datetime, days: int) -> datetime:
        """The end of office hours `days` calendar days later, or of the next working day (BLDS, Điều 148)."""
        return self.closing_on_or_after(local(start).date() + timedelta(days=days))

    def add_months(self, start: datetime, months: int) -> datetime:
        """Like `add_days` in calendar months; a day that the month lacks is its last day."""
        return self.closing_on_or_after(local(start).date() + relativedelta(months=months))

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """Office time between two instants; nothing where `end` is not after `start`."""
        total, day = timedelta(), local(start).date()
        while day <= local(end).date():
            for opens, closes in self._sessions(day):
                total += max(timedelta(), min(closes, end) - max(opens, start))
            day += timedelta(days=1)
        return total

    @staticmethod
    def midnight(day: date, *, after: bool = False) -> datetime:
        """The beginning of a local day, or the end of it."""
        return datetime.combine(day + timedelta(days=1) if after else day, time(), VIETNAM)

    def closing(self, day: date) -> datetime:
        """The end of office hours on `day`."""
        return datetime.combine(day, self.hours_on(day).sessions[-1][1], VIETNAM)

    def is_before_same_day_cutoff(self, instant: datetime) -> bool:
        """True if a same-day procedure that comes in now is still due today."""
        here = local(instant)
        return self.is_working_day(here.date()) and here.time() <= self.hours_on(here.date()).same_day_cutoff

    def closing_on_or_after(self, day: date) -> datetime:
        """The end of office hours on `day`, or on the next working day."""
        return self.closing(day if self.is_working_day(day) else self.next_working_day(day))

    def _sessions(self, day: date) -> list[tuple[datetime, datetime]]:
        if not self.is_working_day(day):
            return []

        def at(moment: time) -> datetime:
            return datetime.combine(day, moment, VIETNAM)

        return [(at(begin), at(end)) for begin, end in self.hours_on(day).sessions]


@cache
def _public_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("VN", years=year))


@cache
def provincial_calendar() -> WorkCalendar:
    """The calendar of the shipped data, which holds where nothing else was declared."""
    hours, days = office_calendar()
    return WorkCalendar((Era(date.min, hours),), _overrides(days))


def _overrides(days: list[DayOverride]) -> dict[date, bool]:
    return {day.date: day.working for day in days}
