"""Following a case without signing in: by the code on the acknowledgement, or by a code to the phone given with it."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField

from portal.agencies.models import Agency
from portal.base.clock import local_day, now
from portal.base.errors import NotFound
from portal.cases import following
from portal.cases import queries as cases
from portal.cases.models import Case
from portal.cases.references import normalise
from portal.cases.words import status_sentence
from portal.publishing import queries as publishing
from portal.web.access import public
from portal.web.public.blueprint import blueprint
from portal.web.security import limiter
from portal.web.session import db, settings, writing
from services_catalog.fields import FieldError, clean_answer
from services_catalog.form import FormField

_PHONE = FormField(name="phone", label="Số điện thoại", kind="phone")


class LookupForm(FlaskForm):
    """Case code and the secret printed on the acknowledgement."""

    reference = StringField("Mã hồ sơ")
    lookup_code = StringField("Mã tra cứu")


class PhoneForm(FlaskForm):
    """Case code and phone, to be sent a code."""

    reference = StringField("Mã hồ sơ")
    phone = StringField("Số điện thoại")


class CodeForm(FlaskForm):
    """The code that came by SMS."""

    key = HiddenField()
    code = StringField("Mã vừa nhận")


@blueprint.get("/tra-cuu")
@public
def lookup() -> str:
    """Where the code of a case is typed in."""
    return _page(LookupForm(data={"reference": request.args.get("ma", "")}))


@blueprint.post("/tra-cuu")
@public
@limiter.limit("20 per minute; 100 per hour")
def look_up() -> Any:
    """Where a case is, for someone who has both codes; nothing personal is shown."""
    form = LookupForm()
    if not (form.reference.data or "").strip():
        form.reference.errors = ["Hãy nhập mã hồ sơ."]
    if not (form.lookup_code.data or "").strip():
        form.lookup_code.errors = ["Hãy nhập mã tra cứu."]
    if form.reference.errors or form.lookup_code.errors:
        return _page(form), 422
    try:
        case = cases.case_by_secret(db(), form.reference.data or "", form.lookup_code.data or "")
    except NotFound as error:
        form.reference.errors = [error.message]
        return _page(form), 404
    return _page(form, case=case)


@blueprint.post("/tra-cuu/gui-ma")
@public
@limiter.limit("5 per minute; 30 per hour")
def send_code() -> Any:
    """Have a code sent to the phone of a case. The answer is the same whether there is such a case."""
    form = PhoneForm()
    if normalise(form.reference.data or "") is None:
        form.reference.errors = ["Hãy nhập mã hồ sơ, dạng H37.19-261124-0001."]
    try:
        phone = clean_answer(_PHONE, form.phone.data, local_day(now()))
    except FieldError as error:
        form.phone.errors = [str(error)]
    if form.reference.errors or form.phone.errors:
        return _page(LookupForm(formdata=None), phone_form=form), 422
    with writing() as session:
        key = following.ask(session, form.reference.data or "", phone, now())
    return _page(LookupForm(formdata=None), code_form=CodeForm(formdata=None, data={"key": key}))


@blueprint.post("/tra-cuu/ma")
@public
@limiter.limit("20 per minute; 100 per hour")
def check_code() -> Any:
    """Where the case is, for someone who has the code from the phone."""
    form = CodeForm()
    with writing() as session:
        found = following.case_shown(session, form.key.data or "", form.code.data or "", settings().secret_key, now())
        case_id = found.id if found else None
    if case_id is None:
        form.code.errors = [following.WRONG]
        return _page(LookupForm(formdata=None), code_form=form), 422
    return _page(LookupForm(formdata=None), case=db().get_one(Case, case_id))


def _page(
    form: LookupForm,
    *,
    case: Case | None = None,
    phone_form: PhoneForm | None = None,
    code_form: CodeForm | None = None,
) -> str:
    facts: dict[str, Any] = {}
    if case is not None:
        published = publishing.version(db(), case.version_id)
        agency = db().get_one(Agency, case.agency_key)
        facts = {
            "procedure": published.procedure,
            "agency": agency,
            "sentence": status_sentence(case, published.workflow, agency.name, signed_in=False),
        }
    return render_template("public/lookup.html", form=form, case=case, code_form=code_form,
                           phone_form=phone_form or PhoneForm(formdata=None), **facts)  # fmt: skip
