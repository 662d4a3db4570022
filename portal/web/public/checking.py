"""Checking a paper that somebody holds: by the codes printed on it, or by its file, which is not kept."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from wtforms import StringField

from portal.base.clock import local_day, now
from portal.base.errors import NotFound
from portal.documents.signatures import SignatureReport, signatures_of
from portal.issuing import checking
from portal.issuing.checking import CheckedFile, Known
from portal.issuing.register import spaced
from portal.issuing.words import kind_names
from portal.web.access import public
from portal.web.files import file_response
from portal.web.public.blueprint import blueprint
from portal.web.security import limiter
from portal.web.session import db, settings, storage

_LIMIT = "20 per minute; 100 per hour"
_PDF = "application/pdf"


class CheckForm(FlaskForm):
    """The two codes on the paper."""

    code = StringField("Mã văn bản")
    check_code = StringField("Mã kiểm tra")


@blueprint.get("/kiem-tra")
@blueprint.get("/kiem-tra/<code>")
@public
def check(code: str = "") -> str:
    """Where codes are typed in, or a file is chosen; the code in the QR is filled in."""
    return _page(CheckForm(formdata=None, data={"code": code}))


@blueprint.post("/kiem-tra")
@public
@limiter.limit(_LIMIT)
def check_codes() -> Any:
    """What the paper with these codes is."""
    form = CheckForm()
    try:
        return _page(form, known=_by_codes(form))
    except NotFound as error:
        if not form.errors:
            form.check_code.errors = [error.message]
        return _page(form), 404 if form.data.get("code") else 422


@blueprint.post("/kiem-tra/ban-goc.pdf")
@public
@limiter.limit(_LIMIT)
def original() -> Any:
    """The original, for who holds the paper, to compare it with."""
    try:
        known = _by_codes(CheckForm())
    except NotFound as error:
        flash(error.message)
        return redirect(url_for("public.check"))
    return file_response(_original(known), _PDF, f"{spaced(known.paper.code)}.pdf")


@blueprint.post("/kiem-tra/tep")
@public
@limiter.limit(_LIMIT)
def check_file() -> Any:
    """What a file is, and what its signatures say."""
    file = request.files.get("file")
    content = file.stream.read() if file is not None else b""
    if not content.startswith(b"%PDF-"):
        return _page(CheckForm(formdata=None), file_error="Hãy chọn một tệp PDF."), 422
    found = checking.by_file(db(), content, settings().signature_roots, local_day(now()))
    return _page(CheckForm(formdata=None), checked=found)


def _by_codes(form: CheckForm) -> Known:
    if not (form.code.data or "").strip():
        form.code.errors = ["Hãy nhập mã văn bản."]
    if not (form.check_code.data or "").strip():
        form.check_code.errors = ["Hãy nhập mã kiểm tra."]
    if form.code.errors or form.check_code.errors:
        raise NotFound
    return checking.by_codes(db(), form.code.data or "", form.check_code.data or "", local_day(now()))


def _original(known: Known) -> bytes:
    return storage().get(known.paper.sha256 or "")


def _page(
    form: CheckForm, *, known: Known | None = None, checked: CheckedFile | None = None, file_error: str = ""
) -> str:
    report: SignatureReport | None = checked.report if checked else None
    if known is not None:
        report = signatures_of(_original(known), settings().signature_roots)
    return render_template(
        "public/checking.html", form=form, known=known, checked=checked, report=report, file_error=file_error,
        spaced=spaced, PAPER_NAMES=kind_names(),
    )  # fmt: skip
