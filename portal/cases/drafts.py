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
from services_catalog.form import Form, FormField, FormStep
from services_catalog.terms import ServiceLevel


def begin(session: Session, account: Account, code: str, agency_key: str, now: datetime) -> Draft:
    """A new draft, filled with what the account already says. Raises `NotFound` or `Refusal`."""
    published = publishing.published(session, code)
    if published is None:
        raise NotFound("Không có thủ tục này.")
    _require_offered(session, code, agency_key)
    draft = Draft(
        account_id=account.id,
        version_id=published.version_id,
        agency_key=agency_key,
        answers=_prefilled(published.form, account),
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


class Outdated(Refusal):
    """Another version of the procedure is in force than the one the draft was filled in for."""

    def __init__(self) -> None:
        super().__init__("outdated", "Thủ tục vừa thay đổi. Hãy xem lại hồ sơ trước khi gửi.")


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


def is_outdated(session: Session, draft: Draft) -> bool:
    """True if the draft was filled in for a version that is no longer in force."""
    return not publishing.is_in_force(session, draft.version_id)


def move_to_published(session: Session, draft: Draft, now: datetime) -> None:
    """Move a draft to the version in force: answers that the new form still asks for and all files are kept.

    The caller holds the lock. Raises `Refusal` where the procedure or the agency no longer takes applications.
    """
    old = publishing.version(session, draft.version_id)
    new = publishing.published(session, old.procedure.code)
    if new is None:
        raise Refusal("not_offered", "Thủ tục này không còn tiếp nhận hồ sơ. Bạn có thể xóa bản nháp.")
    _require_offered(session, new.procedure.code, draft.agency_key)
    asked, before = _questions(new.form), _questions(old.form)
    # Answers that are not asked any more stay aside: the version may be taken back. They are not sent.
    draft.answers = {
        name: value
        for name, value in draft.answers.items()
        if name not in asked or name not in before or _same(asked[name], before[name])
    }
    uploads.move(session, draft.id, old.procedure, new.procedure)
    draft.version_id, draft.moved_at = new.version_id, now


def answers_to(form: Form, draft: Draft) -> dict[str, Any]:
    """The answers of a draft to what the form asks."""
    return {name: value for name, value in draft.answers.items() if name in _questions(form)}


def _questions(form: Form) -> dict[str, FormField]:
    return {field.name: field for step in form.steps for field in step.fields}


def _same(new: FormField, old: FormField) -> bool:
    """True if an answer to the old question answers the new one."""
    return (new.kind, new.options, new.minimum, new.maximum) == (
        old.kind, old.options, old.minimum, old.maximum)  # fmt: skip


def _require_offered(session: Session, code: str, agency_key: str) -> None:
    levels = {found.agency.key: found.level for found in publishing.offering_agencies(session, code)}
    if agency_key not in levels:
        raise Refusal("not_offered", "Cơ quan này không tiếp nhận thủ tục. Hãy chọn cơ quan trong danh sách.")
    if levels[agency_key] is ServiceLevel.INFORMATION:
        raise Refusal("not_online", "Cơ quan này chưa nhận hồ sơ trực tuyến. Hãy nộp trực tiếp hoặc qua bưu chính.")


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
