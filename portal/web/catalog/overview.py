"""What waits, finding a procedure to edit, and the versions of one procedure."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField

from portal.base.clock import local_day, now
from portal.base.errors import Invalid
from portal.identity import queries as identity
from portal.publishing import actions, history
from portal.publishing import queries as publishing
from portal.publishing.permissions import may_edit
from portal.publishing.queries import LiveIndex
from portal.publishing.words import ORIGIN_NAMES, VERSION_STATE_NAMES
from portal.web.access import catalog_keeper
from portal.web.catalog.blueprint import blueprint
from portal.web.requests import day_in
from portal.web.session import actor, db, writing
from services_catalog.library import WrongRecord
from services_catalog.loader import library

_MOST = 50


class NewProcedureForm(FlaskForm):
    """What a procedure cannot begin without."""

    code = StringField("Mã thủ tục quốc gia")
    name = TextAreaField("Tên thủ tục")
    sector = StringField("Lĩnh vực")
    ministry = StringField("Bộ quản lý")
    agency = StringField("Cơ quan thực hiện")


class EndForm(FlaskForm):
    """From when on a procedure is no longer offered, and why."""

    effective_on = StringField("Ngừng từ ngày")
    note = TextAreaField("Quyết định hoặc lý do")


@blueprint.get("/thu-tuc")
@catalog_keeper
def overview() -> str:
    """What is edited, proposed and to come, and a search for procedures."""
    session = db()
    query = request.args.get("q", "").strip()[:200]
    live: LiveIndex = current_app.extensions["search"]
    found = live.get(session).search(query, limit=_MOST) if query else None
    rows = history.not_yet_in_force(session)
    return render_template(
        "catalog/overview.html", query=query, found=publishing.listed(session, found.codes) if found else [],
        rows=rows, people=identity.names(session, [row.edited_by or 0 for row in rows]),
        STATES=VERSION_STATE_NAMES,
    )  # fmt: skip


@blueprint.get("/thu-tuc/moi")
@catalog_keeper
def new() -> str:
    """The form for a new procedure."""
    return _new_page(NewProcedureForm())


@blueprint.post("/thu-tuc/moi")
@catalog_keeper
def create() -> Any:
    """Begin a new procedure as a draft."""
    form = NewProcedureForm()
    document = {name: form[name].data or "" for name in ("code", "name", "sector", "ministry")}
    try:
        with writing() as session:
            row = actions.begin_procedure(session, {**document, "agencies": [form.agency.data]}, by=actor(), now=now())
    except WrongRecord as wrong:
        for mistake in wrong.mistakes:
            name = "agency" if mistake.place[0] == "agencies" else str(mistake.place[0])
            form[name].errors = [mistake.sentence]
        return _new_page(form), 422
    except Invalid as invalid:
        form.code.errors = [invalid.errors["code"]]
        return _new_page(form), 422
    return redirect(url_for("catalog.edit", version_id=row.id))


@blueprint.get("/thu-tuc/<code>")
@catalog_keeper
def versions(code: str) -> str:
    """All versions of a procedure."""
    return _versions_page(code, EndForm(data={"effective_on": local_day(now()).isoformat()}))


@blueprint.post("/thu-tuc/<code>/soan")
@catalog_keeper
def open_draft(code: str) -> Any:
    """Begin to edit, or go on."""
    with writing() as session:
        row = actions.open_draft(session, code, by=actor(), now=now())
    endpoint = "catalog.edit" if row.state == "draft" and not row.ends_procedure else "catalog.version"
    return redirect(url_for(endpoint, version_id=row.id))


@blueprint.post("/thu-tuc/<code>/bai-bo")
@catalog_keeper
def end(code: str) -> Any:
    """Propose that the procedure is no longer offered."""
    form = EndForm()
    day = day_in(form.effective_on.data)
    if day is None:
        form.effective_on.errors = ["Hãy chọn ngày."]
        return _versions_page(code, form), 422
    try:
        with writing() as session:
            row = actions.end_procedure(
                session, code, effective_on=day, note=form.note.data or "", by=actor(), now=now()
            )
    except Invalid as invalid:
        form.note.errors = [invalid.errors["note"]]
        return _versions_page(code, form), 422
    flash("Đã gửi đề nghị bãi bỏ. Người thứ hai duyệt thì có hiệu lực.")
    return redirect(url_for("catalog.version", version_id=row.id))


def _new_page(form: NewProcedureForm) -> str:
    return render_template(
        "catalog/new.html", form=form, sectors=sorted(library().sectors.items(), key=lambda pair: pair[1]),
        agencies=list(library().agency_names.items()),
    )  # fmt: skip


def _versions_page(code: str, end_form: EndForm) -> str:
    session = db()
    rows = history.versions_of(session, code)
    return render_template(
        "catalog/versions.html", row=history.procedure_row(session, code), versions=rows, end_form=end_form,
        STATES=VERSION_STATE_NAMES, ORIGINS=ORIGIN_NAMES,
        people=identity.names(session, [r.edited_by or 0 for r in rows] + [r.decided_by or 0 for r in rows]),
        editable=bool(rows) and may_edit(actor(), rows[0].document["agencies"]),
        has_open=any(r.state in ("draft", "proposed") for r in rows),
    )  # fmt: skip
