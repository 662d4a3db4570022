"""What transitions do to the clocks of a case."""

from __future__ import annotations

from datetime import datetime

from portal.cases.alarm import set_next_warning
from portal.cases.handling import handling_minutes
from portal.cases.lifecycle import Action, Clock, State
from portal.cases.move import Move
from portal.deadlines.clock import result_due, resumed_due
from services_catalog.terms import AfterSupplement, Channel


def turn_clock(move: Move) -> None:
    """Due times as the transition asks; the one that was promised before a pause is kept."""
    case, now = move.case, move.now
    if move.transition.clock is Clock.START:
        case.accepted_at = now
        case.due_at = due_from_now(move)
    elif move.transition.clock is Clock.PAUSE and case.due_at is not None:
        case.previous_due_at, case.due_at = case.due_at, None
    elif move.transition.clock is Clock.STOP:
        case.finished_at = now
        if case.state == State.FINISHED:
            case.handling_minutes = handling_minutes(move.session, case, now, move.calendar)
    set_next_warning(case, move.from_due_at, now, lambda: move.calendar, restarts=move.action is not Action.RESCHEDULE)


def due_from_now(move: Move) -> datetime | None:
    """The due time where the whole time runs from now."""
    return result_due(move.calendar, move.procedure, move.workflow, Channel(move.case.channel), move.now)


def due_after_pause(move: Move, paused_at: datetime) -> datetime | None:
    """The due time once the applicant has done what was asked.

    After a supplement, by the policy of the procedure, the whole time runs again from the complete file
    (NĐ 61/2018, Điều 19), or what was left of it runs on. A financial duty, or a request that was taken
    back, only stood in between.
    """
    before = move.case.previous_due_at
    resumes = move.action is not Action.SUPPLY or move.procedure.after_supplement is AfterSupplement.RESUME
    if resumes and before is not None:
        return resumed_due(move.calendar, before, paused_at, move.now)
    return due_from_now(move)
