"""When people are warned that a due time comes nearer: half, 80 %, one working day before, over."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from portal.deadlines.calendar import WorkCalendar

_ONE_DAY = timedelta(hours=8)


class WarningLevel(StrEnum):
    """The rungs of the ladder, the mildest first."""

    HALF = "half"
    MOST = "most"
    DAY_BEFORE = "day_before"
    OVERDUE = "overdue"


def moments(calendar: WorkCalendar, started_at: datetime, due_at: datetime) -> list[tuple[datetime, WarningLevel]]:
    """When each warning of a clock is given, in order. Shares are of office time.

    Where less than a day and a half is given there is no warning a day before. Where two fall together the
    graver one counts.
    """
    whole = calendar.working_time(started_at, due_at)
    at = {
        WarningLevel.HALF: calendar.add_working_hours(started_at, whole / timedelta(hours=1) * 0.5),
        WarningLevel.MOST: calendar.add_working_hours(started_at, whole / timedelta(hours=1) * 0.8),
        WarningLevel.OVERDUE: due_at,
    }
    if whole > 1.5 * _ONE_DAY:
        at[WarningLevel.DAY_BEFORE] = calendar.add_working_hours(started_at, (whole - _ONE_DAY) / timedelta(hours=1))
    order = list(WarningLevel)
    gravest = {moment: warning for warning, moment in sorted(at.items(), key=lambda pair: order.index(pair[0]))}
    return sorted(gravest.items())


def reached(calendar: WorkCalendar, started_at: datetime, due_at: datetime, now: datetime) -> WarningLevel | None:
    """The warning whose time came last, or None if none has come yet."""
    past = [warning for moment, warning in moments(calendar, started_at, due_at) if moment <= now]
    return past[-1] if past else None


def next_moment(calendar: WorkCalendar, started_at: datetime, due_at: datetime, now: datetime) -> datetime | None:
    """When the next warning is to be given, or None after the last."""
    return next((moment for moment, _ in moments(calendar, started_at, due_at) if moment > now), None)
