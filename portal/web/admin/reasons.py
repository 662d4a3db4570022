"""Reasons in ready words, of the province and of each agency."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.administration import audit
from portal.administration.audit import Subject
from portal.base.clock import now
from portal.base.errors import Invalid
from portal.desk import reasons as rules
from portal.web.access import configurator
from portal.web.admin import agencies
from portal.web.admin.blueprint import blueprint
from portal.web.session import actor, db, writing


@blueprint.get("/ly-do")
@configurator
def reasons() -> str:
    """The reasons of one agency, or of the province."""
    return _page({})


@blueprint.post("/ly-do")
@configurator
def add_reason() -> Any:
    """A new reason."""
    key = agencies.chosen(agencies.options())
    try:
        with writing() as session:
            kind, text = request.form.get("kind", ""), request.form.get("text", "")
            reason = rules.add(session, key, kind, text)
            audit.record(session, actor(), Subject.REASON, key or "toàn tỉnh", "Thêm lý do", now(), kind=reason.kind,
                         text=reason.text)  # fmt: skip
    except Invalid as invalid:
        return _page(invalid.errors), 422
    flash("Đã thêm lý do.")
    return _back(key)


@blueprint.post("/ly-do/<int:reason_id>/bo")
@configurator
def retire_reason(reason_id: int) -> Any:
    """Offer a reason no longer."""
    key = agencies.chosen(agencies.options())
    with writing() as session:
        reason = rules.retire(session, reason_id, key)
        audit.record(session, actor(), Subject.REASON, key or "toàn tỉnh", "Bỏ lý do", now(), text=reason.text)
    flash("Đã bỏ lý do.")
    return _back(key)


def _back(key: str | None) -> Any:
    return redirect(url_for("admin.reasons", **{"co-quan": key or ""}))  # type: ignore[arg-type]


def _page(errors: dict[str, str]) -> str:
    known = agencies.options()
    key = agencies.chosen(known)
    return render_template(
        "admin/reasons.html", agencies=known, agency_key=key or "", rows=rules.reasons_of(db(), key), errors=errors,
        typed=request.form, kinds=[(kind.value, name) for kind, name in rules.REASON_NAMES.items()],
        REASON_NAMES=rules.REASON_NAMES,
    )  # fmt: skip
