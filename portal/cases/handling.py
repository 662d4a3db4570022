"""How long cases really took: office time from acceptance to the end, without the waits for the applicant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.cases.lifecycle import PAUSED
from portal.cases.models import Case
from portal.cases.queries import history
from portal.deadlines.calendar import WorkCalendar

# Fewer cases say little, and might tell of one person.
LEAST_CASES = 5
_RECENT = timedelta(days=365)


@dataclass(frozen=True)
class HandlingTimes:
    """Office minutes: half of the cases took at most `median`, nine of ten at most `p90`."""

    cases: int
    median: int
    p90: int


def handling_minutes(session: Session, case: Case, ended_at: datetime, calendar: WorkCalendar) -> int | None:
    """Office minutes that a case has taken, or None if it was never accepted."""
    if case.accepted_at is None:
        return None
    worked, since = timedelta(), case.accepted_at
    # Whatever stops a clock that has an end leaves the due time that it stopped: no need to read on.
    never_stopped = case.previous_due_at is None and case.due_at is not None
    for event in () if never_stopped else history(session, case):
        if event.at <= case.accepted_at:
            continue
        if event.to_state in PAUSED and event.from_state not in PAUSED:
            worked += calendar.working_time(since, event.at)
        elif event.from_state in PAUSED and event.to_state not in PAUSED:
            since = event.at
    worked += calendar.working_time(since, ended_at)
    return int(worked.total_seconds() // 60)


def handling_times(session: Session, procedure_code: str, now: datetime) -> HandlingTimes | None:
    """Figures over the cases that ended with a result in the last year; None below `LEAST_CASES` of them."""
    minutes = Case.handling_minutes
    query = select(
        func.count(), func.percentile_cont(0.5).within_group(minutes), func.percentile_cont(0.9).within_group(minutes)
    ).where(Case.procedure_code == procedure_code, minutes.is_not(None), Case.finished_at > now - _RECENT)
    count, median, p90 = session.execute(query).one()
    return HandlingTimes(count, round(median), round(p90)) if count >= LEAST_CASES else None
