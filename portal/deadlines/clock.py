"""The two clocks of a case: acceptance, from filing; handling, from acceptance."""

from __future__ import annotations

from datetime import datetime

from portal.base.clock import local_day
from portal.deadlines.calendar import WorkCalendar
from services_catalog.model import Procedure, TimeLimit
from services_catalog.terms import Channel, TimeUnit
from services_catalog.workflow import Workflow

ACCEPTANCE_HOURS = 8  # working hours to check an online filing (NĐ 45/2020)


def acceptance_due(calendar: WorkCalendar, submitted_at: datetime) -> datetime:
    """When the desk must have accepted or answered an application filed at `submitted_at`."""
    return calendar.add_working_hours(submitted_at, ACCEPTANCE_HOURS)


def result_due(
    calendar: WorkCalendar, procedure: Procedure, workflow: Workflow, channel: Channel, accepted_at: datetime
) -> datetime | None:
    """When the result is promised: by the internal process where it has a total, else by the statutory limit.

    None where neither is known. A total of one day's hours is a same-day procedure: due by closing time
    today, or on the next working day after the cut-off.
    """
    if workflow.is_same_day:
        return _same_day(calendar, accepted_at)
    if workflow.promised_hours:
        return calendar.add_working_hours(accepted_at, workflow.promised_hours)
    limit = procedure.time_limit_for(channel)
    return add_limit(calendar, limit, accepted_at) if limit else None


def counts_calendar_days(procedure: Procedure, workflow: Workflow, channel: Channel) -> bool:
    """True if the promise is in calendar days or months, which days off do not lengthen."""
    limit = procedure.time_limit_for(channel)
    return not workflow.promised_hours and limit is not None and limit.unit in (TimeUnit.DAYS, TimeUnit.MONTHS)


def add_limit(calendar: WorkCalendar, limit: TimeLimit, start: datetime) -> datetime:
    """`start` plus a statutory limit, in the limit's own unit."""
    add = {
        TimeUnit.WORKING_HOURS: calendar.add_working_hours,
        TimeUnit.WORKING_DAYS: calendar.add_working_days,
        TimeUnit.DAYS: calendar.add_days,
        TimeUnit.MONTHS: calendar.add_months,
    }[limit.unit]
    return add(start, limit.value)


def _same_day(calendar: WorkCalendar, accepted_at: datetime) -> datetime:
    if calendar.is_before_same_day_cutoff(accepted_at):
        return calendar.closing(local_day(accepted_at))
    return calendar.add_working_days(accepted_at, 1)
