"""What the machine looks at when a case comes in, so that the desk need not: recorded, never decided."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.cases.events import tell
from portal.cases.lifecycle import DONE, State
from portal.cases.models import Case, CaseEvent, CasePerson, PersonRole
from portal.documents import uploads
from portal.gateways.storage import Storage
from portal.identity.actor import SYSTEM
from portal.publishing import queries as publishing
from services_catalog.answers import first_incomplete_step
from services_catalog.slots import missing, slots_of

EVENT = "case.checked"


def check(session: Session, case_id: int, storage: Storage, now: datetime) -> None:
    """Record what an officer should know before accepting. Nothing is said of a case that is further already."""
    case = session.get_one(Case, case_id, with_for_update=True, populate_existing=True)
    if case.state != State.SUBMITTED or _was_checked(session, case):
        return
    procedure = publishing.version(session, case.version_id).procedure
    found = [
        *_missing_answers(session, case),
        *_broken_files(session, case, storage),
        *_missing_papers(session, case),
        *_same_matter(session, case),
    ]
    details = {"reason": "\n".join(found) if found else "Không thấy gì cần lưu ý."}
    tell(session, case, EVENT, procedure, by=SYSTEM, now=max(now, case.changed_at), details=details,
         came_from=(case.state, case.stage))  # fmt: skip


def _was_checked(session: Session, case: Case) -> bool:
    query = select(CaseEvent.id).where(CaseEvent.case_id == case.id, CaseEvent.event == EVENT)
    return session.scalar(query) is not None


def _broken_files(session: Session, case: Case, storage: Storage) -> list[str]:
    files = uploads.of_case(session, case.id)
    return [f"Tệp “{file.file_name}” không còn trong kho lưu." for file in files if not storage.has(file.sha256)]


def _missing_answers(session: Session, case: Case) -> list[str]:
    """Of cases from elsewhere, whose form may have asked less."""
    form = publishing.version(session, case.version_id).form
    step = first_incomplete_step(form, case.answers, local_day(case.submitted_at))
    return [f"Tờ khai chưa điền xong phần “{step.title}”."] if step else []


def _missing_papers(session: Session, case: Case) -> list[str]:
    published = publishing.version(session, case.version_id)
    filled = {file.slot for file in uploads.of_case(session, case.id)}
    lacking = missing(slots_of(published.procedure, published.form, case.answers), filled)
    return [f"Chưa có: {slot.name}." for slot in lacking]


def _same_matter(session: Session, case: Case) -> list[str]:
    """Open cases of the same person for the same procedure: often the same application sent twice."""
    mine = select(CasePerson.citizen_id).where(CasePerson.case_id == case.id, CasePerson.role == PersonRole.OWNER)
    query = (
        select(Case.reference)
        .join(CasePerson, CasePerson.case_id == Case.id)
        .where(
            CasePerson.role == PersonRole.OWNER,
            CasePerson.citizen_id == mine.scalar_subquery(),
            Case.procedure_code == case.procedure_code,
            Case.state.not_in(DONE),
            Case.id < case.id,
        )
        .order_by(Case.id.desc())
        .limit(3)
    )
    return [f"Cùng người, cùng thủ tục, đang giải quyết: {reference}." for reference in session.scalars(query)]
