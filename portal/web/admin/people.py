"""People of the staff: finding them, hiring, positions, first passwords."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select

from portal.administration import people as rules
from portal.agencies.models import Agency
from portal.base.clock import local_day, now
from portal.base.errors import Invalid, Refusal
from portal.identity.models import CASE_ROLES, ROLE_NAMES, Role
from portal.web.access import configurator
from portal.web.admin.blueprint import blueprint
from portal.web.errors import status_of
from portal.web.session import actor, db, writing

_MOST = 100


@blueprint.get("/can-bo")
@configurator
def people() -> str:
    """Find people; the form to hire one."""
    return _list({})


@blueprint.post("/can-bo")
@configurator
def hire() -> Any:
    """A new member of staff; the code is shown once."""
    try:
        with writing() as session:
            account, code = rules.hire(session, request.form, by=actor(), now=now())
    except Invalid as invalid:
        return _list(invalid.errors), 422
    return _page(account.login, code=code)


@blueprint.get("/can-bo/<login>")
@configurator
def person(login: str) -> str:
    """One member of staff."""
    return _page(login)


@blueprint.post("/can-bo/<login>/vi-tri")
@configurator
def appoint(login: str) -> Any:
    """Give a position as well."""
    try:
        with writing() as session:
            account = rules.account_for(session, actor(), login)
            rules.appoint(session, account, request.form, by=actor(), now=now())
    except Invalid as invalid:
        return _page(login, errors=invalid.errors), 422
    flash("Đã giao vị trí.")
    return redirect(url_for("admin.person", login=login))


@blueprint.post("/can-bo/<login>/vi-tri/<int:position_id>/thoi")
@configurator
def end_position(login: str, position_id: int) -> Any:
    """Let a position end."""
    with writing() as session:
        account = rules.end_position(session, position_id, by=actor(), now=now())
    flash("Đã kết thúc vị trí.")
    return redirect(url_for("admin.person", login=account.login))


@blueprint.post("/can-bo/<login>/sua")
@configurator
def correct_person(login: str) -> Any:
    """Change name, phone and titles."""
    try:
        with writing() as session:
            account = rules.account_for(session, actor(), login)
            rules.correct(session, account, request.form, by=actor(), now=now())
    except Invalid as invalid:
        return _page(login, errors=invalid.errors), 422
    except Refusal as refusal:
        return _page(login, refusal=refusal.message), status_of(refusal)
    flash("Đã lưu.")
    return redirect(url_for("admin.person", login=login))


@blueprint.post("/can-bo/<login>/khoa")
@configurator
def set_active(login: str) -> Any:
    """Close an account, or open it again."""
    is_active = bool(request.form.get("active"))
    try:
        with writing() as session:
            account = rules.account_for(session, actor(), login)
            rules.set_active(session, account, is_active, by=actor(), now=now())
    except Refusal as refusal:
        return _page(login, refusal=refusal.message), status_of(refusal)
    flash("Đã mở tài khoản." if is_active else "Đã khóa tài khoản.")
    return redirect(url_for("admin.person", login=login))


@blueprint.post("/can-bo/<login>/ma")
@configurator
def renew_code(login: str) -> Any:
    """A new code for the first password, shown once."""
    try:
        with writing() as session:
            account = rules.account_for(session, actor(), login)
            code = rules.renew_code(session, account, by=actor(), now=now())
    except Refusal as refusal:
        return _page(login, refusal=refusal.message), status_of(refusal)
    return _page(login, code=code)


def _list(errors: dict[str, str]) -> str:
    found = rules.search(db(), actor(), request.args.get("ten", ""), request.args.get("don-vi", ""), limit=_MOST)
    return render_template("admin/people.html", found=found, errors=errors, most=_MOST, **_known())


def _page(login: str, *, code: str = "", refusal: str = "", errors: dict[str, str] | None = None) -> str:
    account = rules.account_for(db(), actor(), login)
    return render_template(
        "admin/person.html", person=account, code=code, refusal=refusal, errors=errors or {}, **_known()
    )


def _known() -> dict[str, Any]:
    """What the forms offer to this person."""
    me = actor()
    names = dict(db().execute(select(Agency.key, Agency.name).order_by(Agency.name)).all())
    open_ones = db().scalars(select(Agency).where(Agency.is_active).order_by(Agency.kind.desc(), Agency.name))
    kept = [(agency.key, agency.name) for agency in open_ones if rules.may_keep(me, agency.key)]
    everything = me.has_everywhere(Role.CONFIGURATOR)
    roles = [(role.value, name) for role, name in ROLE_NAMES.items() if everything or role in CASE_ROLES]
    return {"names": names, "agencies": kept, "roles": roles, "ROLE_NAMES": ROLE_NAMES, "today": local_day(now()),
            "typed": request.form}  # fmt: skip
