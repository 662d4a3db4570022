"""What workers do to cases."""

from sqlalchemy.orm import Session

from portal.base.clock import now
from portal.cases.actions import perform
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case
from portal.identity.actor import SYSTEM
from workers.context import Context
from workers.tasks.listener import listener


@listener("cases.route_case")
def route_case(context: Context, session: Session, case_id: int) -> None:
    """Hand an accepted case to the first handling stage and the least-loaded officer."""
    case = session.get_one(Case, case_id, with_for_update=True)
    if case.state == State.ACCEPTED:  # it may have been withdrawn meanwhile
        perform(session, case_id, Action.ROUTE, by=SYSTEM, now=now())
