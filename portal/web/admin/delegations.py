"""Delegating positions by date."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select

from portal.administration import audit
from portal.administration.audit import Subject
from portal.agencies.models import Agency
from portal.base.clock import local_day, now
from portal.base.errors import Invalid
from portal.identity import delegations as rules
from portal.identity import queries as identity
from portal.identity.models import ROLE_NAMES
from portal.web.access import personnel
from portal.web.admin import agencies
from portal.web.admin.blueprint import blueprint
from portal.web.requests import day_in
from portal.web.session import actor, db, writing


@blueprint.get("/uy-quyen")
@personnel
def delegations() -> str:
    """What is delegated now or will be, and the form to delegate."""
    return _page({})


@blueprint.post("/uy-quyen")
@personnel
def delegate() -> Any:
    """Delegate a position."""
    form = request.form
    try:
        with writing() as session:
            made = rules.delegate(
                session, form.get("position", type=int) or 0, form.get("login", ""), day_in(form.get("valid_from")),
                day_in(form.get("valid_to")), form.get("reason", ""), title=form.get("title"), by=actor(), now=now(),
            )  # fmt: skip
            audit.record(session, actor(), Subject.DELEGATION, str(made.id), "Ủy quyền", now(),
                         to=form.get("login", ""), until=made.valid_to.isoformat())  # fmt: skip
    except Invalid as invalid:
        return _page(invalid.errors), 422
    flash("Đã ủy quyền.")
    return redirect(url_for("admin.delegations"))


@blueprint.post("/uy-quyen/<int:delegation_id>/thu-hoi")
@personnel
def revoke(delegation_id: int) -> Any:
    """Take a delegation back."""
    with writing() as session:
        rules.revoke(session, delegation_id, by=actor(), now=now())
        audit.record(session, actor(), Subject.DELEGATION, str(delegation_id), "Thu hồi ủy quyền", now())
    flash("Đã thu hồi ủy quyền.")
    return redirect(url_for("admin.delegations"))


def _page(errors: dict[str, str]) -> str:
    session, today = db(), local_day(now())
    configured = {key: name for key, name in agencies.options().items() if key != agencies.PROVINCE}
    agency_key = request.values.get("co-quan", next(iter(configured), None))
    positions = rules.positions_to_delegate(session, actor(), agency_key, today)
    made = rules.delegations_of(session, positions, today)
    names = {a.key: a.name for a in session.scalars(select(Agency))}
    people = identity.names(session, [*(d.account_id for d in made), *(p.account_id for p in positions)])

    def name_of(position: Any) -> str:
        return f"{people[position.account_id]}: {ROLE_NAMES[position.role]}, {names[position.agency_key]}"

    return render_template(
        "admin/delegations.html", positions=[(str(p.id), name_of(p)) for p in positions], made=made, name_of=name_of,
        colleagues=list(rules.colleagues(session, positions).items()), people=people, errors=errors,
        typed=request.form, today=today, configured=configured, agency_key=agency_key,
    )  # fmt: skip
