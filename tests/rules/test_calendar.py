"""Working time: hours, days, holidays, swaps; and the two clocks."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.base.clock import VIETNAM, local
from portal.deadlines.calendar import provincial_calendar
from portal.deadlines.clock import acceptance_due, add_limit, result_due
from services_catalog.loader import library, load_catalog
from services_catalog.model import TimeLimit
from services_catalog.terms import Channel, TimeUnit

CALENDAR = provincial_calendar()
INSTANTS = st.integers(0, 5 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def at(text: str) -> datetime:
    """A Vietnamese wall-clock time."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-02-17", False),  # mùng 1 Tết
        ("2026-02-20", False),
        ("2026-02-23", True),
        ("2026-04-26", False),  # Giỗ Tổ, a Sunday …
        ("2026-04-27", False),  # … so Monday is off
        ("2026-09-02", False),
        ("2026-08-31", False),  # swapped
        ("2026-08-22", True),  # a Saturday that is worked
        ("2026-01-02", False),
        ("2026-01-10", True),
        ("2025-05-02", False),
        ("2025-04-26", True),
        ("2027-02-06", False),
        ("2026-03-14", False),  # an ordinary Saturday
        ("2026-03-10", True),
    ],
)
def test_working_days(day: str, works: bool) -> None:
    assert CALENDAR.is_working_day(date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-10T08:00", 8, "2026-03-11T08:00"),
        ("2026-03-10T07:00", 8, "2026-03-10T17:30"),  # before opening counts from opening
        ("2026-03-10T12:00", 1, "2026-03-10T14:30"),  # in the lunch break
        ("2026-03-10T18:00", 1, "2026-03-11T08:30"),  # after closing
        ("2026-03-13T17:00", 1, "2026-03-16T08:00"),  # over the weekend
        ("2026-02-13T17:00", 8, "2026-02-23T17:00"),  # over Tết
        ("2026-08-21T17:00", 1, "2026-08-22T08:00"),  # into a worked Saturday
    ],
)
def test_working_hours(start: str, hours: int, due: str) -> None:
    assert CALENDAR.add_working_hours(at(start), hours) == at(due)


@given(INSTANTS, st.floats(0.1, 200), st.floats(0.1, 200))
def test_hours_add_up(start: datetime, first: float, second: float) -> None:
    together = CALENDAR.add_working_hours(start, first + second)
    in_turn = CALENDAR.add_working_hours(CALENDAR.add_working_hours(start, first), second)
    assert abs(together - in_turn) < timedelta(milliseconds=1)


@given(INSTANTS, st.floats(0.1, 100))
def test_a_due_time_is_within_office_hours_and_later(start: datetime, hours: float) -> None:
    due = local(CALENDAR.add_working_hours(start, hours))
    assert due > start
    assert CALENDAR.is_working_day(due.date())
    assert any(begin <= due.time().replace(tzinfo=None) <= end for begin, end in CALENDAR.hours_on(due.date()).sessions)


@given(INSTANTS, st.integers(1, 60))
def test_working_days_count_working_days(start: datetime, days: int) -> None:
    due = local(CALENDAR.add_working_days(start, days)).date()
    begin = local(start).date()
    between = [begin + timedelta(days=n) for n in range(1, (due - begin).days + 1)]
    assert sum(map(CALENDAR.is_working_day, between)) == days


@given(INSTANTS, st.sampled_from(list(TimeUnit)), st.integers(1, 30))
def test_every_unit_ends_on_a_working_day_and_longer_is_never_earlier(start: datetime, unit: TimeUnit, n: int) -> None:
    due = add_limit(CALENDAR, TimeLimit(value=n, unit=unit), start)
    assert CALENDAR.is_working_day(local(due).date())
    assert add_limit(CALENDAR, TimeLimit(value=n + 1, unit=unit), start) >= due


def test_calendar_days_count_weekends_and_move_on_only_at_the_end() -> None:
    assert add_limit(CALENDAR, TimeLimit(value=5, unit=TimeUnit.DAYS), at("2026-03-10T09:00")) == at("2026-03-16T17:30")
    assert add_limit(CALENDAR, TimeLimit(value=3, unit=TimeUnit.DAYS), at("2026-03-10T09:00")) == at("2026-03-13T17:30")


def test_a_month_from_the_end_of_january_is_the_end_of_february() -> None:
    assert CALENDAR.add_months(at("2025-01-31T09:00"), 1) == at("2025-02-28T17:30")
    assert CALENDAR.add_months(at("2025-12-31T09:00"), 2) == at("2026-03-02T17:30")  # 28 Feb 2026 is a Saturday


def test_an_online_filing_is_answered_within_eight_working_hours() -> None:
    assert acceptance_due(CALENDAR, at("2026-03-13T16:30")) == at("2026-03-16T16:30")


@pytest.mark.parametrize(
    ("accepted", "due"),
    [
        ("2026-03-10T14:59", "2026-03-10T17:30"),
        ("2026-03-10T15:01", "2026-03-11T17:30"),
        ("2026-03-13T15:30", "2026-03-16T17:30"),
        ("2026-03-14T09:00", "2026-03-16T17:30"),
    ],
)
def test_same_day_procedures_turn_over_at_three(accepted: str, due: str) -> None:
    birth = load_catalog().procedures["1.001193"]
    workflow = library().workflows[birth.workflow]
    assert result_due(CALENDAR, birth, workflow, Channel.ONLINE, at(accepted)) == at(due)


def test_no_due_time_is_made_up_where_the_source_has_none() -> None:
    marriage = load_catalog().procedures["1.000894"]
    assert marriage.time_limits == ()
    assert (
        result_due(CALENDAR, marriage, library().workflows["standard"], Channel.ONLINE, at("2026-03-10T09:00")) is None
    )


# Lunar New Year's Day and the Kings' festival by the UTC+7 lunar calendar, the day off for a Sunday, and the second of
# September; from a table of its own, not from the library.
@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2024-04-18", False), ("2025-01-29", False), ("2025-04-07", False), ("2026-02-17", False),
        ("2026-04-27", False), ("2027-02-08", False), ("2027-04-16", False), ("2027-09-02", False),
        ("2028-01-26", False), ("2028-04-04", False), ("2028-09-04", False), ("2029-02-13", False),
        ("2029-04-23", False), ("2029-09-03", False), ("2030-02-04", False), ("2030-04-12", False),
        ("2030-09-02", False), ("2028-04-05", True), ("2029-04-24", True), ("2027-04-15", True),
        ("2028-11-24", True), ("2029-11-26", True), ("2030-11-25", True), ("2027-01-01", False), ("2028-05-01", False),
    ],
)  # fmt: skip
def test_the_years_to_come(day: str, works: bool) -> None:
    assert CALENDAR.is_working_day(date.fromisoformat(day)) is works
