"""How an application becomes a case."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.errors import Refusal
from portal.cases.drafts import AlreadySent, Outdated, answers_to, draft_for, is_outdated
from portal.cases.models import Case, Draft, PersonRole
from portal.cases.opening import Application, Person, open_case
from portal.documents import uploads
from portal.identity.actor import Actor
from portal.identity.models import Account
from portal.publishing import queries as publishing
from portal.publishing.queries import Published
from services_catalog.answers import first_incomplete_step
from services_catalog.model import Procedure


def submit(session: Session, draft_id: uuid.UUID, *, by: Actor, now: datetime) -> Case:
    """Turn a draft into a case, once: a second call returns the case of the first.

    Raises `NotFound`, `Refusal("incomplete")` naming what is missing, and `Outdated` where the person has not
    yet seen that the procedure has changed.
    """
    try:
        draft = draft_for(session, by, draft_id, lock=True)
    except AlreadySent:
        return session.scalars(select(Case).where(Case.draft_id == draft_id)).one()
    if is_outdated(session, draft):
        raise Outdated()
    published = publishing.version(session, draft.version_id)
    _require_complete(session, draft, published)
    case = open_case(session, _application(session, draft, published), by=by, now=now)
    uploads.hand_over(session, draft_id=draft.id, case_id=case.id)
    return case


def missing_papers(session: Session, draft: Draft, procedure: Procedure) -> list[str]:
    """Names of the papers that everyone must hand in and that are not uploaded yet."""
    slots = {document.slot for document in uploads.of_draft(session, draft.id)}
    return [d.name for i, d in enumerate(procedure.documents) if procedure.demands(d) and i not in slots]


def _require_complete(session: Session, draft: Draft, published: Published) -> None:
    if step := first_incomplete_step(published.form, draft.answers):
        raise Refusal("incomplete", f"Phần “{step.title}” chưa điền xong.")
    if missing := missing_papers(session, draft, published.procedure):
        raise Refusal("incomplete", f"Còn thiếu giấy tờ: {missing[0]}.")


def _application(session: Session, draft: Draft, published: Published) -> Application:
    answers = answers_to(published.form, draft)
    account = session.get_one(Account, draft.account_id)
    requester = Person(
        name=answers["requester_name"],
        citizen_id=answers.get("requester_citizen_id"),
        phone=answers.get("requester_phone"),
        address=answers.get("requester_residence"),
    )
    return Application(
        published=published,
        agency_key=draft.agency_key,
        answers=answers,
        people={
            PersonRole.OWNER: requester,
            PersonRole.SUBMITTER: Person(account.full_name, account.citizen_id, account.phone),
            PersonRole.CONTACT: requester,
        },
        applicant_id=draft.account_id,
        draft_id=draft.id,
    )
