"""What workers do to cases."""

from celery import shared_task
from sqlalchemy.orm import Session

from portal.base.clock import now
from portal.base.logs import logger
from portal.cases.actions import perform
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case
from portal.cases.stuck import set_going
from portal.cases.warnings import warn
from portal.identity.actor import SYSTEM
from workers.context import Context, current
from workers.tasks.listener import listener

_log = logger(__name__)


@listener("cases.route_case")
def route_case(context: Context, session: Session, case_id: int) -> None:
    """Hand an accepted case to the first handling stage and the least-loaded officer."""
    case = session.get_one(Case, case_id, with_for_update=True)
    if case.state == State.ACCEPTED:  # it may have been withdrawn meanwhile
        perform(session, case_id, Action.ROUTE, by=SYSTEM, now=now())


@shared_task(name="cases.set_going")
def set_stuck_cases_going() -> None:
    """Set going again what was lost on the way to the workers."""
    with current().database.unit_of_work() as session:
        found = set_going(session, now())
    if found:
        _log.warning("stuck_cases_set_going", cases=found)


@shared_task(name="cases.warn")
def warn_of_due_times() -> None:
    """Warn those whose cases come near their due time."""
    with current().database.unit_of_work() as session:
        warn(session, now())
