"""Answering a request for supplements on one page: what was asked for, and nothing else unless one wants to."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.base.clock import now
from portal.base.errors import Invalid, NotFound, Refusal
from portal.cases import drafts, queries, supplements
from portal.cases.lifecycle import State
from portal.cases.models import Case
from portal.publishing import queries as publishing
from portal.web.access import signed_in
from portal.web.citizen.blueprints import cases as blueprint
from portal.web.citizen.blueprints import drafts as drafts_blueprint
from portal.web.citizen.drafts import ROW_COMMAND, change_rows
from portal.web.citizen.opened import open_draft
from portal.web.citizen.papers import paper_facts
from portal.web.forms.builder import form_for, posted_texts
from portal.web.session import actor, db, storage, writing


@blueprint.get("/ho-so/<reference>/bo-sung")
@signed_in
def supplement(reference: str) -> Any:
    """What the officer asks for, each with its place."""
    return _page(queries.case_for(db(), actor(), reference))


@blueprint.post("/ho-so/<reference>/bo-sung")
@signed_in
def supply(reference: str) -> Any:
    """Send the answer."""
    case = queries.case_for(db(), actor(), reference)
    draft_id = _keep_answers(case)
    if command := ROW_COMMAND.fullmatch(request.form.get("do", "")):
        step = supplements.asked_step(case, publishing.version(db(), case.version_id).form)
        anchor = change_rows(draft_id, step, command) if step else None
        return redirect(url_for("cases.supplement", reference=case.reference, _anchor=anchor))
    if "do" in request.form:  # Enter in a question: kept, and not sent
        return redirect(url_for("cases.supplement", reference=case.reference))
    try:
        with writing() as session:
            supplements.send(session, storage(), case.id, by=actor(), note=request.form.get("note", ""),
                             expected_version=request.form.get("version", type=int), now=now())  # fmt: skip
    except NotFound:
        raise
    except Invalid as invalid:
        return _page(queries.case_for(db(), actor(), reference), invalid.errors), 422
    except Refusal as refusal:
        again = queries.case_for(db(), actor(), reference)
        if again.state != State.SUPPLEMENT:
            raise
        return _page(again, {"note": refusal.message}), 409
    flash("Đã gửi phần bổ sung.")
    return redirect(url_for("cases.show", reference=case.reference))


@drafts_blueprint.get("/ho-so-nhap/<uuid:draft_id>/ve-ho-so")
@signed_in
def back_to_case(draft_id: uuid.UUID) -> Any:
    """From a page of the form back to the supplement it belongs to."""
    draft = drafts.draft_for(db(), actor(), draft_id)
    if draft.case_id is None:
        return redirect(url_for("drafts.review", draft_id=draft_id))
    return redirect(url_for("cases.supplement", reference=db().get_one(Case, draft.case_id).reference))


def _keep_answers(case: Case) -> uuid.UUID:
    """What was typed on the page stays, whatever becomes of sending it; gives the draft."""
    published = publishing.version(db(), case.version_id)
    step = supplements.asked_step(case, published.form)
    with writing() as session:
        draft_id = supplements.draft_of(session, session.get_one(Case, case.id), actor(), now()).id
        locked = drafts.draft_for(session, actor(), draft_id, lock=True)
        texts = drafts.texts_of(step, posted_texts(), locked.typed) if step else {}
        base = request.form.get("revision", type=int)
        drafts.keep(locked, published.form, {**texts, drafts.NOTE: request.form.get("note", "")},
                    locked.revision if base is None else base, now())  # fmt: skip
        return draft_id


def _page(case: Case, errors: dict[str, str] | None = None) -> str:
    published = publishing.version(db(), case.version_id)
    with writing() as session:
        draft_id = supplements.draft_of(session, session.get_one(Case, case.id), actor(), now()).id
    opened = open_draft(draft_id)
    case = db().get_one(Case, case.id)
    step = supplements.asked_step(case, published.form)
    web_form = form_for(step, opened.draft.typed) if step else None
    if web_form is not None:
        web_form.put_errors(errors or {})
    asked = supplements.asked_slots(case, published)
    shown = asked if asked or case.asked_fields else opened.slots
    others = [(name, text) for name, text in (errors or {}).items() if web_form is None or name not in web_form]
    return render_template(
        "citizen/supplement.html", case=case, o=opened, step=step, web_form=web_form, slots=shown, errors={},
        other_errors=others, note_error=(errors or {}).get("note"), typed=opened.draft.typed,
        values=opened.checked.values, note=opened.draft.typed.get(drafts.NOTE, ""), **paper_facts(opened),
    )  # fmt: skip
