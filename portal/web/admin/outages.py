"""Declared outages: what was due is put off, and everybody is told why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.administration import audit
from portal.administration.audit import Subject
from portal.base.clock import VIETNAM, now
from portal.base.errors import Invalid
from portal.cases import shifts
from portal.web.access import configurator
from portal.web.admin import agencies
from portal.web.admin.blueprint import blueprint
from portal.web.session import actor, db, writing


@blueprint.get("/su-co")
@configurator
def outages() -> str:
    """What was declared, how far the machine is with it, and the form to declare another."""
    return _page({})


@blueprint.post("/su-co")
@configurator
def declare_outage() -> Any:
    """Declare an outage."""
    agency_key = agencies.chosen(agencies.options())
    began, ended = _instant("began_at"), _instant("ended_at")
    missing = {name: "Hãy ghi ngày giờ." for name, at in (("began_at", began), ("ended_at", ended)) if at is None}
    if began is None or ended is None:
        return _page(missing), 422
    try:
        with writing() as session:
            shifts.declare_outage(
                session, agency_key, began, ended, request.form.get("reason", ""), by=actor(), now=now()
            )
            audit.record(session, actor(), Subject.CALENDAR, agency_key or "toàn tỉnh", "Ghi sự cố", now(),
                         began=began.isoformat(), ended=ended.isoformat())  # fmt: skip
    except Invalid as invalid:
        return _page(invalid.errors), 422
    flash("Đã ghi sự cố. Thời hạn của hồ sơ đang mở được dời trong ít phút; người nộp được báo tin.")
    return redirect(url_for("admin.outages"))


def _instant(name: str) -> datetime | None:
    """What a date-and-time input holds, as a Vietnamese clock shows it."""
    try:
        return datetime.fromisoformat(request.form.get(name, "")).replace(tzinfo=VIETNAM)
    except ValueError:
        return None


def _page(errors: dict[str, str]) -> str:
    known = agencies.options()
    declared = [row for row in shifts.shifts_declared(db()) if (row[0].agency_key or "") in known]
    return render_template("admin/outages.html", agencies=known, declared=declared, errors=errors, typed=request.form,
                           names=dict(known))  # fmt: skip
