"""Drafts: an application before it is sent."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.errors import NotFound, Refusal
from portal.cases.models import Case, Draft
from portal.documents import uploads
from portal.identity.actor import Actor
from portal.identity.models import Account
from portal.publishing import queries as publishing
from services_catalog.loader import forms
from services_catalog.model import Form, FormStep


def begin(session: Session, account: Account, code: str, agency_key: str, now: datetime) -> Draft:
    """A new draft, filled with what the account already says. Raises `NotFound` or `Refusal`."""
    published = publishing.published(session, code)
    if published is None:
        raise NotFound("Không có thủ tục này.")
    if agency_key not in {agency.key for agency in publishing.offering_agencies(session, code)}:
        raise Refusal("not_offered", "Cơ quan này không tiếp nhận thủ tục. Hãy chọn cơ quan trong danh sách.")
    form = forms()[published.procedure.form]
    draft = Draft(
        account_id=account.id,
        version_id=published.version_id,
        agency_key=agency_key,
        answers=_prefilled(form, account),
        created_at=now,
        updated_at=now,
    )
    session.add(draft)
    session.flush()
    return draft


class AlreadySent(Refusal):
    """The draft has become the case `reference` and is closed for changes."""

    def __init__(self, reference: str):
        self.reference = reference
        super().__init__("already_sent", f"Hồ sơ đã được gửi, mã {reference}.")


def draft_for(session: Session, actor: Actor, draft_id: uuid.UUID, *, lock: bool = False) -> Draft:
    """The actor's own draft. Raises `NotFound` for others' and absent ones alike, `AlreadySent` for a closed one.

    Whoever changes a draft takes it with `lock`, so that nothing is added while it is being sent.
    """
    draft = session.get(Draft, draft_id, with_for_update=lock or None, populate_existing=lock)
    if draft is None or draft.account_id != actor.account_id:
        raise NotFound("Không tìm thấy hồ sơ nháp.")
    if reference := session.scalar(select(Case.reference).where(Case.draft_id == draft_id)):
        raise AlreadySent(reference)
    return draft


def discard(session: Session, actor: Actor, draft_id: uuid.UUID) -> None:
    """Delete the actor's draft with its files."""
    draft = draft_for(session, actor, draft_id, lock=True)
    for document in uploads.of_draft(session, draft.id):
        session.delete(document)
    session.flush()
    session.delete(draft)


def save_step(session: Session, draft: Draft, step: FormStep, values: dict[str, Any], now: datetime) -> None:
    """Replace the answers of one step."""
    kept = {name: value for name, value in draft.answers.items() if name not in {f.name for f in step.fields}}
    draft.answers = {**kept, **values}
    draft.updated_at = now


def unsent(session: Session, actor: Actor) -> list[Draft]:
    """The actor's drafts that have not become a case, newest first."""
    sent = select(Case.draft_id).where(Case.draft_id.is_not(None), Case.applicant_id == actor.account_id)
    query = select(Draft).where(Draft.account_id == actor.account_id, Draft.id.not_in(sent))
    return list(session.scalars(query.order_by(Draft.updated_at.desc())))


def _prefilled(form: Form, account: Account) -> dict[str, Any]:
    known = {
        "full_name": account.full_name,
        "citizen_id": account.citizen_id,
        "phone": account.phone,
        "residence": account.residence,
    }
    fields = [field for step in form.steps for field in step.fields if field.prefill]
    return {f.name: known[f.prefill] for f in fields if f.prefill and known.get(f.prefill)}
