"""What the machine does in a case on account of another one, or of time; each may run twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.errors import Refusal
from portal.cases import paying
from portal.cases.actions import perform, perform_locked
from portal.cases.assignment import least_loaded
from portal.cases.events import tell
from portal.cases.lifecycle import DONE, ENDED, TRANSITIONS, Action, State
from portal.cases.linked import children_of
from portal.cases.models import Case, CaseEvent
from portal.cases.permissions import current_stage, may_do
from portal.cases.words import STATE_NAMES
from portal.identity.actor import SYSTEM
from portal.payments import ledger
from portal.publishing import queries as publishing

_SILENCE = "Hết thời hạn mà không có ý kiến trả lời."
_PAID = "Đã nhận đủ tiền."
_NOT_ACCEPTED = frozenset({State.SUBMITTED, State.PAYMENT}) | ENDED
_PARENT_ENDED = "Hồ sơ chính đã kết thúc."


def go_on(session: Session, case_id: int, action: Action, now: datetime) -> None:
    """The machine's next step in a case, unless somebody has moved it elsewhere meanwhile, or it was done before."""
    try:
        perform(session, case_id, action, by=SYSTEM, now=now)
    except Refusal as refusal:  # said before anything is written
        if refusal.code not in ("not_now", "forbidden"):
            raise


def paid(session: Session, case_id: int, now: datetime) -> bool:
    """Money has come, or what is asked for was there before: a case that waited for it goes on once it is enough.

    True if it has gone on, of which the applicant is told.
    """
    case = session.get_one(Case, case_id, with_for_update=True, populate_existing=True)
    if case.state not in _NOT_ACCEPTED:  # paid before, heard of only now
        paying.bill_what_was_paid_before(session, case, None, now)
    if not ledger.settle(session, case.id, now):
        case.amount_due = ledger.balance(session, case.id)
    elif case.state == State.PAYMENT:
        perform_locked(session, case, Action.CONFIRM_PAYMENT, by=SYSTEM, now=now, details={"note": _PAID})
        return True
    return False


def tell_of_money(session: Session, case_id: int, event: str, now: datetime) -> None:
    """Tell the applicant of money that moves nothing: paid before it was asked for, not found, given back."""
    _note(session, case_id, event, {}, now)


def tell_of_paper(session: Session, case_id: int, reason: str, now: datetime) -> None:
    """Tell the applicant that a paper of the case is in force no longer."""
    _note(session, case_id, "case.paper_ended", {"reason": reason}, now)


def _note(session: Session, case_id: int, event: str, details: dict[str, str], now: datetime) -> None:
    """Write down what moves nothing, and tell of it."""
    case = session.get_one(Case, case_id, with_for_update=True, populate_existing=True)
    procedure = publishing.version(session, case.version_id).procedure
    at = max(now, case.changed_at)
    tell(session, case, event, procedure, by=SYSTEM, now=at, details=details, came_from=(case.state, case.stage))


def lapse(session: Session, case_id: int, agency_key: str, now: datetime) -> None:
    """Close an opinion whose time is over, with the silence in the history."""
    case = session.get_one(Case, case_id, with_for_update=True, populate_existing=True)
    if agency_key in case.asked_keys:
        details = {"agency": agency_key, "reason": _SILENCE}
        perform(session, case_id, Action.CLOSE_OPINION, by=SYSTEM, now=now, details=details)


def reassign(session: Session, case_id: int, now: datetime) -> None:
    """Give a case whose officer has left to the least loaded of the others; where there is none it waits for one."""
    case = session.get_one(Case, case_id, with_for_update=True, populate_existing=True)
    stage = current_stage(case, publishing.version(session, case.version_id).workflow)
    if stage is None or case.stage_agency_key is None:
        return
    officer = least_loaded(session, case, case.stage_agency_key, stage, now)
    if officer is not None and officer != case.assignee_id:
        perform_locked(session, case, Action.ASSIGN, by=SYSTEM, now=now, details={"officer": str(officer)})


def child_ended(session: Session, child_id: int, now: datetime) -> None:
    """Note in the parent that a linked case is done, and take its result over. The parent is locked first."""
    child = session.get_one(Case, child_id)
    if child.parent_id is None:
        return
    parent = session.get_one(Case, child.parent_id, with_for_update=True, populate_existing=True)
    session.refresh(child, with_for_update=True)
    if child.state in DONE and not _is_noted(session, parent, child):
        workflow = publishing.version(session, parent.version_id).workflow
        outcome = (
            {True: "đồng ý", False: "không đồng ý"}.get(bool(child.is_granted))
            if child.is_granted is not None
            else None
        )
        details = {"child": child.reference, "outcome": outcome or STATE_NAMES[State(child.state)].lower()}
        if may_do(SYSTEM, Action.NOTE_CHILD, parent, workflow, now):
            perform(session, parent.id, Action.NOTE_CHILD, by=SYSTEM, now=now, details=details)
    if child.state == State.FINISHED:
        perform(session, child.id, Action.DELIVER, by=SYSTEM, now=now)


def parent_ended(session: Session, parent_id: int, now: datetime) -> None:
    """Withdraw the open cases that were opened for one that has ended; what is as good as done is left to end."""
    parent = session.get_one(Case, parent_id, with_for_update=True)
    for child in children_of(session, parent):
        workflow = publishing.version(session, child.version_id).workflow
        if may_do(SYSTEM, Action.WITHDRAW, child, workflow, now):
            perform(session, child.id, Action.WITHDRAW, by=SYSTEM, now=now, details={"reason": _PARENT_ENDED})


def _is_noted(session: Session, parent: Case, child: Case) -> bool:
    noted = select(CaseEvent.id).where(
        CaseEvent.case_id == parent.id,
        CaseEvent.event == TRANSITIONS[Action.NOTE_CHILD].event,
        CaseEvent.details["child"].as_string() == child.reference,
    )
    return session.scalar(noted) is not None
