"""Cases that wait for the machine and for which nothing is under way: found, and set going again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from portal.base.clock import local_day
from portal.cases.lifecycle import DONE, MACHINE, TRANSITIONS, WAITING, Action, State
from portal.cases.models import Case, CaseEvent
from portal.identity.queries import holds_position
from portal.issuing.models import OutgoingPaper
from portal.notifications.models import Message, Notice
from portal.outbox.actions import announce
from portal.outbox.models import OutboxMessage
from portal.outbox.queries import has_open_work
from services_catalog.terms import StageAction

# The machine does these at once; longer means that something was lost.
_WAITS = timedelta(minutes=2)
_AT_ONCE = 200
AUTOMATIC_STAGE, CHILD_DONE = "stage.automatic", "child.done"
# What the machine waits on in each of its states: the event whose listener moves the case on.
_AUTOMATIC = {
    State.ACCEPTED: TRANSITIONS[Action.ACCEPT].event,
    State.ISSUING: TRANSITIONS[Action.ISSUE].event,
}


def stuck(session: Session, now: datetime) -> Sequence[Case]:
    """Cases in a state or stage that only the machine leaves, or that were not told of a linked case, for too long."""
    query = select(Case).where(or_(_waits_long(now), Case.id.in_(_untold_children(now)))).order_by(Case.id)
    return session.scalars(query).all()


def set_going(session: Session, now: datetime) -> list[str]:
    """Announce again what stuck cases wait on, where no such work is under way; returns their references.

    Listeners look at the state first, so once too often does nothing.
    """
    under_way = has_open_work((*_AUTOMATIC.values(), AUTOMATIC_STAGE))
    lost = select(Case).where(_waits_long(now), ~under_way(Case.id))
    cases = session.scalars(lost.with_for_update(skip_locked=True).limit(_AT_ONCE)).all()
    for case in cases:
        announce(session, _AUTOMATIC.get(State(case.state), AUTOMATIC_STAGE), case.id, now)
    told = has_open_work((CHILD_DONE,))
    children = select(Case).where(Case.id.in_(_untold_children(now)), ~told(Case.id))
    untold = session.scalars(children.with_for_update(skip_locked=True).limit(_AT_ONCE)).all()
    for child in untold:
        announce(session, CHILD_DONE, child.id, now)
    return [case.reference for case in (*cases, *untold)]


def send_lost_notices(session: Session, now: datetime) -> int:
    """Announce again the notices to be sent by SMS whose message is gone; returns how many."""
    message = exists().where(OutboxMessage.subject_id == Notice.id, OutboxMessage.topic == "notice.created")
    planned = exists().where(Message.notice_id == Notice.id)
    unsent = (Notice.phone.is_not(None), ~planned)
    lost = select(Notice.id).where(*unsent, Notice.created_at < now - _WAITS, ~message).limit(_AT_ONCE)
    notices = session.scalars(lost).all()
    for notice_id in notices:
        announce(session, "notice.created", notice_id, now)
    return len(notices)


def without_officer(session: Session, now: datetime) -> list[int]:
    """Cases that wait for an officer who does not hold the position any more."""
    holds = holds_position(Case.assignee_id, Case.stage_agency_key, Case.stage_role, local_day(now))
    query = select(Case.id).where(
        Case.stage.is_not(None), Case.stage_does == StageAction.PROPOSE, Case.assignee_id.is_not(None), ~holds
    )
    return list(session.scalars(query.limit(_AT_ONCE)))


def _waits_long(now: datetime) -> ColumnElement[bool]:
    by_machine = or_(Case.stage_role == MACHINE, *(Case.state == state for state in _AUTOMATIC))
    # A signer has the time to take out their phone.
    asked = exists().where(OutgoingPaper.case_id == Case.id, OutgoingPaper.is_result, OutgoingPaper.waits_for_signer)
    return by_machine & _long_ago(Case.changed_at, now) & ~asked


def _untold_children(now: datetime) -> Select[int]:
    """Linked cases that are done, and of which the case that waits for them knows nothing."""
    parent, note = aliased(Case), aliased(CaseEvent)
    noted = exists().where(
        note.case_id == parent.id,
        note.event == TRANSITIONS[Action.NOTE_CHILD].event,
        note.details["child"].as_string() == Case.reference,
    )
    waits = exists().where(parent.id == Case.parent_id, parent.open_children > 0, parent.state.in_(WAITING), ~noted)
    done = Case.state.in_([*DONE])
    return select(Case.id).where(Case.parent_id.is_not(None), done, _long_ago(Case.changed_at, now), waits)


def _long_ago(column: InstrumentedAttribute[datetime], now: datetime) -> ColumnElement[bool]:
    # A time in the future was written by a clock that was ahead.
    return or_(column < now - _WAITS, column > now + _WAITS)
