"""Units: the tree, making and changing them, and importing them with their people."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.administration import importing
from portal.administration import units as rules
from portal.agencies.models import Agency
from portal.base.clock import now
from portal.base.errors import Invalid, NotFound, Stale
from portal.identity.models import ROLE_NAMES, Role
from portal.web.access import configurator
from portal.web.admin.blueprint import blueprint
from portal.web.files import workbook_response
from portal.web.session import actor, db, writing
from services_catalog.exchange.entries import WrongFile

_SHOWN = 100


@blueprint.get("/don-vi")
@configurator
def units() -> str:
    """All units, each below the one it belongs to."""
    with_former = "cu" in request.args
    found = rules.tree(db(), with_former=with_former)
    return render_template("admin/units.html", units=found, KIND_NAMES=rules.KIND_NAMES, with_former=with_former,
                           may_keep=actor().has_everywhere(Role.CONFIGURATOR))  # fmt: skip


@blueprint.get("/don-vi/moi")
@configurator
def new_unit() -> str:
    """The form of a new unit."""
    rules.require_unit_keeper(actor())
    return _page(None, {}, {})


@blueprint.post("/don-vi/moi")
@configurator
def add_unit() -> Any:
    """Make a unit."""
    return _save(None)


@blueprint.get("/don-vi/<agency_key>")
@configurator
def unit(agency_key: str) -> str:
    """A unit and the form to change it."""
    rules.require_unit_keeper(actor())
    found = _unit(agency_key)
    former = rules.predecessors_of(db(), agency_key)
    typed = {"name": found.name, "kind": found.kind, "code": found.code or "", "parent": found.parent_key or "",
             "valid_from": found.valid_from or "", "valid_to": found.valid_to or "",
             "predecessors": ", ".join(a.key for a in former), "seen": rules.fingerprint(db(), found)}  # fmt: skip
    return _page(found, typed, {})


@blueprint.post("/don-vi/<agency_key>")
@configurator
def save_unit(agency_key: str) -> Any:
    """Change a unit."""
    return _save(agency_key)


@blueprint.get("/nhap-can-bo")
@configurator
def import_page() -> str:
    """The form to import units and people."""
    rules.require_unit_keeper(actor())
    return _import_page()


@blueprint.get("/nhap-can-bo/mau.xlsx")
@configurator
def import_sample() -> Any:
    """An empty workbook with the titles and what may stand below them."""
    rules.require_unit_keeper(actor())
    return workbook_response("mau-don-vi-can-bo.xlsx", {
        importing.UNITS: [importing.UNIT_COLUMNS],
        importing.PEOPLE: [importing.PEOPLE_COLUMNS],
        "Vai trò và loại": [*(("Vai trò", name) for name in ROLE_NAMES.values()),
                            *(("Loại", name) for name in rules.KIND_NAMES.values())],
    })  # fmt: skip


@blueprint.post("/nhap-can-bo")
@configurator
def import_staff() -> Any:
    """Check a workbook, or take it over whole; whoever is new gets a code, in the file that comes back."""
    rules.require_unit_keeper(actor())
    file = request.files.get("file")
    if file is None or not file.filename:
        return _import_page(error="Hãy chọn tệp XLSX."), 422
    try:
        found = importing.read(db(), file.stream.read())
        if found.mistakes:
            raise WrongFile(found.mistakes)
        if request.form.get("do") != "import":
            return _import_page(found=found)
        with writing() as session:
            done = importing.apply(session, found, file.filename, by=actor(), now=now())
    except WrongFile as wrong:
        return _import_page(mistakes=wrong.mistakes), 422
    if done.codes:
        return workbook_response("ma-kich-hoat.xlsx", {"Mã kích hoạt": [importing.CODE_COLUMNS, *done.codes]})
    flash(f"Đã nhập {done.units} đơn vị, {done.people} cán bộ; không có ai mới.")
    return redirect(url_for("admin.units"))


def _save(key: str | None) -> Any:
    if key is not None:
        _unit(key)
    try:
        with writing() as session:
            saved = rules.save(session, key, request.form, by=actor(), now=now())
    except Invalid as invalid:
        return _page(_unit(key) if key else None, request.form, invalid.errors), 422
    except Stale as stale:
        return _page(_unit(key or ""), request.form, {"name": stale.message}), 409
    flash(f"Đã lưu {saved.name}.")
    return redirect(url_for("admin.units"))


def _unit(key: str) -> Agency:
    found = db().get(Agency, key)
    if found is None:
        raise NotFound("Không tìm thấy đơn vị này.")
    return found


def _page(found: Agency | None, typed: Any, errors: dict[str, str]) -> str:
    others = [(a.key, a.name) for _, a in rules.tree(db()) if found is None or a.key != found.key]
    above = db().get(Agency, found.parent_key) if found is not None and found.parent_key else None
    if above is not None and not above.is_active:
        others.append((above.key, above.name))
    kinds = dict(rules.KIND_NAMES)
    if found is not None:
        kinds.setdefault(found.kind, "Đơn vị cũ")
    return render_template("admin/unit.html", unit=found, typed=typed, errors=errors, parents=others,
                           kinds=list(kinds.items()),
                           former=rules.predecessors_of(db(), found.key) if found else [])  # fmt: skip


def _import_page(*, error: str = "", mistakes: list[Any] | None = None, found: importing.Read | None = None) -> str:
    return render_template(
        "admin/import_staff.html", error=error, mistakes=(mistakes or [])[:_SHOWN], total=len(mistakes or []),
        found=found, unit_columns=importing.UNIT_COLUMNS, people_columns=importing.PEOPLE_COLUMNS,
    )  # fmt: skip
