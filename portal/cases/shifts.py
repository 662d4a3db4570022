"""Putting off the due times of all open cases at once, with a record: declared outages, days declared off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.base.errors import Forbidden, Invalid
from portal.base.logs import logger
from portal.base.words import when
from portal.cases.clocks import running_clock, set_alarm
from portal.cases.events import tell
from portal.cases.lifecycle import DONE, PAUSED, State
from portal.cases.loss import Loss, loss_for
from portal.cases.models import Case, Opinion
from portal.cases.shift_models import ClockShift, ShiftedCase
from portal.deadlines import actions as calendars
from portal.deadlines.calendars import calendar_of
from portal.identity.actor import SYSTEM, Actor
from portal.publishing import queries as publishing
from services_catalog.text import nfc

EVENT = "case.clock_shifted"
AT_ONCE = 200
_LONGEST_OUTAGE = timedelta(days=60)
_OLDEST_OUTAGE = timedelta(days=366)
_log = logger(__name__)


def declare_outage(
    session: Session, agency_key: str | None, began_at: datetime, ended_at: datetime, reason: str, *,
    by: Actor, now: datetime,
) -> ClockShift:  # fmt: skip
    """Record an outage of an agency, or (None) of the portal; the machine then puts off what was due.

    Hours that an earlier outage has given back are not given back again. Raises `Invalid`.
    """
    if not calendars.may_configure(by, agency_key):
        raise Forbidden("Việc này do người quản trị cấu hình của cơ quan hoặc của tỉnh làm.")
    errors = {}
    if began_at < now - _OLDEST_OUTAGE:
        errors["began_at"] = "Chỉ ghi sự cố trong vòng một năm qua."
    elif ended_at > now:
        errors["ended_at"] = "Chỉ ghi sự cố đã kết thúc: lúc kết thúc không được ở tương lai."
    elif not timedelta() < ended_at - began_at <= _LONGEST_OUTAGE:
        errors["ended_at"] = "Lúc kết thúc phải sau lúc bắt đầu, và sự cố không dài quá 60 ngày."
    if not nfc(reason):
        errors["reason"] = "Hãy nêu lý do: người nộp sẽ đọc nguyên văn."
    if errors:
        raise Invalid(errors)
    return _declare(session, ClockShift(agency_key=agency_key, began_at=began_at, ended_at=ended_at, reason=nfc(reason),
                                        declared_by=by.account_id, declared_at=now))  # fmt: skip


def declare_day(
    session: Session, agency_key: str | None, day: date, is_worked: bool, note: str, *, by: Actor, now: datetime
) -> ClockShift | None:
    """Declare a day off or worked. A day off puts off what was due where it is a loss; a day won hurries nothing."""
    before = calendars.declare_day(session, agency_key, day, is_worked, note, by=by, now=now)
    if is_worked or before is False:
        return None
    return _declare(session, ClockShift(agency_key=agency_key, day=day, declared_before=before, reason=nfc(note),
                                        declared_by=by.account_id, declared_at=now))  # fmt: skip


def shift_next(session: Session, now: datetime) -> int:
    """Look at the next open cases that a shift concerns; returns how many. Runs until it returns 0, in any number.

    Each case and its record are written in one transaction, so a shift that is interrupted goes on where it was.
    """
    query = select(ClockShift).where(ClockShift.finished_at.is_(None)).order_by(ClockShift.id).limit(1)
    shift = session.scalar(query.with_for_update(skip_locked=True))
    if shift is None:
        return 0
    waiting = select(Case).where(
        Case.state.not_in(DONE), Case.submitted_at <= shift.declared_at, Case.id > shift.last_case_id
    )
    if shift.agency_key is not None:
        waiting = waiting.where(Case.agency_key == shift.agency_key)
    cases = session.scalars(waiting.order_by(Case.id).limit(AT_ONCE).with_for_update()).all()
    for case in cases:
        _shift_alone(session, shift, case, now)
        shift.last_case_id = case.id
    if len(cases) < AT_ONCE:
        _shift_opinions(session, shift)
        shift.finished_at = now
    return max(1, len(cases))


def shifts_declared(session: Session, *, limit: int = 50) -> Sequence[tuple[ClockShift, int, int]]:
    """What was declared, newest first, how many cases were put off so far, and how many could not be."""
    mine = ShiftedCase.shift_id == ClockShift.id
    moved = select(func.count()).where(mine, ShiftedCase.due_after.is_distinct_from(ShiftedCase.due_before))
    failed = select(func.count()).where(mine, ShiftedCase.error.is_not(None))
    query = select(ClockShift, moved.scalar_subquery(), failed.scalar_subquery())
    return [
        (row[0], row[1] or 0, row[2] or 0) for row in session.execute(query.order_by(ClockShift.id.desc()).limit(limit))
    ]


def _declare(session: Session, shift: ClockShift) -> ClockShift:
    session.add(shift)
    session.flush()
    return shift


def _shift_alone(session: Session, shift: ClockShift, case: Case, now: datetime) -> None:
    """One case that fails does not keep the others from being put off: it is on record and a person looks at it."""
    try:
        with session.begin_nested():
            _shift(session, shift, case, now)
    except Exception as error:
        _log.exception("case_not_shifted", case=case.reference, shift=shift.id, error=type(error).__name__)
        session.add(ShiftedCase(shift_id=shift.id, case_id=case.id, error=type(error).__name__))
        session.flush()


def _shift(session: Session, shift: ClockShift, case: Case, now: datetime) -> None:
    pinned = publishing.version(session, case.version_id)
    loss = loss_for(session, shift, case, pinned)
    before = _due(case)
    _put_off(shift, case, loss, now)
    after = _due(case)
    session.add(ShiftedCase(shift_id=shift.id, case_id=case.id, due_before=before, due_after=after))
    if after == before or before is None or after is None:
        return
    details = {"reason": shift.reason, "from": when(before), "to": when(after), "shift": str(shift.id)}
    tell(session, case, EVENT, pinned.procedure, by=SYSTEM, now=max(now, case.changed_at), details=details,
         came_from=(case.state, case.stage))  # fmt: skip


def _put_off(shift: ClockShift, case: Case, loss: Loss, now: datetime) -> None:
    """The clock that runs by what it lost; where none runs, what is left of it and the applicant's time to answer."""
    clock = running_clock(case)
    if clock is not None:
        due = loss.later(clock.started_at, clock.due_at)
        if case.state == State.SUBMITTED:
            case.acceptance_due_at = due
        else:
            _move_promise(shift, case, due - clock.due_at)
            case.due_at = due
        set_alarm(case, clock, now, lambda: loss.calendar)
    elif case.state in PAUSED and case.paused_at is not None:
        if case.left_minutes is not None and case.clock_started_at is not None:
            lost = loss.between(case.clock_started_at, case.paused_at)
            case.left_minutes += int(lost.total_seconds() // 60)
        if case.supplement_due_at is not None:
            case.supplement_due_at = loss.later_in_days(case.paused_at, case.supplement_due_at)


def _shift_opinions(session: Session, shift: ClockShift) -> None:
    """Agencies that are asked lose the same hours: their silence is not to be recorded for a day they did not work."""
    query = select(Opinion).where(Opinion.closed_at.is_(None), Opinion.asked_at <= shift.declared_at)
    if shift.agency_key is not None:
        query = query.where(Opinion.agency_key == shift.agency_key)
    for opinion in session.scalars(query.with_for_update()):
        loss = Loss(shift, calendar_of(session, opinion.agency_key))
        opinion.due_at = loss.later(opinion.asked_at, opinion.due_at)


def _due(case: Case) -> datetime | None:
    """The due time that counts now: of the answer to a filing, of the result, of a supplement."""
    clock = running_clock(case)
    return clock.due_at if clock else case.supplement_due_at


def _move_promise(shift: ClockShift, case: Case, by: timedelta) -> None:
    """A promise that was already broken when the outage began stays broken."""
    began = shift.began_at or shift.declared_at
    if case.promised_due_at is not None and case.promised_due_at > began:
        case.promised_due_at += by
