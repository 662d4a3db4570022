"""How an application becomes a case."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.errors import Refusal
from portal.cases.drafts import AlreadySent, Outdated, checked, draft_for, is_outdated
from portal.cases.models import Case, Draft, PersonRole
from portal.cases.opening import Application, Person, open_case
from portal.documents import uploads, wallet
from portal.documents.models import Source
from portal.gateways.storage import Storage
from portal.identity import queries as identity
from portal.identity.actor import Actor
from portal.identity.models import Account
from portal.publishing import queries as publishing
from portal.publishing.queries import Published
from services_catalog.fields import show_answer
from services_catalog.slots import Slot, missing, slot_name, slots_of
from services_catalog.terms import Channel


def submit(session: Session, storage: Storage, draft_id: uuid.UUID, *, by: Actor, now: datetime) -> Case:
    """Turn a draft into a case, once: a second call returns the case of the first.

    The photos of each paper become one PDF; the papers are kept in the wallet of the applicant.

    Raises `NotFound`, `Refusal("incomplete")` naming what is missing, and `Outdated` where the person has not
    yet seen that the procedure has changed.
    """
    try:
        draft = draft_for(session, by, draft_id, lock=True)
    except AlreadySent:
        return session.scalars(select(Case).where(Case.draft_id == draft_id)).one()
    if draft.case_id is not None:
        raise Refusal("is_supplement", "Đây là phần bổ sung của một hồ sơ đã gửi. Hãy gửi từ trang của hồ sơ đó.")
    if is_outdated(session, draft):
        raise Outdated()
    published = publishing.version(session, draft.version_id)
    values = _complete_values(session, draft, published, now)
    case = open_case(session, _application(session, draft, published, values, by), by=by, now=now)
    uploads.leave_out(session, draft.id, {s.number for s in slots_of(published.procedure, published.form, values)})
    uploads.combine_photos(session, storage, draft.id, now)
    uploads.hand_over(session, draft_id=draft.id, case_id=case.id)
    _keep_in_wallet(session, case, published, now)
    return case


def _keep_in_wallet(session: Session, case: Case, published: Published, now: datetime) -> None:
    if case.applicant_id is None or case.typed_by is not None:
        return
    named = [
        (slot_name(published.procedure, published.form, file.slot), file)
        for file in uploads.of_case(session, case.id)
        if file.source != Source.REUSED
    ]
    wallet.keep_papers(session, case.applicant_id, named, case.reference, now)


def missing_papers(session: Session, draft: Draft, published: Published, values: Mapping[str, Any]) -> list[Slot]:
    """The papers that must be handed in and that are not uploaded yet."""
    filled = {document.slot for document in uploads.of_draft(session, draft.id)}
    return missing(slots_of(published.procedure, published.form, values), filled)


def _complete_values(session: Session, draft: Draft, published: Published, now: datetime) -> dict[str, Any]:
    found = checked(draft, published.form, now)
    if found.errors:
        step = next(step for step in published.form.steps if step.key in found.errors)
        raise Refusal("incomplete", f"Phần “{step.title}” chưa điền xong.")
    if lacking := missing_papers(session, draft, published, found.values):
        raise Refusal("incomplete", f"Còn thiếu giấy tờ: {lacking[0].name}.")
    return found.values


def _application(
    session: Session, draft: Draft, published: Published, answers: dict[str, Any], by: Actor
) -> Application:
    account = session.get_one(Account, draft.account_id)
    people = people_in(published, answers)
    requester = people[PersonRole.CONTACT]
    people[PersonRole.SUBMITTER] = (
        requester if draft.is_assisted else Person(account.full_name, account.citizen_id, account.phone)
    )
    return Application(
        published=published,
        agency_key=draft.agency_key,
        answers=answers,
        people=people,
        applicant_id=_account_of(session, requester) if draft.is_assisted else draft.account_id,
        typed_by=draft.account_id if draft.is_assisted else None,
        channel=Channel.DESK if draft.is_assisted else Channel.ONLINE,
        draft_id=draft.id,
        fee_claim=draft.fee_claim,
    )


def people_in(published: Published, answers: Mapping[str, Any]) -> dict[PersonRole, Person]:
    """The people whom the answers name: whose matter it is, who is told, to whom papers are posted."""
    shown = _words(published, answers)
    requester = Person(
        name=answers["requester_name"],
        citizen_id=answers.get("requester_citizen_id"),
        phone=answers.get("requester_phone"),
        email=answers.get("requester_email"),
        address=shown("requester_residence"),
    )
    people = {PersonRole.OWNER: _owner(answers, shown) or requester, PersonRole.CONTACT: requester}
    if answers.get("receive_by") == "post":
        people[PersonRole.ADDRESSEE] = Person(
            answers["post_name"], phone=answers["post_phone"], address=shown("post_address")
        )
    return people


def _owner(answers: Mapping[str, Any], shown: Callable[[str], str | None]) -> Person | None:
    """Whose matter it is, where that is not the one who applies."""
    if answers.get("principal_name"):
        return Person(answers["principal_name"], citizen_id=answers.get("principal_citizen_id"))
    if answers.get("organization_name"):
        return Person(answers["organization_name"], address=shown("organization_address"))
    return None


def _words(published: Published, answers: Mapping[str, Any]) -> Callable[[str], str | None]:
    """Answers in words, None where there is none."""
    fields = {field.name: field for field in published.form.questions()}
    return lambda name: show_answer(fields[name], answers[name]) if answers.get(name) and name in fields else None


def _account_of(session: Session, person: Person) -> int | None:
    """The account of somebody whose application an officer types, so that they see it as well."""
    return identity.account_of_citizen(session, person.citizen_id) if person.citizen_id else None
