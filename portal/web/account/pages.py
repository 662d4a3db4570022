"""The page of signing in, as several places show it."""

from __future__ import annotations

from flask import render_template, url_for
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField


class SignInForm(FlaskForm):
    """Login and password; `held` is what was typed when the session ended."""

    login = StringField("Tên đăng nhập")
    password = PasswordField("Mật khẩu")
    held = HiddenField()


def sign_in_again(target: str, held: str | None) -> tuple[str, int]:
    """The session ended while a page was being filled in: sign in and go on there, with what was typed."""
    form = SignInForm(formdata=None, data={"held": held or ""})
    return render_template("account/sign_in.html", form=form, is_again=True,
                           action=url_for("account.check_sign_in", next=target)), 401  # fmt: skip
