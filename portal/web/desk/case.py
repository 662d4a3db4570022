"""One case on one screen, and what is done to it."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask import session as browser

from portal.base.clock import now
from portal.base.errors import Invalid, NotFound, Refusal
from portal.cases import conversation, queries
from portal.cases.actions import perform
from portal.cases.details import REFUSED
from portal.cases.lifecycle import Action
from portal.cases.models import Case
from portal.cases.paper import paper_data
from portal.cases.permissions import may_do, works_with
from portal.cases.words import ACTION_NAMES
from portal.desk import checklist, looks, notes
from portal.documents import papers
from portal.identity import queries as identity
from portal.publishing import queries as publishing
from portal.web.access import staff
from portal.web.desk.blueprint import blueprint
from portal.web.desk.screen import screen
from portal.web.files import pdf_response
from portal.web.session import actor, db, settings, writing
from services_catalog.terms import Channel
from services_catalog.text import nfc_lines

# In the session of the browser: the address of the queue that was seen last.
LAST_QUEUE = "queue"


@blueprint.get("/ho-so/<reference>")
@staff
def show(reference: str) -> str:
    """One case on one screen. Who looks is noted, for colleagues and for signing."""
    case = case_of(reference)
    with writing() as session:
        looks.look(session, case, actor(), now())
    return page(case_of(reference))


@blueprint.post("/ho-so/<reference>/dang-xem")
@staff
def looking(reference: str) -> Any:
    """The page is still open: who else has it open, and whether the case has moved meanwhile."""
    case = case_of(reference)
    with writing() as session:
        looks.stay(session, case, actor(), now())
    return jsonify(version=case.version, words=others_words(case))


@blueprint.post("/ho-so/<reference>/<action>")
@staff
def act(reference: str, action: str) -> Any:
    """Do one thing to a case; wrong details come back with what was typed."""
    if action not in set(Action):
        abort(404)
    case = case_of(reference)
    version = request.form.get("version", type=int)
    details = {name: ",".join(request.form.getlist(name)) for name in request.form}
    details["reason"] = details.get("reason", "").strip() or details.get("ready", "")
    try:
        with writing() as session:
            perform(session, case.id, Action(action), by=actor(), now=now(), details=details,
                    expected_version=version, through="through" in request.form)  # fmt: skip
    except Invalid as invalid:
        return page(case_of(reference), tried=Action(action), errors=invalid.errors), 422
    except Refusal as refusal:
        return page(case_of(reference), tried=Action(action), refusal=refusal.message), 409
    flash(f"{ACTION_NAMES[Action(action)]}: xong, hồ sơ {case.reference}.")
    if case.channel == Channel.DESK and action == Action.ACCEPT:  # the person stands at the counter: print the receipt
        return redirect(url_for("desk.show", reference=case.reference, _anchor="phieu"))
    return redirect(_onwards(request.form.get("then", "")))


@blueprint.post("/ho-so/<reference>/xem-truoc")
@staff
def preview(reference: str) -> Any:
    """The result as it would be printed if this were proposed; nothing is kept."""
    case = case_of(reference)
    published = publishing.version(db(), case.version_id)
    if not may_do(actor(), Action.PROPOSE, case, published.workflow, now()):
        raise NotFound("Dự thảo do người đang thụ lý lập.")
    db().expunge(case)
    case.is_granted = request.form.get("outcome") != REFUSED
    case.decision = nfc_lines(request.form.get("decision", ""))
    paper = papers.render(published.procedure.result_paper, paper_data(db(), case, settings().base_url))
    return pdf_response(paper, f"du-thao-{case.reference}.pdf")


def _onwards(following: str) -> str:
    """The next case, if it was asked for and is there; else the queue from which the person came."""
    try:
        return url_for("desk.show", reference=case_of(following).reference)
    except NotFound:
        return str(browser.get(LAST_QUEUE) or url_for("desk.queue"))


@blueprint.post("/ho-so/<reference>/tra-loi")
@staff
def reply(reference: str) -> Any:
    """Answer the applicant."""
    case = case_of(reference)
    try:
        with writing() as session:
            conversation.say(session, case.id, request.form.get("text", ""), by=actor(), now=now())
    except Invalid as invalid:
        return page(case_of(reference), errors=invalid.errors), 422
    flash("Đã gửi câu trả lời.")
    return redirect(url_for("desk.show", reference=case.reference, _anchor="trao-doi"))


@blueprint.post("/ho-so/<reference>/ghi-chu")
@staff
def note(reference: str) -> Any:
    """Write to colleagues; the applicant does not see it."""
    case = case_of(reference)
    try:
        with writing() as session:
            notes.write(session, case.id, request.form.get("note", ""), by=actor(), now=now())
    except Invalid as invalid:
        return page(case_of(reference), errors=invalid.errors), 422
    flash("Đã ghi.")
    return redirect(url_for("desk.show", reference=case.reference, _anchor="noi-bo"))


@blueprint.post("/ho-so/<reference>/giay-to")
@staff
def tick_papers(reference: str) -> Any:
    """Keep what was ticked of the papers."""
    case = case_of(reference)
    version = request.form.get("version", type=int)
    try:
        with writing() as session:
            checklist.tick(session, case.id, request.form, by=actor(), expected_version=version, now=now())
    except Invalid as invalid:
        return page(case_of(reference), errors=invalid.errors), 422
    except Refusal as refusal:
        return page(case_of(reference), refusal=refusal.message), 409
    flash("Đã ghi kết quả kiểm tra giấy tờ.")
    wrong = checklist.faults(checklist.papers_of(db(), case))[1]
    return redirect(url_for("desk.show", reference=case.reference, _anchor="viec-lam" if wrong else "giay-to-ho-so"))


def case_of(reference: str) -> Case:
    """The case, for staff of the agencies that take part in it: notes are not for its applicant. Raises `NotFound`."""
    case = queries.case_for(db(), actor(), reference)
    if not works_with(actor(), case):
        raise NotFound("Không tìm thấy hồ sơ.")
    return case


def others_words(case: Case) -> str:
    """Who else has the case open now, in a sentence, or nothing."""
    found = looks.others(db(), case, actor(), now())
    names = identity.names(db(), found)
    return f"{', '.join(names[account] for account in found)} cũng đang mở hồ sơ này." if found else ""


def page(
    case: Case, *, tried: Action | None = None, errors: dict[str, str] | None = None, refusal: str | None = None
) -> str:
    """The screen of a case, with what was typed and what was wrong with it."""
    return render_template(
        "desk/case.html", **screen(db(), case, actor(), now()), others=others_words(case), typed=request.form,
        tried=tried, errors=errors or {}, refusal=refusal,
    )  # fmt: skip
