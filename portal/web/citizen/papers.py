"""The papers of an application: a place for each, with its files."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request, url_for

from portal.base.clock import local_day, now
from portal.base.errors import NotFound, Refusal
from portal.cases import drafts
from portal.documents import uploads, wallet
from portal.documents.models import Document, Source
from portal.publishing import queries as publishing
from portal.publishing.queries import Published
from portal.web.access import signed_in
from portal.web.citizen.blueprints import drafts as blueprint
from portal.web.citizen.opened import Opened, open_draft
from portal.web.files import prepare, stored_response
from portal.web.security import limiter
from portal.web.session import account, actor, db, settings, storage, writing
from services_catalog.slots import OTHER, Slot, place_of, slot_key


@blueprint.get("/ho-so-nhap/<uuid:draft_id>/giay-to")
@signed_in
def papers(draft_id: uuid.UUID) -> str:
    """The papers to hand in, each with its files."""
    return _page(open_draft(draft_id))


@blueprint.post("/ho-so-nhap/<uuid:draft_id>/giay-to/<int:number>")
@signed_in
@limiter.limit("300 per hour", key_func=lambda: str(actor().account_id))
def upload(draft_id: uuid.UUID, number: int) -> Any:
    """Add files to one paper. Good ones are kept even when another of them is refused."""
    key = _key_shown(draft_id, number)
    opened = open_draft(draft_id)
    errors: list[str] = []
    files = [file for file in request.files.getlist("files") if file.filename]
    for file in files:
        try:
            keep_file(draft_id, key, uploads.Incoming(file.filename or "", file.stream.read()))
        except Refusal as refusal:
            errors.append(f"{file.filename}: {refusal.message}")
    if not files:
        errors.append("Bạn chưa chọn tệp nào.")
    place = place_of(key, opened.published.procedure, opened.published.form) if key else OTHER
    if errors:
        return _page(open_draft(draft_id), {place: " ".join(errors)}), 422
    return redirect(_way_back(opened, place))


@blueprint.post("/ho-so-nhap/<uuid:draft_id>/giay-to/<int:number>/dung-lai")
@signed_in
def reuse(draft_id: uuid.UUID, number: int) -> Any:
    """Hand in a paper of the wallet."""
    key = _key_shown(draft_id, number)
    opened = open_draft(draft_id)
    try:
        chosen = uuid.UUID(request.form.get("paper", ""))
    except ValueError:
        return _page(opened, {number: "Hãy chọn một giấy tờ trong kho."}), 422
    slot = _slot(opened, key)
    try:
        with writing() as session:
            drafts.draft_for(session, actor(), draft_id, lock=True)
            paper = wallet.paper_of(session, actor().account_id or 0, chosen)
            uploads.require_fits(slot, paper)
            wallet.reuse(
                session, storage(), paper, draft_id=draft_id, slot=slot.number, key=key, most=slot.most, now=now()
            )
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(open_draft(draft_id), {slot.number: refusal.message}), 422
    return redirect(_way_back(opened, slot.number))


@blueprint.post("/ho-so-nhap/<uuid:draft_id>/giay-to/<uuid:document_id>/xoa")
@signed_in
def remove(draft_id: uuid.UUID, document_id: uuid.UUID) -> Any:
    """Take a file out again."""
    with writing() as session:
        drafts.draft_for(session, actor(), draft_id, lock=True)
        uploads.remove(session, draft_id, document_id)
    return redirect(_way_back(open_draft(draft_id), None))


@blueprint.get("/ho-so-nhap/<uuid:draft_id>/tep/<uuid:document_id>")
@signed_in
def view_file(draft_id: uuid.UUID, document_id: uuid.UUID) -> Any:
    """A file of the draft, to look whether it can be read."""
    drafts.draft_for(db(), actor(), draft_id)
    document = db().get(Document, document_id)
    if document is None or document.draft_id != draft_id:
        raise NotFound("Không tìm thấy tệp.")
    return stored_response(document)


def keep_file(draft_id: uuid.UUID, key: str, incoming: uploads.Incoming) -> None:
    """Look at a file and keep it for the paper `key`. Raises `Refusal`."""
    prepared = prepare(incoming)
    opened = open_draft(draft_id)
    slot = _slot(opened, key)
    uploads.require_fits(slot, prepared)
    with writing() as session:
        draft = drafts.draft_for(session, actor(), draft_id, lock=True)
        source = Source.SCANNED if draft.is_assisted else Source.UPLOADED
        uploads.add(session, storage(), prepared, draft_id=draft_id, slot=slot.number, paper=key, most=slot.most,
                    now=now(), source=source)  # fmt: skip


def _slot(opened: Opened, key: str) -> Slot:
    """The place for a paper in the version in force; papers that it lacks go to the others."""
    number = place_of(key, opened.published.procedure, opened.published.form) if key else OTHER
    return next((slot for slot in opened.slots if slot.number == number), opened.slots[-1])


def _key_shown(draft_id: uuid.UUID, number: int) -> str:
    """The paper at a place of the page; the page may be older than the procedure, so before the draft is moved."""
    shown = _version_shown(draft_id)
    key = slot_key(shown.procedure, shown.form, number)
    if not key and number != OTHER:
        raise NotFound("Không có giấy tờ này trong thủ tục.")
    return key


def _version_shown(draft_id: uuid.UUID) -> Published:
    """The version that the page of the draft showed."""
    return publishing.version(db(), drafts.draft_for(db(), actor(), draft_id).version_id)


def _way_back(opened: Opened, place: int | None) -> str:
    """The page from which files were added: the papers, or in a supplement what was asked for."""
    anchor = f"giay-to-{place}" if place is not None else None
    if opened.draft.case_id is not None and request.form.get("from") == "supplement":
        return url_for("drafts.back_to_case", draft_id=opened.draft.id, _anchor=anchor)
    return url_for("drafts.papers", draft_id=opened.draft.id, _anchor=anchor)


def _page(opened: Opened, errors: Mapping[int, str] | None = None) -> str:
    return render_template("citizen/papers.html", o=opened, here="papers", errors=errors or {}, **paper_facts(opened))


def paper_facts(opened: Opened) -> dict[str, Any]:
    """What the places for files say: kinds, sizes, and what the wallet has for each."""
    kept = [] if opened.draft.is_assisted else wallet.papers_of(db(), account().id)
    today = local_day(now())
    return {
        "max_mb": settings().max_upload_mb,
        "kinds": list(dict.fromkeys(uploads.ACCEPTED.values())),
        "accept": ",".join(uploads.ACCEPTED),
        "reusable": {slot.number: wallet.fitting(kept, slot.name, today)[:8] for slot in opened.slots},
    }
