"""The only place that asks what time it is. Stored in UTC, decided in Vietnamese local time."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


def local(instant: datetime) -> datetime:
    """`instant` as a Vietnamese clock shows it."""
    return instant.astimezone(VIETNAM)


def local_day(instant: datetime) -> date:
    """The Vietnamese calendar day of `instant`."""
    return local(instant).date()
