"""Linked cases (liên thông): a case at another agency, with its own code and clock, for which the first one waits."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.errors import Invalid
from portal.cases.models import Case, CasePerson, PersonRole
from portal.cases.move import Move, join_party
from portal.cases.opening import Application, Person, open_case
from portal.documents import uploads
from portal.publishing import queries as publishing
from services_catalog.slots import place_of

_REQUEST = "request"  # the question of the general form that says what is wanted


def open_child(move: Move) -> None:
    """Open a case for this one, with its people, its papers, and the answers that the other form asks for, too."""
    case, session = move.case, move.session
    agency_key, code = move.details["agency"], move.details["procedure"]
    published = publishing.published(session, code)
    if published is None:
        raise Invalid({"procedure": "Không có thủ tục nào mang mã này."})
    if agency_key not in {found.agency.key for found in publishing.offering_agencies(session, code)}:
        raise Invalid({"agency": "Cơ quan này không giải quyết thủ tục đó."})
    asked = {field.name: (field.kind, field.fields) for field in published.form.questions()}
    told = publishing.version(session, case.version_id).form.questions()
    same = [q.name for q in told if asked.get(q.name) == (q.kind, q.fields) and q.name in case.answers]
    answers = {name: case.answers[name] for name in same}
    if _REQUEST in asked:
        answers[_REQUEST] = move.details["note"]
    application = Application(
        published=published,
        agency_key=agency_key,
        answers=answers,
        people=people_of(session, case.id),
        applicant_id=case.applicant_id,
        origin=case.origin,  # whoever acts for its applicant acts for this one's, too
        parent=case,
        details={"parent": case.reference, "note": move.details["note"]},
    )
    child = open_case(session, application, by=move.by, now=move.now)
    uploads.copy(session, from_case=case.id, to_case=child.id, now=move.now,
                 place=lambda paper: place_of(paper, published.procedure, published.form))  # fmt: skip
    case.open_children += 1
    join_party(move.session, case, agency_key)
    move.details["child"] = child.reference


def note_child(move: Move) -> None:
    """A linked case is done: the first one waits for one less."""
    move.case.open_children -= 1


def children_of(session: Session, case: Case) -> Sequence[Case]:
    """The cases that were opened for this one."""
    return session.scalars(select(Case).where(Case.parent_id == case.id).order_by(Case.id)).all()


def people_of(session: Session, case_id: int) -> dict[PersonRole, Person]:
    """The people of a case by what they are in it."""
    rows = session.scalars(select(CasePerson).where(CasePerson.case_id == case_id))
    return {PersonRole(r.role): Person(r.name, r.citizen_id, r.phone, r.email, r.address) for r in rows}
