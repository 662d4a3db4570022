"""How an application becomes a case."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base.errors import NotFound, Refusal
from portal.cases.actions import tell
from portal.cases.drafts import AlreadySent, Outdated, answers_to, draft_for, is_outdated
from portal.cases.lifecycle import State
from portal.cases.models import Case, Draft
from portal.cases.references import next_reference
from portal.deadlines.calendar import provincial_calendar
from portal.deadlines.clock import acceptance_due
from portal.documents import uploads
from portal.identity.actor import Actor
from portal.publishing import queries as publishing
from portal.publishing.queries import Published
from services_catalog.answers import first_incomplete_step
from services_catalog.model import Procedure
from services_catalog.terms import Channel

_SECRET_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # noqa: S105 - an alphabet without look-alikes


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
    procedure = published.procedure
    _require_complete(session, draft, published)
    case = _new_case(session, draft, published, now)
    uploads.hand_over(session, draft_id=draft.id, case_id=case.id)
    tell(session, case, "case.submitted", procedure, by=by, now=now, details={})
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


def _new_case(session: Session, draft: Draft, published: Published, now: datetime) -> Case:
    agency = session.get(Agency, draft.agency_key)
    if agency is None or not agency.is_active:
        raise NotFound("Cơ quan tiếp nhận không còn hoạt động. Hãy bắt đầu lại và chọn cơ quan khác.")
    answers = answers_to(published.form, draft)
    case = Case(
        reference=next_reference(session, agency, now),
        draft_id=draft.id,
        procedure_code=published.procedure.code,
        version_id=draft.version_id,
        agency_key=draft.agency_key,
        channel=Channel.ONLINE,
        applicant_id=draft.account_id,
        contact_name=answers["requester_name"],
        contact_phone=answers.get("requester_phone"),
        answers=answers,
        lookup_code="".join(secrets.choice(_SECRET_LETTERS) for _ in range(8)),
        state=State.SUBMITTED,
        submitted_at=now,
        acceptance_due_at=acceptance_due(provincial_calendar(), now),
    )
    session.add(case)
    session.flush()
    return case
