"""Putting off the due times of all open cases at once, with a record: declared outages, days declared off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.base.errors import Forbidden, Invalid
from portal.base.words import when
from portal.cases.events import tell
from portal.cases.lifecycle import DONE, State
from portal.cases.models import Case, ClockShift, ShiftedCase
from portal.deadlines import actions as calendars
from portal.deadlines.calendar import WorkCalendar
from portal.deadlines.calendars import calendar_of
from portal.deadlines.clock import counts_calendar_days
from portal.deadlines.models import CalendarDay
from portal.identity.actor import SYSTEM, Actor
from portal.publishing import queries as publishing
from services_catalog.terms import Channel
from services_catalog.text import nfc

EVENT = "case.clock_shifted"
AT_ONCE = 200
_LONGEST_OUTAGE = timedelta(days=60)


def declare_outage(
    session: Session, agency_key: str | None, began_at: datetime, ended_at: datetime, reason: str, *,
    by: Actor, now: datetime,
) -> ClockShift:  # fmt: skip
    """Record an outage of an agency, or (None) of the portal; the machine then puts off what was due.

    Raises `Invalid`.
    """
    if not calendars.may_configure(by, agency_key):
        raise Forbidden("Việc này do người quản trị cấu hình của cơ quan hoặc của tỉnh làm.")
    errors = {}
    if not began_at < ended_at <= began_at + _LONGEST_OUTAGE:
        errors["ended_at"] = "Lúc kết thúc phải sau lúc bắt đầu, và sự cố không dài quá 60 ngày."
    elif ended_at > now:
        errors["ended_at"] = "Chỉ ghi sự cố đã kết thúc: lúc kết thúc không được ở tương lai."
    if not nfc(reason):
        errors["reason"] = "Hãy nêu lý do: người nộp sẽ đọc nguyên văn."
    if errors:
        raise Invalid(errors)
    return _declare(session, ClockShift(agency_key=agency_key, began_at=began_at, ended_at=ended_at, reason=nfc(reason),
                                        declared_by=by.account_id, declared_at=now))  # fmt: skip


def declare_day(
    session: Session, agency_key: str | None, day: date, is_worked: bool, note: str, *, by: Actor, now: datetime
) -> ClockShift | None:
    """Declare a day off or worked. A day that is lost puts off what was due; a day won hurries nothing."""
    was_worked = calendars.declare_day(session, agency_key, day, is_worked, note, by=by, now=now)
    if was_worked is is_worked or is_worked:
        return None
    return _declare(session, ClockShift(agency_key=agency_key, day=day, was_worked=was_worked, reason=nfc(note),
                                        declared_by=by.account_id, declared_at=now))  # fmt: skip


def shift_next(session: Session, now: datetime) -> int:
    """Look at the next open cases that a shift concerns; returns how many. Runs until it returns 0, in any number.

    Each case and its record are written in one transaction, so a shift that is interrupted goes on where it was.
    """
    query = select(ClockShift).where(ClockShift.finished_at.is_(None)).order_by(ClockShift.id).limit(1)
    shift = session.scalar(query.with_for_update(skip_locked=True))
    if shift is None:
        return 0
    seen = select(ShiftedCase.case_id).where(ShiftedCase.shift_id == shift.id)
    waiting = select(Case).where(Case.state.not_in(DONE), Case.submitted_at <= shift.declared_at, Case.id.not_in(seen))
    if shift.agency_key is not None:
        waiting = waiting.where(Case.agency_key == shift.agency_key)
    cases = session.scalars(waiting.order_by(Case.id).limit(AT_ONCE).with_for_update()).all()
    for case in cases:
        _shift(session, shift, case, now)
    if len(cases) < AT_ONCE:
        shift.finished_at = now
    return len(cases)


def shifts_declared(session: Session, *, limit: int = 50) -> Sequence[tuple[ClockShift, int]]:
    """What was declared, newest first, and how many cases were put off so far."""
    count = (
        select(func.count())
        .where(ShiftedCase.shift_id == ClockShift.id, ShiftedCase.due_after.is_distinct_from(ShiftedCase.due_before))
        .scalar_subquery()
    )
    rows = session.execute(select(ClockShift, count).order_by(ClockShift.id.desc()).limit(limit)).all()
    return [(row[0], row[1] or 0) for row in rows]


def _declare(session: Session, shift: ClockShift) -> ClockShift:
    session.add(shift)
    session.flush()
    return shift


def _shift(session: Session, shift: ClockShift, case: Case, now: datetime) -> None:
    pinned = publishing.version(session, case.version_id)
    calendar = calendar_of(session, case.agency_key)
    loss = _Loss(shift, calendar, counts_calendar_days(pinned.procedure, pinned.workflow, Channel(case.channel)),
                 _is_spared(session, shift, case))  # fmt: skip
    before = _due(case)
    _put_off(case, loss)
    after = _due(case)
    session.add(ShiftedCase(shift_id=shift.id, case_id=case.id, due_before=before, due_after=after))
    if after == before or before is None or after is None:
        return
    _move_promise(shift, case, after - before)
    details = {"reason": shift.reason, "from": when(before), "to": when(after), "shift": str(shift.id)}
    tell(session, case, EVENT, pinned.procedure, by=SYSTEM, now=max(now, case.changed_at), details=details,
         came_from=(case.state, case.stage))  # fmt: skip


def _put_off(case: Case, loss: _Loss) -> None:
    """Each clock of the case by what it lost: it ran from one instant to another."""
    since = case.clock_started_at or case.submitted_at
    if case.due_at is not None:
        after = loss.later(case.due_at, since, case.due_at)
        if case.next_warning_at is not None:
            case.next_warning_at += after - case.due_at
        case.due_at = after
    elif case.state == State.SUBMITTED:
        case.acceptance_due_at = loss.later(case.acceptance_due_at, case.submitted_at, case.acceptance_due_at)
    elif case.previous_due_at is not None:  # it stands; what was lost is what was lost before it stood
        case.previous_due_at = loss.later(case.previous_due_at, since, case.changed_at)
    if case.supplement_due_at is not None:
        case.supplement_due_at = loss.later_day(case.supplement_due_at)


def _is_spared(session: Session, shift: ClockShift, case: Case) -> bool:
    """True where a day of the whole province is declared, and the agency has declared that day itself."""
    if shift.day is None or shift.agency_key is not None:
        return False
    own = select(CalendarDay.id).where(CalendarDay.agency_key == case.agency_key, CalendarDay.day == shift.day)
    return session.scalar(own) is not None


def _due(case: Case) -> datetime | None:
    """The due time that counts now: of the result, of the answer to a filing, of a supplement."""
    if case.state == State.SUBMITTED:
        return case.acceptance_due_at
    return case.due_at or case.supplement_due_at


def _move_promise(shift: ClockShift, case: Case, by: timedelta) -> None:
    """A promise that was already broken when the outage began stays broken."""
    began = shift.began_at or shift.declared_at
    if case.promised_due_at is not None and case.promised_due_at > began:
        case.promised_due_at += by


@dataclass(frozen=True)
class _Loss:
    """What a shift takes from the clocks of one agency."""

    shift: ClockShift
    calendar: WorkCalendar
    counts_calendar_days: bool
    is_spared: bool

    def later(self, due: datetime, since: datetime, until: datetime) -> datetime:
        """`due` put off by the office time that was lost while the clock ran, between `since` and `until`."""
        if self.is_spared:
            return due
        if self.shift.day is not None and self.counts_calendar_days:
            # Days off are counted, too; only the last day moves on (BLDS, Điều 148).
            return self.calendar.closing_on_or_after(local_day(due)) if local_day(due) == self.shift.day else due
        began, ended = self.shift.began_at, self.shift.ended_at
        if began and ended and began < due <= min(until, ended):
            # It came due while nobody could work: what was left goes on when it is over.
            left = self.calendar.working_time(max(since, began), due)
            return self.calendar.add_working_hours(ended, left.total_seconds() / 3600)
        lost = self._lost(since, until)
        return self.calendar.add_working_hours(due, lost.total_seconds() / 3600) if lost else due

    def later_day(self, due: datetime) -> datetime:
        """The applicant's time to answer is counted in calendar days: put off by the days of the outage."""
        began, ended = self.shift.began_at, self.shift.ended_at
        if began is None or ended is None or began > due:
            return self.calendar.closing_on_or_after(local_day(due))
        return self.calendar.add_days(due, (local_day(min(ended, due)) - local_day(began)).days + 1)

    def _lost(self, since: datetime, until: datetime) -> timedelta:
        if self.shift.day is None:
            began, ended = self.shift.began_at or until, self.shift.ended_at or until
            return self.calendar.working_time(max(since, began), min(until, ended))
        before = WorkCalendar(self.calendar.eras, {**self.calendar.overrides, self.shift.day: True})
        return before.working_time(since, until) - self.calendar.working_time(since, until)
