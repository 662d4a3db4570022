"""A page of an e-form as a Flask-WTF form. What is right is decided in `services_catalog.answers` alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import Field

from services_catalog.fields import inputs_of
from services_catalog.form import FormField, FormStep
from services_catalog.gazetteer import HOME


class Typed(Field):
    """One input of an e-form, whatever its widget: a text as it was typed; several ticks with commas between."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep all that were ticked."""
        self.data = ",".join(valuelist)


class PageForm(FlaskForm):
    """Base of the forms that `form_for` makes; `questions` are those it asks."""

    questions: tuple[FormField, ...]

    def texts(self) -> dict[str, str]:
        """What was typed, by the names of the inputs."""
        return {name: field.data or "" for name, field in self._fields.items() if isinstance(field, Typed)}

    def put_errors(self, errors: Mapping[str, str]) -> None:
        """Show each sentence at its input."""
        for name, message in errors.items():
            if name in self:
                self[name].errors = [message]


def form_for(step: FormStep, typed: Mapping[str, str], *, as_sent: bool = True) -> PageForm:
    """A form for `step`: filled from the request if one was sent (`as_sent`), else from `typed`, else with defaults."""
    sent = request.form if as_sent and request.method == "POST" else None
    shown = {**typed, **(sent.to_dict() if sent else {})}
    inputs = [found for question in step.fields for found in inputs_of(question, shown)]
    fields: dict[str, Any] = {found.name: Typed(found.label) for found in inputs}
    form_class = type("Form", (PageForm,), {**fields, "questions": step.fields})
    data = {name: _shown(name, question, typed) for question in step.fields for name in _names(question, shown)}
    return form_class(formdata=sent, data=data)


def posted_texts() -> dict[str, str]:
    """Everything that the page has sent, several values of one name with commas between."""
    return {name: ",".join(request.form.getlist(name)) for name in request.form if name != "csrf_token"}


def _names(question: FormField, typed: Mapping[str, str]) -> list[str]:
    return [found.name for found in inputs_of(question, typed)]


def _shown(name: str, question: FormField, typed: Mapping[str, str]) -> str:
    """What stands in an input before anything is typed on this page."""
    if name in typed:
        return typed[name]
    if name.endswith("__province"):
        return HOME
    return _default(name, question) or ""


def _default(name: str, question: FormField) -> str | None:
    for child in question.fields:
        if name.endswith(f"__{child.name}"):
            return child.default
    return question.default if name == question.name else None
