"""Cases that wait for the machine and for which nothing is under way: found, and set going again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from portal.cases.lifecycle import MACHINE, TRANSITIONS, Action, State
from portal.cases.models import Case
from portal.outbox.actions import announce
from portal.outbox.queries import has_open_work

# The machine does these at once; longer means that something was lost.
_WAITS = timedelta(minutes=2)
AUTOMATIC_STAGE = "stage.automatic"
# What the machine waits on in each of its states: the event whose listener moves the case on.
_AUTOMATIC = {
    State.ACCEPTED: TRANSITIONS[Action.ACCEPT].event,
    State.ISSUING: TRANSITIONS[Action.ISSUE].event,
}


def stuck(session: Session, now: datetime) -> Sequence[Case]:
    """Cases in a state or stage that only the machine leaves, for longer than it takes."""
    return session.scalars(select(Case).where(*_waits_long(now)).order_by(Case.id)).all()


def set_going(session: Session, now: datetime) -> list[str]:
    """Announce again what stuck cases wait on, where no such work is under way; returns their references.

    Listeners look at the state first, so once too often does nothing.
    """
    under_way = has_open_work((*_AUTOMATIC.values(), AUTOMATIC_STAGE))
    lost = select(Case).where(*_waits_long(now), ~under_way(Case.id)).with_for_update(skip_locked=True).limit(200)
    cases = session.scalars(lost).all()
    for case in cases:
        announce(session, _AUTOMATIC.get(State(case.state), AUTOMATIC_STAGE), case.id, now)
    return [case.reference for case in cases]


def _waits_long(now: datetime) -> tuple[ColumnElement[bool], ...]:
    by_machine = or_(Case.stage_role == MACHINE, *(Case.state == state for state in _AUTOMATIC))
    # A time in the future was written by a clock that was ahead.
    return by_machine, or_(Case.changed_at < now - _WAITS, Case.changed_at > now + _WAITS)
