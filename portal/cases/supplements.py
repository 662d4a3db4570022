"""Answering a request for supplements: field by field and paper by paper, in a draft, and sent at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.errors import Invalid, NotFound, Refusal
from portal.cases import finding
from portal.cases.actions import perform_locked
from portal.cases.drafts import checked, new
from portal.cases.intake import people_in
from portal.cases.lifecycle import Action, State
from portal.cases.models import HERE, Case, CasePerson, Draft, PersonRole
from portal.cases.permissions import may_answer
from portal.documents import uploads
from portal.documents.models import Document
from portal.gateways.storage import Storage
from portal.identity.actor import Actor
from portal.publishing import queries as publishing
from portal.publishing.queries import Published
from services_catalog.answers import names_of, typed_answers
from services_catalog.conditions import condition
from services_catalog.form import PART, Form, FormField, FormStep
from services_catalog.slots import Slot, slots_of


def draft_of(session: Session, case: Case, by: Actor, now: datetime) -> Draft:
    """The draft in which the applicant, or the desk for them, answers; made at the first look.

    Raises `Refusal` and `NotFound`.
    """
    if by.account_id is None or not may_answer(by, case):
        raise NotFound("Không tìm thấy hồ sơ.")
    if case.state != State.SUPPLEMENT:
        raise Refusal("not_now", "Hồ sơ không ở bước bổ sung.")
    locked = session.get_one(Case, case.id, with_for_update=True)  # two windows make one draft
    found = session.scalar(select(Draft).where(Draft.case_id == locked.id))
    if found is not None:
        return found  # whoever may answer goes on with it
    form = publishing.version(session, case.version_id).form
    typed = typed_answers(form, case.answers)
    return new(session, by.account_id, case.version_id, case.agency_key, typed, now, case_id=case.id)


def asked_step(case: Case, form: Form) -> FormStep | None:
    """The questions that the officer has named, as one page; None where none was named."""
    asked = [(step, field) for step in form.steps for field in step.fields if field.name in case.asked_fields]
    # A condition may hang on a question that is not on this page: what the officer asks for is asked.
    fields = tuple(field.model_copy(update={"when": None, "group": step.title}) for step, field in asked)
    return FormStep(key="asked", title="Nội dung cần sửa", fields=fields) if fields else None


def asked_slots(case: Case, published: Published) -> list[Slot]:
    """The papers that the officer has named."""
    return [
        slot for slot in slots_of(published.procedure, published.form, case.answers) if slot.key in case.asked_papers
    ]


def send(
    session: Session,
    storage: Storage,
    case_id: int,
    *,
    by: Actor,
    note: str,
    expected_version: int | None,
    now: datetime,
) -> Case:
    """Send the answer: new answers, new files, the note, and the case goes on, in one transaction.

    Raises `Invalid` at the questions that are wrong, or where nothing at all was supplied.
    """
    case = session.get_one(Case, case_id, with_for_update=True, populate_existing=True)
    # Whatever is being added to the draft just now comes before, or is refused.
    draft = session.get_one(Draft, draft_of(session, case, by, now).id, with_for_update=True, populate_existing=True)
    published = publishing.version(session, case.version_id)
    answers = _new_answers(draft, case, published, now)
    uploads.combine_photos(session, storage, draft.id, now)
    files = uploads.replace(session, draft_id=draft.id, case_id=case.id, now=now)
    changed = changed_questions(published.form, case.answers, answers)
    if not changed and not files and not note.strip():
        raise Invalid({"note": "Bạn chưa sửa mục nào, chưa thêm tệp nào. Hãy ghi rõ bạn đã bổ sung những gì."})
    case.answers_before, case.answers = case.answers, answers
    _name_people(session, case, published)
    details = {"note": note.strip() or _summary(changed, files)}
    perform_locked(session, case, Action.SUPPLY, by=by, now=now, details=details, expected_version=expected_version)
    _close(session, draft)
    return case


def changed_questions(form: Form, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FormField]:
    """The questions whose answers differ."""
    return [field for field in form.questions() if before.get(field.name) != after.get(field.name)]


def _new_answers(draft: Draft, case: Case, published: Published, now: datetime) -> dict[str, Any]:
    found = checked(draft, published.form, now)
    touched = _touched(draft, case, published.form)
    # What was wrong before and was not touched does not keep the answer from being sent: a case from elsewhere
    # may never have had it.
    wrong = {name: said for errors in found.errors.values() for name, said in errors.items()}
    judged = touched | set(case.asked_fields)
    if blocking := {name: said for name, said in wrong.items() if name.split(PART)[0] in judged}:
        raise Invalid(blocking)
    kept = {name: value for name, value in case.answers.items() if name not in touched}
    return {**kept, **found.values}


def _touched(draft: Draft, case: Case, form: Form) -> set[str]:
    """The questions that were answered otherwise, and those that are asked because of such an answer."""
    before = typed_answers(form, case.answers)
    touched: set[str] = set()
    for question in form.questions():
        names = names_of(question, {**before, **draft.typed})
        is_new = any(_text(draft.typed, name) != _text(before, name) for name in names)
        if is_new or (question.when and condition(question.when).field in touched) or question.compute:
            touched.add(question.name)
    return touched


def _text(texts: Mapping[str, str], name: str) -> str:
    """What an input says; how many rows a table shows says nothing, nor does the province of an empty address."""
    return (
        "" if name.endswith((f"{PART}rows", f"{PART}province")) and not _has_more(texts, name) else texts.get(name, "")
    )


def _has_more(texts: Mapping[str, str], name: str) -> bool:
    start = name.rpartition(PART)[0] + PART
    return not name.endswith(f"{PART}rows") and any(n.startswith(start) and n != name and t for n, t in texts.items())


def _name_people(session: Session, case: Case, published: Published) -> None:
    """Those whom the corrected answers name; of a case from elsewhere they are told by the other system."""
    if case.origin != HERE:
        return
    people = people_in(published, case.answers)
    contact = people[PersonRole.CONTACT]
    case.contact_name, case.contact_phone = contact.name, contact.phone
    if case.typed_by is not None:
        people[PersonRole.SUBMITTER] = contact
    for role, person in people.items():
        session.merge(CasePerson(case_id=case.id, role=role, **vars(person)))
    case.commune = finding.commune_of(case.answers)
    if PersonRole.ADDRESSEE not in people and (old := session.get(CasePerson, (case.id, PersonRole.ADDRESSEE))):
        session.delete(old)
    session.flush()
    finding.remember(session, case)


def _summary(changed: list[FormField], files: list[Document]) -> str:
    parts = [f"Đã sửa: {', '.join(field.label for field in changed)}." if changed else ""]
    parts.append(f"Đã thêm {len(files)} tệp." if files else "")
    return " ".join(filter(None, parts))


def _close(session: Session, draft: Draft) -> None:
    """The draft has served; its files stay with the case."""
    for document in uploads.of_draft(session, draft.id):
        document.draft_id = None
    session.flush()
    session.delete(draft)
