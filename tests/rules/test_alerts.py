"""The ladder of warnings, against what it says."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.base.clock import VIETNAM
from portal.deadlines.alerts import WarningLevel, moments, next_moment, reached
from portal.deadlines.calendar import provincial_calendar

CALENDAR = provincial_calendar()
starts = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 1)).map(lambda t: t.replace(tzinfo=VIETNAM))  # noqa: DTZ001


@given(starts, st.integers(1, 400))
def test_the_ladder_climbs(started_at: datetime, hours: int) -> None:
    due_at = CALENDAR.add_working_hours(started_at, hours)
    rungs = moments(CALENDAR, started_at, due_at)
    assert [moment for moment, _ in rungs] == sorted({moment for moment, _ in rungs})
    assert rungs[-1] == (due_at, WarningLevel.OVERDUE)
    at = {warning: moment for moment, warning in rungs}
    if WarningLevel.HALF in at:
        used = CALENDAR.working_time(started_at, at[WarningLevel.HALF])
        assert abs(used - timedelta(hours=hours) / 2) < timedelta(seconds=1)
    if WarningLevel.DAY_BEFORE in at:
        left = CALENDAR.working_time(at[WarningLevel.DAY_BEFORE], due_at)
        assert abs(left - timedelta(hours=8)) < timedelta(seconds=1)


@given(starts, st.integers(1, 400), st.integers(0, 90 * 24))
def test_each_moment_has_one_last_and_one_next_rung(started_at: datetime, hours: int, later: int) -> None:
    due_at, now = CALENDAR.add_working_hours(started_at, hours), started_at + timedelta(hours=later)
    following = next_moment(CALENDAR, started_at, due_at, now)
    assert following is None or following > now
    assert (reached(CALENDAR, started_at, due_at, now) is WarningLevel.OVERDUE) == (now >= due_at)
