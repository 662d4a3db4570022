"""The staff desk: what waits, and one case on one screen."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base.clock import now
from portal.base.errors import Invalid, Refusal
from portal.cases import conversation, drafts, queries
from portal.cases.actions import perform, stages_ahead
from portal.cases.choices import Options, choices_of
from portal.cases.details import DETAILS
from portal.cases.lifecycle import Action
from portal.cases.linked import children_of, people_of
from portal.cases.models import Case, Opinion
from portal.cases.move import Move
from portal.cases.opening import Person
from portal.cases.opinions import opinions_of
from portal.cases.paper import paper_data
from portal.cases.permissions import actions_of, current_stage, was_asked_before
from portal.cases.words import ACTION_NAMES, PERSON_NAMES
from portal.documents import papers, results, uploads
from portal.identity import queries as identity
from portal.notifications.actions import latest
from portal.publishing import queries as publishing
from portal.publishing.queries import Published
from portal.web.access import staff
from portal.web.files import apology_response, pdf_response, result_response, send_document
from portal.web.session import actor, db, settings, writing
from services_catalog.fields import show_answer
from services_catalog.slots import slot_name

blueprint = Blueprint("desk", __name__, url_prefix="/can-bo")


@blueprint.get("")
@staff
def queue() -> str:
    """What waits for this person, the most urgent first."""
    rows = queries.to_do(db(), actor(), now())
    typing = [(d, publishing.version(db(), d.version_id)) for d in drafts.unsent(db(), actor()) if d.is_assisted]
    return render_template("desk/queue.html", rows=rows, title="Việc của tôi", here="queue", now=now(),
                           typing=typing, notices=latest(db(), actor().account_id or 0, limit=8))  # fmt: skip


@blueprint.get("/ho-so")
@staff
def all_cases() -> str:
    """The newest cases of the person's agencies."""
    rows = queries.of_agencies(db(), actor())
    return render_template("desk/queue.html", rows=rows, title="Hồ sơ của cơ quan", here="all", now=now())  # fmt: skip


@blueprint.get("/ho-so/<reference>")
@staff
def show(reference: str) -> str:
    """One case on one screen."""
    return _page(_case(reference))


@blueprint.post("/ho-so/<reference>/<action>")
@staff
def act(reference: str, action: str) -> Any:
    """Do one thing to a case; wrong details come back with what was typed."""
    if action not in set(Action):
        abort(404)
    case = _case(reference)
    version = request.form.get("version", type=int)
    details = {name: ",".join(request.form.getlist(name)) for name in request.form}
    try:
        with writing() as session:
            perform(session, case.id, Action(action), by=actor(), now=now(), details=details,
                    expected_version=version, through="through" in request.form)  # fmt: skip
    except Invalid as invalid:
        return _page(_case(reference), tried=Action(action), errors=invalid.errors), 422
    except Refusal as refusal:
        return _page(_case(reference), refusal=refusal.message), 409
    flash(f"{ACTION_NAMES[Action(action)]}: xong, hồ sơ {case.reference}.")
    return redirect(url_for("desk.queue"))


@blueprint.post("/ho-so/<reference>/tra-loi")
@staff
def reply(reference: str) -> Any:
    """Answer the applicant."""
    case = _case(reference)
    try:
        with writing() as session:
            conversation.say(session, case.id, request.form.get("text", ""), by=actor(), now=now())
    except Invalid as invalid:
        return _page(_case(reference), errors=invalid.errors), 422
    flash("Đã gửi câu trả lời.")
    return redirect(url_for("desk.show", reference=case.reference, _anchor="trao-doi"))


@blueprint.get("/ho-so/<reference>/tep/<uuid:document_id>")
@staff
def document(reference: str, document_id: uuid.UUID) -> Any:
    """A paper of the case."""
    return send_document(_case(reference), document_id)


@blueprint.get("/ho-so/<reference>/du-thao.pdf")
@staff
def draft_paper(reference: str) -> Any:
    """The result as it would be issued now, marked as a draft."""
    case = _case(reference)
    if case.decision is None:
        abort(404)
    procedure = publishing.version(db(), case.version_id).procedure
    data = paper_data(db(), case, settings().base_url)
    return pdf_response(papers.render(procedure.result_paper, data), f"du-thao-{case.reference}.pdf")


@blueprint.get("/ho-so/<reference>/xin-loi.pdf")
@staff
def apology(reference: str) -> Any:
    """The letter of apology of a case that was put off."""
    return apology_response(_case(reference))


@blueprint.get("/ho-so/<reference>/ket-qua.pdf")
@staff
def result(reference: str) -> Any:
    """The issued result."""
    return result_response(_case(reference))


def _case(reference: str) -> Case:
    return queries.case_for(db(), actor(), reference)


def _page(
    case: Case, *, tried: Action | None = None, errors: dict[str, str] | None = None, refusal: str | None = None
) -> str:
    session = db()
    published = publishing.version(session, case.version_id)
    workflow = published.workflow
    history = queries.history(session, case)
    opinions = opinions_of(session, case)
    messages = conversation.messages_of(session, case)
    principals = [int(e.details["acted_for"]) for e in history if "acted_for" in e.details]
    officers = [int(e.details["officer"]) for e in history if "officer" in e.details]
    people = identity.names(session, [*(e.actor_id for e in history if e.actor_id), case.assignee_id or 0,
                                      case.typed_by or 0, *(m.author_id or 0 for m in messages),
                                      *principals, *officers, *(o.answered_by or 0 for o in opinions)])  # fmt: skip
    actions = actions_of(actor(), case, workflow, now())
    asked = [event.at for event in history if event.event == "case.supplement_requested"]
    return render_template(
        "desk/case.html", asked_at=asked[-1] if asked else None, asked_before=was_asked_before(case),
        case=case, p=published.procedure, form=published.form,
        agency=session.get_one(Agency, case.agency_key), workflow=workflow, stage=current_stage(case, workflow),
        history=history, people=people, documents=uploads.of_case(session, case.id),
        result=results.result_of(session, case.id), actions=actions, details=DETAILS,
        choices=_choices(case, published, actions),
        ahead=stages_ahead(case, actor(), workflow), opinions=opinions, agencies=_agencies(case, opinions),
        children=children_of(session, case), parent=session.get(Case, case.parent_id) if case.parent_id else None,
        persons=_people(session, case), messages=messages, replaced=uploads.of_case(session, case.id, replaced=True),
        slot_name=lambda number: slot_name(published.procedure, published.form, number),
        typed=request.form, tried=tried, errors=errors or {}, refusal=refusal,
        show=show_answer, now=now(),
    )  # fmt: skip


def _choices(case: Case, published: Published, actions: list[Action]) -> dict[Action, dict[str, Options]]:
    """What may be chosen in the forms of these actions."""
    move = Move(db(), case, Action.ASSIGN, actor(), now(), {}, published.procedure, published.workflow)
    return {action: choices_of(move, action) for action in actions}


def _people(session: Session, case: Case) -> list[tuple[str, Person]]:
    """Each person once, with all that they are in the case."""
    found: dict[Person, list[str]] = {}
    for role, person in people_of(session, case.id).items():
        found.setdefault(person, []).append(PERSON_NAMES[role].lower())
    return [(", ".join(names).capitalize(), person) for person, names in found.items()]


def _agencies(case: Case, opinions: Sequence[Opinion]) -> dict[str, str]:
    """The names of the agencies that take part."""
    keys = {*case.party_keys, *(opinion.agency_key for opinion in opinions)}
    return {row.key: row.name for row in db().scalars(select(Agency).where(Agency.key.in_(keys)))}
