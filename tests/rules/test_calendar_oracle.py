"""The calendar's arithmetic against a slow oracle that walks through time minute by minute, on generated calendars."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.base.clock import VIETNAM
from portal.deadlines.alerts import WarningLevel, moments
from portal.deadlines.calendar import Era, WorkCalendar, provincial_calendar
from services_catalog.reference import OfficeHours

MINUTE = timedelta(minutes=1)
FIRST = date(2025, 12, 1)
# Two winters with two Tết, the swaps of 2026, and a year's end.
INSTANTS = st.integers(0, 400 * 24 * 60).map(lambda n: datetime(2025, 12, 1, tzinfo=UTC) + n * MINUTE)
DAYS = st.integers(0, 420).map(lambda n: FIRST + timedelta(days=n))


@st.composite
def office_hours(draw: st.DrawFn) -> OfficeHours:
    """A day of one session or two, on at least three days a week."""
    quarters = sorted(draw(st.lists(st.integers(24, 84), min_size=4, max_size=4, unique=True)))
    times = [time(q // 4, q % 4 * 15) for q in quarters]
    sessions = ((times[0], times[1]), (times[2], times[3])) if draw(st.booleans()) else ((times[0], times[3]),)
    days = tuple(sorted(draw(st.sets(st.integers(0, 6), min_size=3))))
    return OfficeHours(working_days=days, sessions=sessions, same_day_cutoff=time(15))


@st.composite
def calendars(draw: st.DrawFn) -> WorkCalendar:
    """Hours that change on a day, and days declared off and worked beside the real holidays and swaps."""
    eras = (Era(date.min, draw(office_hours())), Era(draw(DAYS), draw(office_hours())))
    declared = draw(st.dictionaries(DAYS, st.booleans(), max_size=12))
    return WorkCalendar(eras, {**provincial_calendar().overrides, **declared})


def is_open(calendar: WorkCalendar, instant: datetime) -> bool:
    """The oracle: is somebody at the counter in the minute that begins now?"""
    here = instant.astimezone(VIETNAM)
    return calendar.is_working_day(here.date()) and any(
        begin <= here.time().replace(tzinfo=None) < end for begin, end in calendar.hours_on(here.date()).sessions
    )


def slow_add(calendar: WorkCalendar, start: datetime, minutes: int) -> datetime:
    """The oracle: the end of the minute in which the last of so many worked minutes passes."""
    at = start
    while minutes:
        minutes -= is_open(calendar, at)
        at += MINUTE
    return at


def slow_time(calendar: WorkCalendar, start: datetime, end: datetime) -> timedelta:
    """The oracle: every worked minute between the two."""
    at, total = start, timedelta()
    while at < end:
        total += MINUTE if is_open(calendar, at) else timedelta()
        at += MINUTE
    return total


@settings(max_examples=60, deadline=None)
@given(calendars(), INSTANTS, st.integers(1, 1500))
def test_adding_hours_is_walking_through_them(calendar: WorkCalendar, start: datetime, minutes: int) -> None:
    assert calendar.add_working_hours(start, minutes / 60) - slow_add(calendar, start, minutes) < timedelta(seconds=1)
    assert slow_add(calendar, start, minutes) - calendar.add_working_hours(start, minutes / 60) < timedelta(seconds=1)


@settings(max_examples=60, deadline=None)
@given(calendars(), INSTANTS, st.integers(0, 20 * 24 * 60))
def test_time_between_is_counting_the_minutes(calendar: WorkCalendar, start: datetime, minutes: int) -> None:
    end = start + minutes * MINUTE
    assert calendar.working_time(start, end) == slow_time(calendar, start, end)


@settings(max_examples=100, deadline=None)
@given(calendars(), INSTANTS, st.integers(1, 25))
def test_working_days_are_counted_one_by_one(calendar: WorkCalendar, start: datetime, days: int) -> None:
    due = calendar.add_working_days(start, days).astimezone(VIETNAM)
    day, left = start.astimezone(VIETNAM).date(), days
    while left:
        day += timedelta(days=1)
        left -= calendar.is_working_day(day)
    assert due.date() == day
    assert due.time() == calendar.hours_on(day).sessions[-1][1]


@settings(max_examples=100, deadline=None)
@given(calendars(), INSTANTS, st.integers(0, 60))
def test_calendar_days_count_all_and_end_on_a_worked_one(calendar: WorkCalendar, start: datetime, days: int) -> None:
    day = start.astimezone(VIETNAM).date() + timedelta(days=days)
    while not calendar.is_working_day(day):
        day += timedelta(days=1)
    assert calendar.add_days(start, days).astimezone(VIETNAM).date() == day


@settings(max_examples=60, deadline=None)
@given(calendars(), INSTANTS, st.integers(1, 1500))
def test_going_back_is_the_way_there(calendar: WorkCalendar, end: datetime, minutes: int) -> None:
    start = calendar.subtract_working_hours(end, minutes / 60)
    assert abs(slow_time(calendar, start.replace(second=0, microsecond=0), end) - minutes * MINUTE) <= MINUTE


@settings(max_examples=60, deadline=None)
@given(calendars(), INSTANTS, st.integers(60, 3000))
def test_warnings_come_in_order_within_the_time(calendar: WorkCalendar, start: datetime, minutes: int) -> None:
    due = calendar.add_working_hours(start, minutes / 60)
    found = moments(calendar, start, due)
    assert [moment for moment, _ in found] == sorted(moment for moment, _ in found)
    assert found[-1] == (due, WarningLevel.OVERDUE)
    assert all(start <= moment <= due for moment, _ in found)


def test_hours_change_on_their_day() -> None:
    summer = OfficeHours(working_days=(0, 1, 2, 3, 4, 5), sessions=((time(7), time(11)),), same_day_cutoff=time(10))
    calendar = WorkCalendar((*provincial_calendar().eras, Era(date(2026, 5, 4), summer)), {})
    assert calendar.closing(date(2026, 5, 3)).time() == time(17, 30)
    assert calendar.closing(date(2026, 5, 4)).time() == time(11)
    assert calendar.is_working_day(date(2026, 5, 9))
    assert not calendar.is_working_day(date(2026, 4, 25))
    assert not calendar.is_before_same_day_cutoff(datetime(2026, 5, 4, 10, 30, tzinfo=VIETNAM))
