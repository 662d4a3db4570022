"""What workers do to cases."""

import time

from sqlalchemy.orm import Session

from portal.base.clock import now
from portal.base.logs import logger
from portal.cases.automatic import child_ended, go_on, lapse, parent_ended, reassign
from portal.cases.intake_check import check
from portal.cases.lifecycle import Action
from portal.cases.opinions import overdue
from portal.cases.reminders import remind
from portal.cases.shifts import shift_next
from portal.cases.stuck import send_lost_notices, set_going, without_officer
from portal.cases.warnings import warn
from workers.context import Context
from workers.tasks.listener import listener
from workers.tasks.timed import timed

_log = logger(__name__)
_SHIFT_SECONDS = 60


@listener("cases.route_case")
def route_case(context: Context, session: Session, case_id: int) -> None:
    """Hand an accepted case to the first handling stage and the least-loaded officer."""
    go_on(session, case_id, Action.ROUTE, now())


@listener("cases.finish_stage")
def finish_stage(context: Context, session: Session, case_id: int) -> None:
    """Finish a stage that needs nobody: give the result its number."""
    go_on(session, case_id, Action.ISSUE, now())


@listener("cases.check_intake")
def check_intake(context: Context, session: Session, case_id: int) -> None:
    """Look for what an officer should know before accepting."""
    check(session, case_id, context.storage, now())


@listener("cases.tell_parent")
def tell_parent(context: Context, session: Session, case_id: int) -> None:
    """A linked case is done: the case that waits for it goes on, and has its result."""
    child_ended(session, case_id, now())


@listener("cases.end_children")
def end_children(context: Context, session: Session, case_id: int) -> None:
    """A case has ended: what was opened for it is withdrawn where it still can be."""
    parent_ended(session, case_id, now())


@timed("cases.remind")
def remind_of_results(context: Context) -> None:
    """Remind people of results that lie ready."""
    with context.database.unit_of_work() as session:
        remind(session, now())


@timed("cases.close_opinions")
def close_opinions(context: Context) -> None:
    """Record the silence of agencies that did not answer in time."""
    with context.database.unit_of_work() as session:
        late = overdue(session, now())
    for case_id, agency_key in late:
        try:
            with context.database.unit_of_work() as session:
                lapse(session, case_id, agency_key, now())
        except Exception as error:  # the others are not kept waiting
            _log.exception("opinion_not_closed", case_id=case_id, error=type(error).__name__)


@timed("cases.shift_clocks")
def shift_clocks(context: Context) -> None:
    """Put off what was due in declared outages, some cases at a time; the rest is left to the next run."""
    began = time.monotonic()
    while time.monotonic() - began < _SHIFT_SECONDS:
        with context.database.unit_of_work() as session:
            if not shift_next(session, now()):
                return


@timed("cases.set_going")
def set_stuck_cases_going(context: Context) -> None:
    """Set going again what was lost on the way to the workers, and what waits for somebody who has left."""
    with context.database.unit_of_work() as session:
        found = set_going(session, now())
        send_lost_notices(session, now())
        left = without_officer(session, now())
    for case_id in left:
        with context.database.unit_of_work() as session:
            reassign(session, case_id, now())
    if found:
        _log.warning("stuck_cases_set_going", cases=found)


@timed("cases.warn")
def warn_of_due_times(context: Context) -> None:
    """Warn those whose cases come near their due time."""
    with context.database.unit_of_work() as session:
        warn(session, now())
