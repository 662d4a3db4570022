"""Following a case: where it is, what it needs, its result."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.agencies.models import Agency
from portal.base.clock import now
from portal.base.errors import Invalid, NotFound
from portal.cases import again, conversation, drafts, paying, queries
from portal.cases.actions import perform
from portal.cases.details import DETAILS
from portal.cases.lifecycle import Action, State
from portal.cases.linked import children_of
from portal.cases.models import Case
from portal.cases.permissions import actions_of, current_stage
from portal.cases.words import status_sentence
from portal.documents import uploads
from portal.issuing.register import result_of
from portal.notifications import log
from portal.notifications.actions import latest, unread_count
from portal.payments.models import PaymentState
from portal.publishing import queries as publishing
from portal.web.access import signed_in
from portal.web.carrying import carrying
from portal.web.citizen.blueprints import cases as blueprint
from portal.web.files import apology_response, result_response, send_document
from portal.web.security import limiter
from portal.web.session import account, actor, db, writing
from services_catalog.fields import show_answer
from services_catalog.slots import slot_name
from services_catalog.words import STAGE_ROLE_NAMES
from services_catalog.workflow import Workflow


@blueprint.get("/ho-so")
@signed_in
def mine() -> str:
    """The person's cases, drafts and notices."""
    session = db()
    own_drafts = [(d, publishing.version(session, d.version_id)) for d in drafts.unsent(session, actor())]
    return render_template(
        "citizen/mine.html", rows=queries.of_applicant(session, actor()), drafts=own_drafts,
        notices=latest(session, actor().account_id or 0, limit=10),
        unread=unread_count(session, actor().account_id or 0),
    )  # fmt: skip


@blueprint.post("/ho-so-nhap/<uuid:draft_id>/xoa")
@signed_in
def discard(draft_id: uuid.UUID) -> Any:
    """Delete a draft with its files."""
    with writing() as session:
        drafts.discard(session, actor(), draft_id)
    flash("Đã xóa hồ sơ nháp.")
    return redirect(url_for("desk.queue" if actor().is_staff else "cases.mine"))


@blueprint.get("/ho-so/<reference>")
@signed_in
def show(reference: str) -> Any:
    """One case; staff who follow a link of the applicant's land on their own page of it."""
    case = queries.case_for(db(), actor(), reference)
    if case.applicant_id != actor().account_id:
        return redirect(url_for("desk.show", reference=case.reference))
    return page(case)


@blueprint.post("/ho-so/<reference>/rut")
@signed_in
def withdraw(reference: str) -> Any:
    """Withdraw the case."""
    return _act(reference, Action.WITHDRAW, "Hồ sơ đã được rút.")


@blueprint.post("/ho-so/<reference>/hoi")
@signed_in
@limiter.limit("60 per hour", key_func=lambda: str(actor().account_id))
def ask(reference: str) -> Any:
    """Write to the officers."""
    case = own_case(reference)
    try:
        with writing() as session:
            conversation.say(session, case.id, request.form.get("text", ""), by=actor(), now=now())
    except Invalid as invalid:
        return page(queries.case_for(db(), actor(), reference), errors=invalid.errors), 422
    flash("Đã gửi câu hỏi. Bạn được báo tin khi cán bộ trả lời.")
    return redirect(url_for("cases.show", reference=case.reference, _anchor="trao-doi"))


@blueprint.post("/ho-so/<reference>/nop-lai")
@signed_in
def apply_again(reference: str) -> Any:
    """Begin a new application with what this one said."""
    case = own_case(reference)
    with writing() as session:
        draft = again.begin_from(session, case, account(), now())
        first = publishing.version(session, draft.version_id).form.steps[0]
    flash("Đã mở hồ sơ mới với nội dung của hồ sơ cũ. Hãy xem lại từng phần trước khi gửi.")
    return redirect(url_for("drafts.step", draft_id=draft.id, key=first.key))


@blueprint.post("/ho-so/<reference>/nhan-ket-qua")
@signed_in
def receive(reference: str) -> Any:
    """Receive the result: from now on the case is handed over. Then the file comes."""
    case = own_case(reference)
    if case.state == State.FINISHED:
        with writing() as session:
            perform(session, case.id, Action.DELIVER, by=actor(), now=now())
    return redirect(url_for("cases.result", reference=case.reference))


@blueprint.get("/ho-so/<reference>/ket-qua.pdf")
@signed_in
def result(reference: str) -> Any:
    """The result as PDF, after it was received."""
    case = queries.case_for(db(), actor(), reference)
    if case.state != State.RETURNED:
        raise NotFound("Hồ sơ chưa có kết quả để tải.")
    return result_response(case)


@blueprint.get("/ho-so/<reference>/xin-loi.pdf")
@signed_in
def apology(reference: str) -> Any:
    """The letter of apology of a case that was put off."""
    return apology_response(queries.case_for(db(), actor(), reference))


@blueprint.get("/ho-so/<reference>/tep/<uuid:document_id>")
@signed_in
def document(reference: str, document_id: uuid.UUID) -> Any:
    """A file of the case."""
    return send_document(queries.case_for(db(), actor(), reference), document_id)


def _act(reference: str, action: Action, done: str) -> Any:
    case = queries.case_for(db(), actor(), reference)
    version = request.form.get("version", type=int)
    try:
        with writing() as session:
            perform(session, case.id, action, by=actor(), now=now(), details=request.form, expected_version=version)
    except Invalid as invalid:
        return page(queries.case_for(db(), actor(), reference), action, invalid.errors), 422
    flash(done)
    return redirect(url_for("cases.show", reference=case.reference))


def _place(case: Case, workflow: Workflow) -> dict[str, Any] | None:
    """Who holds the case now, and since when; None where it is not in process."""
    stage = current_stage(case, workflow)
    if stage is None or case.stage_agency_key is None:
        return None
    came = [e.at for e in queries.history(db(), case) if e.to_stage == case.stage != e.from_stage]
    agency = db().get_one(Agency, case.stage_agency_key).name
    holder = f"{STAGE_ROLE_NAMES[stage.role].lower()}, {agency}"
    return {"stage": stage.label, "holder": holder, "since": came[-1] if came else None}


def own_case(reference: str) -> Case:
    """The person's own case: what staff do, they do at the desk. Raises `NotFound`."""
    case = queries.case_for(db(), actor(), reference)
    if case.applicant_id != actor().account_id:
        raise NotFound("Không tìm thấy hồ sơ.")
    return case


def page(case: Case, tried: Action | None = None, errors: dict[str, str] | None = None) -> str:
    """The page of a case, with what was typed and what was wrong with it."""
    session = db()
    published = publishing.version(session, case.version_id)
    workflow = published.workflow
    agency = session.get_one(Agency, case.agency_key)
    return render_template(
        "citizen/case.html", case=case, p=published.procedure, form=published.form, agency=agency,
        sentence=status_sentence(case, workflow, agency.name), history=queries.history(session, case),
        documents=uploads.of_case(session, case.id), result=result_of(session, case.id), show=show_answer,
        place=_place(case, workflow),
        actions=actions_of(actor(), case, workflow, now()), details=DETAILS, workflow=workflow,
        children=[(child, session.get_one(Agency, child.agency_key).name) for child in children_of(session, case)],
        tried=tried, errors=errors or {}, typed=request.form, messages=conversation.messages_of(session, case),
        replaced=uploads.of_case(session, case.id, replaced=True),
        slot_name=lambda number: slot_name(published.procedure, published.form, number),
        **carrying(session, case), told=log.of_case(session, case.id), log=log, owed=paying.payable(session, case),
        paid=any(one.state == PaymentState.PAID for one in paying.payments_of(session, case.id)),
    )  # fmt: skip
