"""Office time that is left, in words; the sums of days are the calendar's own arithmetic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.deadlines.calendar import provincial_calendar
from portal.deadlines.remaining import OfficeTime, office_words

# Tuesday 10 March 2026, 09:00 in Lạng Sơn; offices work 8 hours a day.
NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@given(st.datetimes(datetime(2025, 3, 1), datetime(2027, 3, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_as_the_calendar_counts(moment: datetime) -> None:
    calendar = provincial_calendar()
    found = OfficeTime(calendar, NOW).until(moment)
    assert found is not None
    start, end = sorted((NOW, moment))
    assert abs(abs(found.minutes) - calendar.working_time(start, end) / timedelta(minutes=1)) < 2
    assert found.is_over == (moment < NOW)
    assert found.minutes <= 0 if found.is_over else found.minutes >= 0


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "dưới 1 phút"),
        (20, "20 phút"),
        (200, "3 giờ 20 phút"),
        (480, "1 ngày"),
        (600, "1 ngày 2 giờ"),
        (481, "1 ngày 1 phút"),
    ],
)
def test_words(minutes: int, words: str) -> None:
    assert office_words(minutes) == words


def test_left_and_over() -> None:
    times = OfficeTime(provincial_calendar(), NOW)
    assert times.until(NOW + timedelta(minutes=30)).words == "còn 30 phút làm việc"  # type: ignore[union-attr]
    assert times.until(NOW - timedelta(days=1)).words == "quá 1 ngày"  # type: ignore[union-attr]
    assert times.until(NOW + timedelta(days=1000)) is None
