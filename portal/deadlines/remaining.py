"""How much office time is left until a moment, or has passed since, in words: "còn 3 giờ 20 phút làm việc"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from portal.base.clock import local
from portal.deadlines.calendar import WorkCalendar
from services_catalog.workflow import HOURS_OF_A_DAY

_MINUTE = timedelta(minutes=1)
# Beyond this nobody counts hours.
_FAR = timedelta(days=400)


@dataclass(frozen=True)
class Remaining:
    """Minutes of office time from now; negative once the moment is over. `of_day`: the office minutes of a full day."""

    minutes: int
    of_day: int
    is_over: bool

    @property
    def words(self) -> str:
        """The same in words, with the largest two units."""
        told = office_words(abs(self.minutes), self.of_day)
        return f"quá {told}" if self.is_over else f"còn {told} làm việc"


def office_words(minutes: int, of_day: int = HOURS_OF_A_DAY * 60) -> str:
    """Office minutes in words, with the largest two units: "1 ngày 2 giờ", "20 phút"."""
    days, rest = divmod(minutes, of_day)
    hours, left = divmod(rest, 60)
    parts = [(days, "ngày"), (hours, "giờ"), (left, "phút")]
    return " ".join([f"{count} {unit}" for count, unit in parts if count][:2]) or "dưới 1 phút"


class OfficeTime:
    """Office time between now and other moments. Sums of days are kept: a page asks for many moments."""

    def __init__(self, calendar: WorkCalendar, now: datetime):
        self._calendar, self._now = calendar, now
        self._day_minutes: dict[date, int] = {}

    def until(self, moment: datetime) -> Remaining | None:
        """What is left until `moment`, or how long it is over; None where it is more than a year away."""
        if abs(moment - self._now) > _FAR:
            return None
        is_over = moment < self._now
        start, end = (moment, self._now) if is_over else (self._now, moment)
        minutes = self._between(start, end)
        of_day = self._full(self._calendar.hours_on(local(self._now).date()).sessions)
        return Remaining(-minutes if is_over else minutes, of_day, is_over)

    def _between(self, start: datetime, end: datetime) -> int:
        first, last = local(start).date(), local(end).date()
        if first == last:
            return int(self._calendar.working_time(start, end) / _MINUTE)
        opening = self._calendar.working_time(start, _midnight(start))
        closing = self._calendar.working_time(_midnight(end) - timedelta(days=1), end)
        whole = sum(self._of(first + timedelta(days=n)) for n in range(1, (last - first).days))
        return int(opening / _MINUTE) + whole + int(closing / _MINUTE)

    def _of(self, day: date) -> int:
        if day not in self._day_minutes:
            worked = self._calendar.is_working_day(day)
            self._day_minutes[day] = self._full(self._calendar.hours_on(day).sessions) if worked else 0
        return self._day_minutes[day]

    @staticmethod
    def _full(sessions: Sequence[tuple[time, time]]) -> int:
        return sum((end.hour - begin.hour) * 60 + end.minute - begin.minute for begin, end in sessions)


def _midnight(instant: datetime) -> datetime:
    """The end of its local day."""
    return local(instant).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
