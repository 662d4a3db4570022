"""The clocks of a case: acceptance from filing, handling from acceptance, and what transitions do to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from portal.base.clock import local_day
from portal.cases.handling import handling_minutes
from portal.cases.lifecycle import Action, Clock, State
from portal.cases.models import Case
from portal.cases.move import Move
from portal.deadlines.alerts import next_moment
from portal.deadlines.calendar import WorkCalendar
from portal.deadlines.clock import acceptance_due, counts_calendar_days, result_due
from services_catalog.terms import AfterSupplement, Channel

_HANDLING = (State.ACCEPTED, State.IN_PROCESS, State.ISSUING)


@dataclass(frozen=True)
class RunningClock:
    """The clock that runs now: since when, and until when."""

    started_at: datetime
    due_at: datetime


def running_clock(case: Case) -> RunningClock | None:
    """The acceptance clock of a new case, the handling clock of an accepted one; None while neither runs."""
    if case.state == State.SUBMITTED:
        return RunningClock(case.acceptance_from, case.acceptance_due_at)
    if case.state in _HANDLING and case.due_at is not None:
        return RunningClock(case.clock_started_at or case.accepted_at or case.submitted_at, case.due_at)
    return None


def set_alarm(case: Case, before: RunningClock | None, now: datetime, calendar: Callable[[], WorkCalendar]) -> None:
    """When somebody is to be warned next, where the clock has changed; nobody while none runs.

    `calendar` is asked for only if needed.
    """
    clock = running_clock(case)
    if clock is None:
        case.next_warning_at = None
    elif clock != before:
        case.next_warning_at = next_moment(calendar(), clock.started_at, clock.due_at, now)


def turn_clock(move: Move) -> None:
    """Due times as the transition asks."""
    case, now = move.case, move.now
    if move.transition.clock is Clock.START:
        case.accepted_at = case.clock_started_at = now
        case.due_at = _due_from_now(move)
    elif move.transition.clock is Clock.PAUSE:
        _pause(move)
    elif move.transition.clock is Clock.STOP:
        case.finished_at = now
        if case.state == State.FINISHED:
            case.handling_minutes = handling_minutes(move.session, case, now, move.calendar)


def start_acceptance(case: Case, calendar: WorkCalendar, now: datetime) -> None:
    """Eight working hours for the desk to answer (NĐ 45/2020)."""
    case.acceptance_from, case.acceptance_due_at = now, acceptance_due(calendar, now)


def go_on_after_pause(move: Move) -> None:
    """Let the handling clock run again, once the applicant has done what was asked.

    After a supplement, by the policy of the procedure, the whole time runs again from the complete file
    (NĐ 61/2018, Điều 19), or what was left of it runs on. A financial duty, or a request that was taken
    back, only stood in between. What is left is kept in the unit of the promise: calendar days stay such.
    """
    case, calendar, now = move.case, move.calendar, move.now
    resumes = move.action is not Action.SUPPLY or move.procedure.after_supplement is AfterSupplement.RESUME
    if not resumes or case.paused_at is None or (case.left_minutes is None and case.left_days is None):
        case.clock_started_at, case.due_at = now, _due_from_now(move)
    else:
        used = calendar.working_time(case.clock_started_at or case.paused_at, case.paused_at)
        # As if it had begun so much later: the warnings count what was used before the pause.
        case.clock_started_at = calendar.subtract_working_hours(now, used.total_seconds() / 3600)
        if case.left_days is not None:
            case.due_at = calendar.add_days(now, case.left_days)
        else:
            case.due_at = calendar.add_working_hours(now, (case.left_minutes or 0) / 60)
    case.paused_at = case.left_minutes = case.left_days = None


def _pause(move: Move) -> None:
    """Stop the handling clock, if it runs, and keep what is left of it. A promise that is broken stays broken."""
    case, now = move.case, move.now
    case.paused_at = now
    if case.due_at is None:
        return
    if now > case.due_at:
        case.promised_due_at = case.promised_due_at or case.due_at
    if counts_calendar_days(move.procedure, move.workflow, Channel(case.channel)):
        case.left_days = max(0, (local_day(case.due_at) - local_day(now)).days)
    else:
        case.left_minutes = int(move.calendar.working_time(now, case.due_at).total_seconds() // 60)
    case.previous_due_at, case.due_at = case.due_at, None


def _due_from_now(move: Move) -> datetime | None:
    return result_due(move.calendar, move.procedure, move.workflow, Channel(move.case.channel), move.now)
