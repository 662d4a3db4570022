"""Signing in and out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import flask
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import login_user, logout_user

from portal.administration import people
from portal.base.clock import now
from portal.base.errors import Invalid
from portal.identity import actions as identity
from portal.identity.actor import Actor
from portal.web.access import public, signed_in
from portal.web.account.pages import SignInForm
from portal.web.held import put_back
from portal.web.security import limiter
from portal.web.session import SignedIn, current_actor, db, writing

blueprint = Blueprint("account", __name__)


@blueprint.get("/dang-nhap")
@public
def sign_in() -> Any:
    """The form."""
    if actor := current_actor():
        return redirect(_next_page(actor))
    return render_template("account/sign_in.html", form=SignInForm())


@blueprint.post("/dang-nhap")
@public
@limiter.limit(
    "10 per minute; 60 per hour",
    key_func=lambda: identity.login_key(request.form.get("login", ""))[:100],
    deduct_when=lambda answer: answer.status_code == 422,  # tries that were wrong
)
@limiter.limit("60 per minute")
def check_sign_in() -> Any:
    """Check the password; the answer does not tell whether the login exists."""
    form = SignInForm()
    account = identity.sign_in(db(), form.login.data or "", form.password.data or "")
    if account is None:
        form.login.errors = ["Tên đăng nhập hoặc mật khẩu không đúng."]
        return render_template("account/sign_in.html", form=form), 422
    person = SignedIn(account)
    flask.session.clear()
    flask.session.permanent = True
    login_user(person)
    if form.held.data and not put_back(form.held.data, person.actor):
        flash("Nội dung bạn gõ lúc hết phiên không giữ lại được. Những gì đã lưu trước đó vẫn còn.")
    return redirect(_next_page(person.actor))


@blueprint.get("/kich-hoat")
@public
def activate_page() -> str:
    """The form in which staff choose their first password."""
    return render_template("account/activate.html", typed={}, errors={})


@blueprint.post("/kich-hoat")
@public
@limiter.limit(
    "10 per minute; 30 per hour",
    key_func=lambda: "activate " + identity.login_key(request.form.get("login", ""))[:100],
    deduct_when=lambda answer: answer.status_code == 422,
)
@limiter.limit("60 per minute")
def activate() -> Any:
    """Choose the first password, with the code that was handed out."""
    form = request.form
    try:
        with writing() as session:
            people.activate(session, form.get("login", ""), form.get("code", ""), form.get("password", ""),
                            form.get("again", ""), now())  # fmt: skip
    except Invalid as invalid:
        return render_template("account/activate.html", typed=form, errors=invalid.errors), 422
    flash("Đã đặt mật khẩu. Hãy đăng nhập.")
    return redirect(url_for("account.sign_in"))


@blueprint.post("/dang-xuat")
@signed_in
def sign_out() -> Any:
    """End the session."""
    logout_user()
    flask.session.clear()
    return redirect(url_for("public.home"))


def _next_page(actor: Actor) -> str:
    """Where the person wanted to go, if that is a page of ours."""
    target = request.args.get("next", "")
    parts = urlsplit(target)
    if target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc:
        return target
    if actor.is_staff:
        return url_for("desk.queue")
    return url_for("catalog.overview" if actor.keeps_catalog else "cases.mine")
