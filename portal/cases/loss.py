"""What an outage, or a day that was declared off, takes from a clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.cases.models import Case
from portal.cases.shift_models import ClockShift, ShiftedCase
from portal.deadlines.calendar import WorkCalendar
from portal.deadlines.calendars import calendar_of
from portal.deadlines.clock import counts_calendar_days
from portal.deadlines.models import CalendarDay
from portal.publishing.queries import Published
from services_catalog.terms import Channel

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Loss:
    """What a shift takes from the clocks of one agency. `calendar` is the one that holds now.

    `earlier`: outages that were given back before. `is_spared`: the day was no loss, or was given back before.
    """

    shift: ClockShift
    calendar: WorkCalendar
    counts_calendar_days: bool = False
    is_spared: bool = False
    earlier: Sequence[Span] = ()

    def later(self, started_at: datetime, due_at: datetime) -> datetime:
        """The due time of a clock with as much time in it as it had before; never an earlier one."""
        day = self.shift.day
        if self.is_spared or (day is not None and started_at >= self.shift.declared_at):
            return due_at  # it was counted without that day
        if day is not None and self.counts_calendar_days:
            # Days off are counted, too; only the last day moves on (BLDS, Điều 148).
            return self.calendar.closing_on_or_after(day) if local_day(due_at) == day else due_at
        given = self._before.working_time(started_at, due_at) - _within(self._before, self.earlier, started_at, due_at)
        return max(due_at, self._reach(started_at, given))

    def between(self, since: datetime, until: datetime) -> timedelta:
        """Office time that was lost in between, and not given back before."""
        if self.is_spared or (self.shift.day is not None and since >= self.shift.declared_at):
            return timedelta()
        if self.shift.day is not None:
            return self._before.working_time(since, until) - self.calendar.working_time(since, until)
        together = _within(self.calendar, self._outages, since, until)
        return together - _within(self.calendar, self.earlier, since, until)

    def later_in_days(self, since: datetime, due_at: datetime) -> datetime:
        """An answer of the applicant is counted in calendar days: put off by the days of the outage within it."""
        began, ended = self.shift.began_at, self.shift.ended_at
        if began is None or ended is None:
            closed = local_day(due_at) == self.shift.day
            return max(due_at, self.calendar.closing_on_or_after(local_day(due_at))) if closed else due_at
        first, last = max(began, since), min(ended, due_at)
        if first >= last:
            return due_at
        return max(due_at, self.calendar.add_days(due_at, (local_day(last) - local_day(first)).days + 1))

    @property
    def _before(self) -> WorkCalendar:
        """The calendar as it was before the day was declared off."""
        day, declared = self.shift.day, self.shift.declared_before
        if day is None:
            return self.calendar
        others = {known: worked for known, worked in self.calendar.overrides.items() if known != day}
        return WorkCalendar(self.calendar.eras, others | ({day: declared} if declared is not None else {}))

    @property
    def _outages(self) -> list[Span]:
        began, ended = self.shift.began_at, self.shift.ended_at
        return [*self.earlier, (began, ended)] if began and ended else list(self.earlier)

    def _reach(self, started_at: datetime, given: timedelta) -> datetime:
        """When so much office time has passed since the start, outages left out."""
        lost = timedelta()
        while True:
            due = self.calendar.add_working_hours(started_at, (given + lost).total_seconds() / 3600)
            more = _within(self.calendar, self._outages, started_at, due)
            if more <= lost:
                return due
            lost = more


def loss_for(session: Session, shift: ClockShift, case: Case, pinned: Published) -> Loss:
    """What the shift takes from a case."""
    by_days = counts_calendar_days(pinned.procedure, pinned.workflow, Channel(case.channel))
    return Loss(shift, calendar_of(session, case.agency_key), by_days, _is_spared(session, shift, case),
                _earlier(session, shift, case))  # fmt: skip


def _is_spared(session: Session, shift: ClockShift, case: Case) -> bool:
    """True where the agency has declared that day itself, or where that day was given back before."""
    if shift.day is None:
        return False
    own = select(CalendarDay.id).where(CalendarDay.agency_key == case.agency_key, CalendarDay.day == shift.day)
    given = (
        select(ShiftedCase.case_id)
        .join(ClockShift, ClockShift.id == ShiftedCase.shift_id)
        .where(ShiftedCase.case_id == case.id, ClockShift.day == shift.day, ClockShift.id != shift.id)
        .where(ShiftedCase.due_after.is_distinct_from(ShiftedCase.due_before))
    )
    spared_by_own = shift.agency_key is None and session.scalar(own.limit(1)) is not None
    return spared_by_own or session.scalar(given.limit(1)) is not None


def _earlier(session: Session, shift: ClockShift, case: Case) -> list[Span]:
    if shift.began_at is None:
        return []
    query = select(ClockShift.began_at, ClockShift.ended_at).where(
        ClockShift.id < shift.id,
        ClockShift.began_at.is_not(None),
        ClockShift.declared_at >= case.submitted_at,
        or_(ClockShift.agency_key.is_(None), ClockShift.agency_key == case.agency_key),
    )
    return [(row.began_at, row.ended_at) for row in session.execute(query)]


def _within(calendar: WorkCalendar, spans: Sequence[Span], since: datetime, until: datetime) -> timedelta:
    """Office time of the union of the spans between two instants."""
    total, reached = timedelta(), since
    for began, ended in sorted(spans):
        total += calendar.working_time(max(began, reached), min(ended, until))
        reached = max(reached, ended)
    return total
