"""The catalogue as files: taking it out, and bringing changes in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for

from portal.base.clock import local_day, now
from portal.base.errors import Forbidden, Refusal
from portal.cases.impact import impact_on
from portal.identity import queries as identity
from portal.identity.models import Role
from portal.publishing import importing
from portal.publishing import queries as publishing
from portal.publishing.models import CatalogImport
from portal.publishing.permissions import keeps_everything
from portal.publishing.words import IMPORT_STATE_NAMES
from portal.web.access import catalog_keeper
from portal.web.catalog.blueprint import blueprint
from portal.web.errors import status_of
from portal.web.files import XLSX
from portal.web.requests import day_in
from portal.web.session import actor, db, writing
from services_catalog.diff import changes
from services_catalog.exchange import json_lines, workbook
from services_catalog.exchange.entries import RowMistake, WrongFile
from services_catalog.loader import library

# How many differences and mistakes one page shows.
_SHOWN = 100
_DECISIONS: dict[str, tuple[Callable[..., CatalogImport], str]] = {
    "gui-duyet": (importing.propose, "Đã gửi duyệt."),
    "duyet": (importing.apply, "Đã áp dụng cả đợt nhập."),
    "bo": (importing.discard, "Đã bỏ đợt nhập."),
}


@blueprint.get("/nhap-xuat")
@catalog_keeper
def exchange() -> str:
    """Files out and in, and the latest imports."""
    return _page()


@blueprint.get("/nhap-xuat/danh-muc.<kind>")
@catalog_keeper
def export(kind: str) -> Any:
    """The catalogue in force as XLSX or JSON Lines."""
    procedures = [published.procedure for published in publishing.all_published(db())]
    if kind not in ("xlsx", "jsonl"):
        abort(404)
    try:
        is_workbook = kind == "xlsx"
        content = workbook.write(procedures, library()) if is_workbook else json_lines.write(procedures)
    except WrongFile as wrong:
        return _page(mistakes=wrong.mistakes), 422
    media_type = XLSX if is_workbook else "application/jsonl"
    response = Response(content, content_type=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=f"danh-muc-{local_day(now()):%Y%m%d}.{kind}")
    return response


@blueprint.post("/nhap-xuat")
@catalog_keeper
def upload() -> Any:
    """Read a file and show what it would change; nothing is changed yet."""
    if not keeps_everything(actor(), Role.CATALOG_EDITOR):
        raise Forbidden("Nhập danh mục là việc của người giữ danh mục toàn tỉnh.")
    file = request.files.get("file")
    day = day_in(request.form.get("effective_on"))
    if file is None or not file.filename:
        return _page(error="Hãy chọn tệp XLSX hoặc JSON Lines."), 422
    if day is None:
        return _page(day_error="Hãy chọn ngày có hiệu lực."), 422
    try:
        changed = importing.differences(db(), importing.read_file(file.filename, file.stream.read()))
        with writing() as session:
            note = request.form.get("note", "")
            kept = importing.keep(session, file.filename, changed, day, note, by=actor(), now=now())
    except WrongFile as wrong:
        return _page(mistakes=wrong.mistakes), 422
    except Refusal as refusal:
        return _page(error=refusal.message), status_of(refusal)
    return redirect(url_for("catalog.one_import", import_id=kept.id))


@blueprint.get("/nhap-xuat/<int:import_id>")
@catalog_keeper
def one_import(import_id: int) -> str:
    """What an import changes, procedure by procedure."""
    return _import_page(import_id)


@blueprint.post("/nhap-xuat/<int:import_id>/<decision>")
@catalog_keeper
def decide_import(import_id: int, decision: str) -> Any:
    """Propose, apply or discard an import."""
    if decision not in _DECISIONS:
        abort(404)
    act, done = _DECISIONS[decision]
    try:
        with writing() as session:
            act(session, import_id, by=actor(), now=now())
    except WrongFile as wrong:
        return _import_page(import_id, mistakes=wrong.mistakes), 409
    except Refusal as refusal:
        return _import_page(import_id, refusal=refusal.message), status_of(refusal)
    flash(done)
    return redirect(url_for("catalog.one_import", import_id=import_id))


def _page(error: str = "", day_error: str = "", mistakes: list[RowMistake] | None = None) -> str:
    session = db()
    rows = importing.latest(session)
    return render_template(
        "catalog/exchange.html", error=error, day_error=day_error, mistakes=(mistakes or [])[:_SHOWN],
        total=len(mistakes or []), imports=rows, STATES=IMPORT_STATE_NAMES, count=publishing.count(session),
        people=identity.names(session, [row.created_by or 0 for row in rows]),
        may_import=keeps_everything(actor(), Role.CATALOG_EDITOR),
        effective_on=request.form.get("effective_on", local_day(now()).isoformat()), note=request.form.get("note", ""),
    )  # fmt: skip


def _import_page(import_id: int, refusal: str = "", mistakes: list[RowMistake] | None = None) -> str:
    session = db()
    session.expire_all()
    kept = importing.import_row(session, import_id)
    found = []
    if kept.state in ("shown", "proposed"):
        try:
            found = importing.kept_differences(session, kept)
        except WrongFile as wrong:
            mistakes = wrong.mistakes
    shown = [(d.after.procedure, changes(d.before, d.after, library()), d.before is None) for d in found[:_SHOWN]]
    return render_template(
        "catalog/import.html", kept=kept, differences=shown,
        impact=impact_on(session, [d.after.procedure.code for d in found]),
        total=len(found), new=sum(difference.before is None for difference in found),
        mistakes=(mistakes or [])[:_SHOWN], refusal=refusal, STATES=IMPORT_STATE_NAMES,
        people=identity.names(session, [kept.created_by or 0, kept.decided_by or 0]),
        is_own=kept.created_by is not None and kept.created_by == actor().account_id,
        may_edit=keeps_everything(actor(), Role.CATALOG_EDITOR),
        may_approve=keeps_everything(actor(), Role.CATALOG_APPROVER),
    )  # fmt: skip
