"""The page on which the form of a draft is edited: one step at a time, its questions as rows."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.base.clock import now
from portal.base.errors import NotFound, Refusal
from portal.publishing import actions
from portal.publishing.models import ProcedureVersionRow
from portal.web.access import catalog_keeper
from portal.web.catalog.blueprint import blueprint
from portal.web.catalog.editor import own_draft
from portal.web.catalog.questions import StepForm, empty_step, step_document, step_form
from portal.web.errors import status_of
from portal.web.session import actor, writing
from services_catalog.fields import KINDS
from services_catalog.library import WrongRecord, as_document
from services_catalog.loader import library
from services_catalog.mistakes import FieldMistake
from services_catalog.model import Procedure

_ROW_COMMANDS = ("add", "drop", "up")


@blueprint.get("/phien-ban/<int:version_id>/to-khai")
@catalog_keeper
def form_steps(version_id: int) -> str:
    """The steps of the form, and whether it is the procedure's own."""
    row = own_draft(version_id)
    procedure = Procedure.model_validate(row.document)
    return render_template("catalog/form_steps.html", row=row, form=library().form_of(procedure),
                           is_own=procedure.own_form is not None)  # fmt: skip


@blueprint.post("/phien-ban/<int:version_id>/to-khai")
@catalog_keeper
def change_steps(version_id: int) -> Any:
    """Make the form the procedure's own, add a step, move one up, take one out, or go back to the shared form."""
    row = own_draft(version_id)
    what, _, place = request.form.get("do", "").partition("-")
    document = dict(row.document)
    if what == "shared":
        document.pop("own_form", None)
    else:
        form = _form_document(row)
        steps = _changed(form["steps"], what, int(place) if place.isdecimal() else -1)
        document["own_form"] = {**form, "steps": steps}
    try:
        _save(row, document)
    except WrongRecord as wrong:
        raise Refusal("wrong_form", wrong.mistakes[0].sentence) from wrong
    flash("Đã lưu tờ khai của bản nháp.")
    return redirect(url_for("catalog.form_steps", version_id=version_id))


@blueprint.get("/phien-ban/<int:version_id>/to-khai/<int:number>")
@catalog_keeper
def edit_step(version_id: int, number: int) -> str:
    """One step with its questions."""
    row = own_draft(version_id)
    return _page(row, number, step_form(_step(row, number)))


@blueprint.post("/phien-ban/<int:version_id>/to-khai/<int:number>")
@catalog_keeper
def save_form_step(version_id: int, number: int) -> Any:
    """Save the step if the whole form is right; the buttons of rows only change the page."""
    row = own_draft(version_id)
    old = _step(row, number)
    page = step_form(old)
    for command in _ROW_COMMANDS:
        if target := request.form.get(command, "")[:60]:
            page.change_rows((command, target))
            return _page(row, number, page)
    form = _form_document(row)
    steps = [*form["steps"]]
    steps[number] = step_document(page, old)
    try:
        _save(row, {**row.document, "own_form": {**form, "steps": steps}})
    except WrongRecord as wrong:
        return _page(row, number, page, errors=[_said(mistake) for mistake in wrong.mistakes]), 422
    except Refusal as refusal:
        return _page(row, number, page, errors=[refusal.message]), status_of(refusal)
    flash("Đã lưu phần này của tờ khai.")
    return redirect(url_for("catalog.form_steps", version_id=version_id))


def _form_document(row: ProcedureVersionRow) -> dict[str, Any]:
    """The form as it is now, the shared one where the procedure has none of its own yet."""
    form = library().form_of(Procedure.model_validate(row.document))
    if form is None:
        raise NotFound("Thủ tục chưa có tờ khai.")
    return as_document(form)


def _step(row: ProcedureVersionRow, number: int) -> dict[str, Any]:
    steps: list[dict[str, Any]] = _form_document(row)["steps"]
    if number >= len(steps):
        raise NotFound("Không có phần này trong tờ khai.")
    return steps[number]


def _changed(steps: list[dict[str, Any]], what: str, place: int) -> list[dict[str, Any]]:
    """The steps after one command; another command changes nothing, and the form becomes the procedure's own."""
    changed = [*steps]
    if what == "add":
        changed.append(empty_step({step["key"] for step in steps}))
    elif what == "drop" and 0 <= place < len(changed):
        changed.pop(place)
    elif what == "up" and 0 < place < len(changed):
        changed.insert(place - 1, changed.pop(place))
    return changed


def _save(row: ProcedureVersionRow, document: dict[str, Any]) -> None:
    with writing() as session:
        actions.save(session, row.id, document, effective_on=row.effective_on, note=row.note, by=actor(), now=now(),
                     revision=request.form.get("revision", type=int))  # fmt: skip


def _said(mistake: FieldMistake) -> str:
    """A mistake with the number of the question that it is in."""
    places = [part + 1 for part in mistake.place if isinstance(part, int)]
    where = f"Câu hỏi {places[1]}: " if len(places) > 1 else ""
    return f"{where}{mistake.sentence}"


def _page(row: ProcedureVersionRow, number: int, page: StepForm, *, errors: list[str] | None = None) -> str:
    return render_template(
        "catalog/form_step.html", row=row, number=number, form=page, errors=errors or [],
        kinds=[(key, kind.label) for key, kind in KINDS.items()], revision=request.form.get("revision", row.revision),
    )  # fmt: skip
