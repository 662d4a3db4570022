"""Drafts: an application before it is sent."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.base.errors import NotFound, Refusal
from portal.cases.models import Case, Draft
from portal.cases.permissions import may_answer
from portal.cases.prefill import prefilled
from portal.documents import uploads
from portal.identity.actor import Actor
from portal.identity.models import Account
from portal.publishing import queries as publishing
from services_catalog.answers import Checked, check_form
from services_catalog.fields import inputs_of
from services_catalog.form import PART, Form, FormStep
from services_catalog.slots import place_of
from services_catalog.terms import ServiceLevel

# Of one input: more than the longest answer, so that what is too long is said at the field and not lost.
_MOST_TYPED = 20_000
# The input of a supplement for words to the officer.
NOTE = "note"
# Inputs that a browser leaves out where nothing is chosen.
_TICKS = ("radio", "checkbox", "checkboxes")


def begin(session: Session, account: Account, code: str, agency_key: str, now: datetime, *,
          is_assisted: bool = False) -> Draft:  # fmt: skip
    """A new draft, filled with what is known of the person. Raises `NotFound` or `Refusal`.

    `is_assisted`: an officer types for somebody else, of whom nothing is known yet.
    """
    published = publishing.published(session, code)
    if published is None:
        raise NotFound("Không có thủ tục này.")
    require_offered(session, code, agency_key, at_desk=is_assisted)
    typed = {} if is_assisted else prefilled(session, published.form, account)
    return new(session, account.id, published.version_id, agency_key, typed, now, is_assisted=is_assisted)


def new(
    session: Session, account_id: int, version_id: int, agency_key: str, typed: Mapping[str, str], now: datetime, *,
    case_id: int | None = None, is_assisted: bool = False,
) -> Draft:  # fmt: skip
    """A draft with these texts. `case_id`: it answers a request for supplements."""
    draft = Draft(
        account_id=account_id,
        version_id=version_id,
        agency_key=agency_key,
        case_id=case_id,
        is_assisted=is_assisted,
        typed=dict(typed),
        revisions={},
        revision=0,
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
    """The actor's own draft, or that of a supplement which they may answer.

    Raises `NotFound` for others' and absent ones alike, `AlreadySent` for a closed one.

    Whoever changes a draft takes it with `lock`, so that nothing is added while it is being sent.
    """
    draft = session.get(Draft, draft_id, with_for_update=lock or None, populate_existing=lock)
    if draft is None or not _may_fill_in(session, actor, draft):
        raise NotFound("Không tìm thấy hồ sơ nháp.")
    if reference := session.scalar(select(Case.reference).where(Case.draft_id == draft_id)):
        raise AlreadySent(reference)
    return draft


def _may_fill_in(session: Session, actor: Actor, draft: Draft) -> bool:
    if draft.account_id == actor.account_id:
        return True
    case = session.get(Case, draft.case_id) if draft.case_id else None
    return case is not None and may_answer(actor, case)


def discard(session: Session, actor: Actor, draft_id: uuid.UUID) -> None:
    """Delete the actor's draft with its files."""
    delete(session, draft_for(session, actor, draft_id, lock=True))


def delete(session: Session, draft: Draft) -> None:
    """Delete a draft with the files that are still its own."""
    for document in uploads.of_draft(session, draft.id):
        if document.case_id is None:
            session.delete(document)
    session.flush()
    session.delete(draft)


def checked(draft: Draft, form: Form, now: datetime) -> Checked:
    """What the draft says, and what is missing or wrong."""
    return check_form(form, draft.typed, local_day(now))


@dataclass(frozen=True)
class Kept:
    """What became of a save: what stands there now of inputs that somebody else changed meanwhile (`newer`),
    and what changed in other inputs of the form since the page was made (`elsewhere`)."""

    revision: int
    newer: dict[str, str] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)


def keep(draft: Draft, form: Form, texts: Mapping[str, str], base: int, now: datetime) -> Kept:
    """Keep what was typed on a page that was made at revision `base`. The caller holds the lock.

    An input that changed after `base`, on another device or in another window, is not overwritten.
    """
    known = _input_names(form, {**draft.typed, **texts}) | ({NOTE} if draft.case_id is not None else set())
    new = {name: text[:_MOST_TYPED] for name, text in texts.items() if name in known}
    changed = {name: text for name, text in new.items() if draft.typed.get(name, "") != text}
    newer = {name: draft.typed.get(name, "") for name in changed if draft.revisions.get(name, 0) > base}
    elsewhere = {
        name: draft.typed.get(name, "")
        for name, revision in draft.revisions.items()
        if revision > base and name not in texts
    }
    put(draft, {name: text for name, text in changed.items() if name not in newer}, now)
    return Kept(draft.revision, newer, elsewhere)


def put(draft: Draft, texts: Mapping[str, str], now: datetime, *, without: tuple[str, ...] = ()) -> None:
    """Set inputs, and take away those of the questions `without`, as one more revision. The caller holds the lock."""
    gone = {n for n in draft.typed if any(n == name or n.startswith(name + PART) for name in without)} - set(texts)
    if not texts and not gone:
        return
    draft.revision += 1
    draft.typed = {name: text for name, text in {**draft.typed, **texts}.items() if name not in gone}
    draft.revisions = {**draft.revisions, **dict.fromkeys([*texts, *gone], draft.revision)}
    draft.updated_at = now


def texts_of(step: FormStep, texts: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """What a page that was sent says of its inputs. What it lacks was not on it, but for boxes that are not ticked.

    `texts["asked"]` names the questions that the page showed; without it, all of the step.
    """
    asked = texts["asked"].split() if "asked" in texts else [question.name for question in step.fields]
    found: dict[str, str] = {}
    for question in step.fields:
        for one in inputs_of(question, {**typed, **texts}):
            is_shown = question.name in asked and (question.name == one.name or _has_row(one.name, texts))
            if one.name in texts or (one.widget in _TICKS and is_shown):
                found[one.name] = texts.get(one.name, "")
    return found


def _has_row(name: str, texts: Mapping[str, str]) -> bool:
    """True if the page showed the row, or the parts, that this input is one of."""
    start = name.rpartition(PART)[0] + PART
    return any(other.startswith(start) for other in texts)


def _input_names(form: Form, typed: Mapping[str, str]) -> set[str]:
    return {found.name for question in form.questions() for found in inputs_of(question, typed)}


def is_outdated(session: Session, draft: Draft) -> bool:
    """True if the draft was filled in for a version that is no longer in force."""
    return draft.case_id is None and not publishing.is_in_force(session, draft.version_id)


def move_to_published(session: Session, draft: Draft, now: datetime) -> None:
    """Move a draft to the version in force. What was typed and all files are kept; the check says what still fits.

    The caller holds the lock. Raises `Refusal` where the procedure or the agency no longer takes applications.
    """
    old = publishing.version(session, draft.version_id)
    new = publishing.published(session, old.procedure.code)
    if new is None:
        raise Refusal("not_offered", "Thủ tục này không còn tiếp nhận hồ sơ. Bạn có thể xóa bản nháp.")
    require_offered(session, new.procedure.code, draft.agency_key, at_desk=draft.is_assisted)
    for document in uploads.of_draft(session, draft.id):
        document.paper = document.paper or old.procedure.paper_key(document.slot)
        document.slot = place_of(document.paper, new.procedure, new.form)
    draft.moved_from = draft.moved_from or draft.version_id
    draft.version_id, draft.moved_at = new.version_id, now


def changes_of_form(session: Session, draft: Draft, now: datetime) -> list[str]:
    """What is different for a draft that was moved to another version: a sentence each, in Vietnamese."""
    if draft.moved_from is None:
        return []
    old, new = (publishing.version(session, id_).form for id_ in (draft.moved_from, draft.version_id))
    before, after = ({q.name: q for q in form.questions()} for form in (old, new))
    wrong = {name for errors in checked(draft, new, now).errors.values() for name in errors}
    answered = {name.partition(PART)[0] for name, text in draft.typed.items() if text}
    added = [q.label for name, q in after.items() if name not in before]
    gone = [q.label for name, q in before.items() if name not in after and name in answered]
    other = [
        after[n].label for n in after if n in before and n in answered and any(w.partition(PART)[0] == n for w in wrong)
    ]
    said = (("Mục mới cần điền", added), ("Không còn hỏi", gone), ("Cần xem lại vì quy định mới hỏi khác", other))
    return [f"{title}: {', '.join(labels)}." for title, labels in said if labels]


def require_offered(session: Session, code: str, agency_key: str, *, at_desk: bool = False) -> None:
    """Raises `Refusal` unless the agency takes applications for the procedure, online or (`at_desk`) at its desk."""
    levels = {found.agency.key: found.level for found in publishing.offering_agencies(session, code)}
    if agency_key not in levels:
        raise Refusal("not_offered", "Cơ quan này không tiếp nhận thủ tục. Hãy chọn cơ quan trong danh sách.")
    if levels[agency_key] is ServiceLevel.INFORMATION and not at_desk:
        raise Refusal("not_online", "Cơ quan này chưa nhận hồ sơ trực tuyến. Hãy nộp trực tiếp hoặc qua bưu chính.")


def unsent(session: Session, actor: Actor, code: str | None = None) -> list[Draft]:
    """The actor's drafts that have not become a case, newest first; of the procedure `code` alone where it is given."""
    sent = select(Case.draft_id).where(Case.draft_id.is_not(None), Case.draft_id == Draft.id)
    mine = (Draft.account_id == actor.account_id, Draft.case_id.is_(None), ~sent.exists())
    found = list(session.scalars(select(Draft).where(*mine).order_by(Draft.updated_at.desc())))
    if code is None:
        return found
    return [draft for draft in found if publishing.version(session, draft.version_id).procedure.code == code]
