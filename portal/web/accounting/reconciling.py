"""Reconciliation by day and gateway: bring the file, look at what differs, explain, close."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for

from portal.base.clock import local_day, now
from portal.base.errors import Invalid, Refusal
from portal.identity import queries as identity
from portal.payments import queries, reconciliation, statements
from portal.web.access import accountant
from portal.web.accounting.blueprint import blueprint
from portal.web.citizen.paying import gateways, way_words
from portal.web.session import actor, db, settings, writing


@blueprint.get("/doi-soat")
@accountant
def reconciliation_days() -> str:
    """The days that were brought, and the form for another one."""
    _require_province()
    return _list({})


@blueprint.post("/doi-soat")
@accountant
def bring_statement() -> Any:
    """Read the file of a day."""
    _require_province()
    way, file = request.form.get("gateway", ""), request.files.get("file")
    errors = {} if way in gateways() else {"gateway": "Hãy chọn cổng thanh toán."}
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        day = date.min
    if not date(2020, 1, 1) <= day <= local_day(now()):
        errors["day"] = "Hãy chọn ngày, không sau hôm nay."
    if file is None or not file.filename:
        errors["file"] = "Hãy chọn tệp CSV hoặc XLSX của cổng thanh toán hay ngân hàng."
    if errors or file is None:
        return _list(errors), 422
    try:
        rows = statements.read_statement(file.filename or "", file.read(), _columns(way))
        with writing() as session:
            kept = reconciliation.keep(session, way, day, rows, by=actor(), now=now())
    except Invalid as invalid:
        return _list(invalid.errors), 422
    except Refusal as refusal:
        return _list({"day": refusal.message}), 409
    flash(f"Đã đọc {len(rows)} giao dịch.")
    return redirect(url_for("accounting.reconciliation_day", day_id=kept.id))


@blueprint.get("/doi-soat/<int:day_id>")
@accountant
def reconciliation_day(day_id: int) -> str:
    """What agrees and what differs."""
    _require_province()
    return _day(day_id)


@blueprint.post("/doi-soat/<int:day_id>/giai-trinh")
@accountant
def explain(day_id: int) -> Any:
    """Say why something differs."""
    _require_province()
    key = request.form.get("key", "")[:100]
    try:
        with writing() as session:
            reconciliation.explain(session, day_id, key, request.form.get("note", ""))
    except Invalid as invalid:
        return _day(day_id, {key: invalid.message}), 422
    except Refusal as refusal:
        return _day(day_id, problem=refusal.message), 409
    return redirect(url_for("accounting.reconciliation_day", day_id=day_id))


@blueprint.post("/doi-soat/<int:day_id>/khoa")
@accountant
def close_day(day_id: int) -> Any:
    """Close the day."""
    _require_province()
    try:
        with writing() as session:
            reconciliation.close(session, day_id, by=actor(), now=now())
    except Refusal as refusal:
        return _day(day_id, problem=refusal.message), 409
    flash("Đã khóa sổ ngày này.")
    return redirect(url_for("accounting.reconciliation_day", day_id=day_id))


def _require_province() -> None:
    """A gateway's file has the money of all agencies in it."""
    if queries.scope(actor()) is not None:
        abort(403)


def _columns(way: str) -> dict[str, str]:
    """Names of columns in the files of this gateway, where they are none of the usual ones."""
    env = settings().gateways
    names = {kind: env.get(f"PAY_{way.upper()}_COLUMN_{kind.upper()}", "") for kind in statements.COLUMNS}
    return {kind: name for kind, name in names.items() if name}


def _list(errors: dict[str, str]) -> str:
    db().rollback()
    return render_template(
        "accounting/days.html", days=reconciliation.days(db()), ways=gateways(), way_words=way_words, errors=errors,
        typed=request.form, today=local_day(now()),
    )  # fmt: skip


def _day(day_id: int, errors: dict[str, str] | None = None, problem: str = "") -> str:
    db().rollback()
    found = reconciliation.day(db(), day_id)
    return render_template(
        "accounting/day.html", day=found, compared=reconciliation.compare(db(), found), words=reconciliation.WORDS,
        way_words=way_words, errors=errors or {}, problem=problem, q=queries,
        people=identity.names(db(), [found.imported_by, found.closed_by or 0]),
    )  # fmt: skip
