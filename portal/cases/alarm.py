"""When somebody is to be warned of a case next: kept with every move of its clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from portal.cases.lifecycle import State
from portal.cases.models import Case
from portal.deadlines.alerts import next_moment
from portal.deadlines.calendar import WorkCalendar

_CLOCK_RUNS = (State.ACCEPTED, State.IN_PROCESS, State.ISSUING)


def set_next_warning(
    case: Case,
    due_before: datetime | None,
    now: datetime,
    calendar: Callable[[], WorkCalendar],
    *,
    restarts: bool,
) -> None:
    """Set the alarm after a move: none while the clock stands; a new ladder where the due time has changed.

    `restarts`: the new due time is counted from now, and not only put off. `calendar` is asked for only if needed.
    """
    if case.due_at is None or case.state not in _CLOCK_RUNS:
        case.next_warning_at = None
    elif case.due_at != due_before:
        if restarts or case.clock_started_at is None:
            case.clock_started_at = now
        case.next_warning_at = next_moment(calendar(), case.clock_started_at, case.due_at, now)
