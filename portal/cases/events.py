"""Writing the history of a case: each event with its seal, the notices it causes, and the messages to the workers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.cases.chain import FIRST, seal
from portal.cases.lifecycle import DONE, ENDED, MACHINE, NOTES, State
from portal.cases.models import Case, CaseEvent, CasePerson, PersonRole
from portal.identity.actor import Actor
from portal.notifications.actions import CaseFacts, notify
from portal.outbox.actions import announce
from services_catalog.model import Procedure

# What a case that was opened for another one tells its applicant: the rest is said by the first.
_CHILD_TELLS = frozenset({"case.supplement_requested", "case.payment_requested"})


def tell(
    session: Session,
    case: Case,
    event: str,
    procedure: Procedure,
    *,
    by: Actor,
    now: datetime,
    details: dict[str, str],
    came_from: tuple[str | None, str | None] = (None, None),
) -> CaseEvent:
    """Append `event` to the history of a case, with the notices it causes and the message to the workers.

    `came_from` is the state and stage before. The caller holds the row lock of the case.
    """
    row = CaseEvent(
        case_id=case.id,
        number=case.event_number + 1,
        event=event,
        from_state=came_from[0],
        to_state=case.state,
        from_stage=came_from[1],
        to_stage=case.stage,
        actor_id=by.account_id,
        at=now,
        details=details,
    )
    row.hash = seal(case.event_hash or FIRST, row)
    case.event_number, case.event_hash, case.changed_at = row.number, row.hash, now
    if event not in NOTES:
        case.version += 1
    session.add(row)
    session.flush()
    if tells_applicant(case.parent_id, event):
        notify(session, event, row.id, _facts_of(session, case, procedure), now)
    announce(session, event, case.id, now)
    _tell_others(session, case, came_from, now)
    return row


def tells_applicant(parent_id: int | None, event: str) -> bool:
    """True if the applicant of the case is to hear of such an event at all."""
    return parent_id is None or event in _CHILD_TELLS


def _tell_others(session: Session, case: Case, came_from: tuple[str | None, str | None], now: datetime) -> None:
    """Wake the machine for what the event means beyond the case itself."""
    state = State(case.state)
    if case.stage_role == MACHINE and case.stage != came_from[1]:
        announce(session, "stage.automatic", case.id, now)
    if case.parent_id is not None and state in DONE and came_from[0] not in DONE:
        announce(session, "child.done", case.id, now)
    if case.open_children and state in ENDED:
        announce(session, "parent.ended", case.id, now)


def _email_of(session: Session, case: Case) -> str | None:
    person = session.get(CasePerson, (case.id, PersonRole.CONTACT))
    return person.email if person else None


def _facts_of(session: Session, case: Case, procedure: Procedure) -> CaseFacts:
    """What notices may say of a case."""
    return CaseFacts(
        case_id=case.id,
        reference=case.reference,
        procedure=procedure.short_name,
        phone=case.contact_phone,
        email=_email_of(session, case),
        applicant_id=case.applicant_id,
        acceptance_due_at=case.acceptance_due_at,
        due_at=case.due_at,
        is_granted=case.is_granted,
        amount_due=case.amount_due,
        supplement_due_at=case.supplement_due_at,
    )
