"""What the applicant and the officers say to each other about a case, with a clock for the answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.errors import Forbidden, Invalid, NotFound
from portal.cases.events import tell
from portal.cases.models import Case, CaseMessage
from portal.cases.permissions import may_see
from portal.deadlines.calendars import calendar_of
from portal.identity.actor import Actor
from portal.publishing import queries as publishing
from services_catalog.loader import library
from services_catalog.text import nfc_lines

LONGEST = 5000


def say(session: Session, case_id: int, text: str, *, by: Actor, now: datetime) -> CaseMessage:
    """Add to the conversation. A question of the applicant starts the clock for the answer, an answer stops it.

    Raises `NotFound`, `Forbidden` for the machine and for systems, `Invalid`.
    """
    case = session.get(Case, case_id, with_for_update=True, populate_existing=True)
    if case is None or not may_see(by, case):
        raise NotFound("Không tìm thấy hồ sơ.")
    if by.account_id is None:
        raise Forbidden("Chỉ người nộp và cán bộ viết được ở đây.")
    said = nfc_lines(text)
    if not said or len(said) > LONGEST:
        sentence = "Hãy viết điều bạn muốn hỏi hoặc trả lời." if not said else f"Hãy viết không quá {LONGEST} ký tự."
        raise Invalid({"text": sentence})
    is_staff = by.account_id != case.applicant_id
    at = max(now, case.changed_at)
    message = CaseMessage(case_id=case.id, author_id=by.account_id, is_staff=is_staff, text=said, at=at)
    session.add(message)
    if is_staff:
        case.answer_due_at = None
    elif case.answer_due_at is None:
        hours = library().defaults.answer_hours
        case.answer_due_at = calendar_of(session, case.agency_key).add_working_hours(at, hours)
    procedure = publishing.version(session, case.version_id).procedure
    event = "case.answered" if is_staff else "case.asked"
    tell(session, case, event, procedure, by=by, now=at, details={}, came_from=(case.state, case.stage))
    return message


def messages_of(session: Session, case: Case) -> list[CaseMessage]:
    """The conversation, oldest first."""
    return list(session.scalars(select(CaseMessage).where(CaseMessage.case_id == case.id).order_by(CaseMessage.id)))
