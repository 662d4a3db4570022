"""Cases that wait for the machine and for which nothing is under way: found, and set going again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.cases.lifecycle import TRANSITIONS, Action, State
from portal.cases.models import Case, CaseEvent
from portal.outbox.actions import announce
from portal.outbox.queries import has_open_work

# The machine does these at once; longer means that something was lost.
_WAITS = timedelta(minutes=2)
# What the machine waits on in each of its states: the event whose listener moves the case on.
_AUTOMATIC = {
    State.ACCEPTED: TRANSITIONS[Action.ACCEPT].event,
    State.ISSUING: TRANSITIONS[Action.ISSUE].event,
}


def stuck(session: Session, now: datetime) -> Sequence[Case]:
    """Cases in a state that only the machine leaves, for longer than it takes."""
    entered = select(func.max(CaseEvent.at)).where(CaseEvent.case_id == Case.id).scalar_subquery()
    query = select(Case).where(Case.state.in_(list(_AUTOMATIC)), entered < now - _WAITS).order_by(Case.id)
    return session.scalars(query).all()


def set_going(session: Session, now: datetime) -> list[str]:
    """Announce again what stuck cases wait on, where no such work is under way; returns their references.

    Listeners look at the state first, so once too often does nothing.
    """
    under_way = has_open_work(tuple(_AUTOMATIC.values()))
    entered = select(func.max(CaseEvent.at)).where(CaseEvent.case_id == Case.id).scalar_subquery()
    lost = (
        select(Case)
        .where(or_(*(Case.state == state for state in _AUTOMATIC)), entered < now - _WAITS, ~under_way(Case.id))
        .with_for_update(skip_locked=True)
        .limit(200)
    )
    cases = session.scalars(lost).all()
    for case in cases:
        announce(session, _AUTOMATIC[State(case.state)], case.id, now)
    return [case.reference for case in cases]
