"""The page on which a draft is edited."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for

from portal.base.clock import now
from portal.base.errors import Forbidden, Refusal
from portal.publishing import actions, history
from portal.publishing.models import ProcedureVersionRow, VersionState
from portal.publishing.permissions import may_edit
from portal.web.access import catalog_keeper
from portal.web.catalog.blueprint import blueprint
from portal.web.catalog.forms import ProcedureForm, document_of, errors_at_fields, form_of, summary
from portal.web.errors import status_of
from portal.web.requests import day_in
from portal.web.session import actor, db, writing
from services_catalog import words
from services_catalog.library import WrongRecord
from services_catalog.loader import library
from services_catalog.model import Procedure

_LONGEST_NAME = 60
_ROW_COMMANDS = ("add", "drop", "up")


@blueprint.get("/phien-ban/<int:version_id>/sua")
@catalog_keeper
def edit(version_id: int) -> Any:
    """The draft as a form."""
    row = own_draft(version_id)
    return _page(row, _form(row))


@blueprint.post("/phien-ban/<int:version_id>/sua")
@catalog_keeper
def save(version_id: int) -> Any:
    """Save the whole draft if all of it is right; the buttons of rows only change the form."""
    row = own_draft(version_id)
    if any(not name.isascii() or len(name) > _LONGEST_NAME for name in request.form):
        abort(400)
    form = _form(row)
    for command in _ROW_COMMANDS:
        if target := request.form.get(command, "")[:_LONGEST_NAME]:
            return _page(row, form, opened=form.change_rows((command, target)))
    # The form of its own has a page of its own.
    kept = {name: row.document[name] for name in ("own_form",) if name in row.document}
    day = day_in(form.effective_on.data)
    if day is None:
        return _page(row, form, errors={"effective_on": "Hãy chọn ngày có hiệu lực."}), 422
    try:
        with writing() as session:
            actions.save(
                session, version_id, document_of(form) | kept, effective_on=day, note=form.note.data or "", by=actor(),
                now=now(), revision=request.form.get("revision", type=int),
            )  # fmt: skip
    except WrongRecord as wrong:
        return _page(row, form, errors=errors_at_fields(form, wrong.mistakes)), 422
    except Refusal as refusal:
        return _page(row, form, refusal=refusal.message), status_of(refusal)
    flash("Đã lưu bản nháp. Hãy xem lại thay đổi rồi gửi duyệt.")
    return redirect(url_for("catalog.version", version_id=version_id))


def own_draft(version_id: int) -> ProcedureVersionRow:
    """A draft that this person may change now. Raises `Forbidden`, `Refusal`."""
    row = history.version_row(db(), version_id)
    if not may_edit(actor(), row.document["agencies"]):
        raise Forbidden("Thủ tục này không thuộc phạm vi bạn phụ trách.")
    if row.state != VersionState.DRAFT or row.ends_procedure:
        raise Refusal("not_now", "Chỉ sửa được bản đang soạn. Hãy mở lại trang của thủ tục.")
    return row


def _form(row: ProcedureVersionRow) -> ProcedureForm:
    return form_of(Procedure.model_validate(row.document), row.effective_on.isoformat(), row.note)


def _page(
    row: ProcedureVersionRow, form: ProcedureForm, *, errors: dict[str, str] | None = None, refusal: str = "",
    opened: str | None = None,
) -> str:  # fmt: skip
    known = library()
    return render_template(
        "catalog/edit.html", row=row, form=form, errors=errors or {}, summary=summary(errors or {}),
        refusal=refusal, opened=opened,
        revision=request.form.get("revision", row.revision),
        sectors=sorted(known.sectors.items(), key=lambda pair: pair[1]), agencies=list(known.agency_names.items()),
        stage_agencies=list(known.stage_agencies.items()),
        forms=list(known.form_titles.items()),
        workflows=[(key, found.title) for key, found in known.workflows.items()],
        papers=list(known.papers.items()), words=words,
    )  # fmt: skip
