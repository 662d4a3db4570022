"""Applying: agency → form, a page a step → papers → reading everything once more → sending."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm

from portal.agencies.models import Agency
from portal.base.clock import local_day, now
from portal.base.errors import NotFound, Refusal
from portal.cases import drafts, intake
from portal.cases.models import Draft
from portal.documents import uploads
from portal.publishing import queries as publishing
from portal.web.access import signed_in
from portal.web.forms.builder import form_for_step
from portal.web.public.procedures import find
from portal.web.security import limiter
from portal.web.session import account, actor, db, settings, storage, writing
from services_catalog.answers import first_incomplete_step
from services_catalog.fields import show_answer
from services_catalog.form import Form
from services_catalog.model import Procedure

blueprint = Blueprint("drafts", __name__)


@blueprint.get("/thu-tuc/<code>/nop-ho-so")
@signed_in
def choose_agency(code: str) -> str:
    """Which agency the application goes to."""
    published = find(code)
    agencies = publishing.offering_agencies(db(), code)
    return render_template("citizen/choose_agency.html", p=published.procedure, agencies=agencies,
                           error=None)  # fmt: skip


@blueprint.post("/thu-tuc/<code>/nop-ho-so")
@signed_in
@limiter.limit("200 per hour", key_func=lambda: str(actor().account_id))
def begin(code: str) -> Any:
    """Start a draft."""
    try:
        if not request.form.get("agency"):
            raise Refusal("no_agency", "Hãy chọn nơi nộp hồ sơ.")
        with writing() as session:
            draft = drafts.begin(session, account(), code, request.form.get("agency", ""), now())
            step = publishing.version(session, draft.version_id).form.steps[0]
    except Refusal as refusal:
        published = find(code)
        agencies = publishing.offering_agencies(db(), code)
        page = render_template("citizen/choose_agency.html", p=published.procedure, agencies=agencies,
                               error=refusal.message)  # fmt: skip
        return page, 422
    return redirect(url_for("drafts.step", draft_id=draft.id, key=step.key))


@blueprint.get("/ho-so-nhap/<uuid:draft_id>/to-khai/<key>")
@signed_in
def step(draft_id: uuid.UUID, key: str) -> str:
    """One step of the form."""
    draft, procedure, form = _open(draft_id)
    current = _step(form, key)
    return _step_page(draft, procedure, form, key, form_for_step(current, draft.answers))


@blueprint.post("/ho-so-nhap/<uuid:draft_id>/to-khai/<key>")
@signed_in
def save_step(draft_id: uuid.UUID, key: str) -> Any:
    """Save one step and go on; wrong answers come back with what was typed."""
    draft, procedure, form = _open(draft_id)
    current = _step(form, key)
    web_form = form_for_step(current, draft.answers)
    values = web_form.check(local_day(now()))
    if values is None:
        return _step_page(draft, procedure, form, key, web_form), 422
    with writing() as session:
        drafts.save_step(session, drafts.draft_for(session, actor(), draft_id, lock=True), current, values, now())
    following = form.steps.index(current) + 1
    if following < len(form.steps):
        return redirect(url_for("drafts.step", draft_id=draft_id, key=form.steps[following].key))
    return redirect(url_for("drafts.papers", draft_id=draft_id))


@blueprint.get("/ho-so-nhap/<uuid:draft_id>/giay-to")
@signed_in
def papers(draft_id: uuid.UUID) -> str:
    """The papers to hand in, each with its files."""
    draft, procedure, form = _open(draft_id)
    return _papers_page(draft, procedure, form)


@blueprint.post("/ho-so-nhap/<uuid:draft_id>/giay-to/<int:slot>")
@signed_in
@limiter.limit("300 per hour", key_func=lambda: str(actor().account_id))
def upload(draft_id: uuid.UUID, slot: int) -> Any:
    """Add files to one paper. Good ones are kept even when another of them is refused."""
    # The page may be older than the procedure: the place is that of the version it showed.
    shown = publishing.version(db(), drafts.draft_for(db(), actor(), draft_id).version_id).procedure
    if slot >= len(shown.documents) and slot != uploads.OTHER_SLOT:
        raise NotFound("Không có giấy tờ này trong thủ tục.")
    draft, procedure, form = _open(draft_id)
    paper = shown.paper_key(slot)
    slot = uploads.place_of(paper, procedure) if paper else uploads.OTHER_SLOT
    errors: list[str] = []
    files = [file for file in request.files.getlist("files") if file.filename]
    for file in files:
        try:
            with writing() as session:
                drafts.draft_for(session, actor(), draft_id, lock=True)
                incoming = uploads.Incoming(file.filename or "", file.stream.read())
                uploads.add(session, storage(), incoming, draft_id=draft_id, slot=slot, paper=paper,
                            max_mb=settings().max_upload_mb, now=now())  # fmt: skip
        except Refusal as refusal:
            errors.append(f"{file.filename}: {refusal.message}")
    if not files:
        errors.append("Bạn chưa chọn tệp nào.")
    if errors:
        draft = drafts.draft_for(db(), actor(), draft_id)
        return _papers_page(draft, procedure, form, {slot: " ".join(errors)}), 422
    return redirect(url_for("drafts.papers", draft_id=draft_id, _anchor=f"giay-to-{slot}"))


@blueprint.post("/ho-so-nhap/<uuid:draft_id>/giay-to/<uuid:document_id>/xoa")
@signed_in
def remove(draft_id: uuid.UUID, document_id: uuid.UUID) -> Any:
    """Take a file out again."""
    with writing() as session:
        drafts.draft_for(session, actor(), draft_id, lock=True)
        uploads.remove(session, draft_id, document_id)
    return redirect(url_for("drafts.papers", draft_id=draft_id))


@blueprint.get("/ho-so-nhap/<uuid:draft_id>/xem-lai")
@signed_in
def review(draft_id: uuid.UUID) -> str:
    """Everything once more before it is sent."""
    return _review_page(draft_id)


@blueprint.post("/ho-so-nhap/<uuid:draft_id>/gui")
@signed_in
def submit(draft_id: uuid.UUID) -> Any:
    """Send it. A second click leads to the same case."""
    try:
        with writing() as session:
            case = intake.submit(session, draft_id, by=actor(), now=now())
    except NotFound:
        raise
    except drafts.Outdated:
        return redirect(url_for("drafts.review", draft_id=draft_id))
    except Refusal as refusal:
        return _review_page(draft_id, refusal.message), 409
    flash("Đã gửi hồ sơ. Hãy lưu lại mã hồ sơ và mã tra cứu bên dưới.")
    return redirect(url_for("cases.show", reference=case.reference))


def _open(draft_id: uuid.UUID) -> tuple[Draft, Procedure, Form]:
    """The draft with the version in force, to which it is moved first if the procedure has changed meanwhile."""
    draft = drafts.draft_for(db(), actor(), draft_id)
    if drafts.is_outdated(db(), draft):
        with writing() as session:
            draft = drafts.draft_for(session, actor(), draft_id, lock=True)
            drafts.move_to_published(session, draft, now())
    version = publishing.version(db(), draft.version_id)
    return draft, version.procedure, version.form


def _step(form: Form, key: str) -> Any:
    found = next((step for step in form.steps if step.key == key), None)
    if found is None:
        raise NotFound()
    return found


def _step_page(draft: Draft, procedure: Procedure, form: Form, key: str, web_form: FlaskForm) -> str:
    return render_template("citizen/step.html", draft=draft, p=procedure, form=form, step=_step(form, key),
                           web_form=web_form, here=key, back=_before(form, key))  # fmt: skip


def _before(form: Form, key: str) -> str | None:
    """The key of the step before this one."""
    keys = [step.key for step in form.steps]
    return keys[keys.index(key) - 1] if keys.index(key) else None


def _papers_page(draft: Draft, procedure: Procedure, form: Form, errors: dict[int, str] | None = None) -> str:
    return render_template(
        "citizen/papers.html", draft=draft, p=procedure, form=form, documents=uploads.of_draft(db(), draft.id),
        errors=errors or {}, max_mb=settings().max_upload_mb, kinds=list(dict.fromkeys(uploads.ACCEPTED.values())),
        accept=",".join(uploads.ACCEPTED), here="papers", other_slot=uploads.OTHER_SLOT,
    )  # fmt: skip


def _review_page(draft_id: uuid.UUID, error: str | None = None) -> str:
    draft, procedure, form = _open(draft_id)
    session = db()
    incomplete = first_incomplete_step(form, draft.answers)
    return render_template(
        "citizen/review.html", draft=draft, p=procedure, form=form, show=show_answer, error=error,
        documents=uploads.of_draft(session, draft.id), incomplete=incomplete,
        missing=intake.missing_papers(session, draft, procedure), agency=session.get_one(Agency, draft.agency_key),
        here="review",
    )  # fmt: skip
