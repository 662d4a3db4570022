"""A step of an e-form as a Flask-WTF form. What is right is decided in `services_catalog.answers` alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, StringField, TextAreaField

from services_catalog.answers import check_step
from services_catalog.fields import KINDS, show_answer
from services_catalog.form import FormField, FormStep


class StepForm(FlaskForm):
    """Base of the forms that `form_for_step` makes."""

    step: FormStep

    def check(self, today: date) -> dict[str, Any] | None:
        """The values to keep, or None with an error at each wrong field."""
        typed = {name: _typed(self[name]) for name in (field.name for field in self.step.fields)}
        values, errors = check_step(self.step, typed, today)
        for name, message in errors.items():
            self[name].errors = [message]
        return None if errors else values


def form_for_step(step: FormStep, answers: Mapping[str, Any]) -> StepForm:
    """A form for `step`, filled from the request, else from `answers`, else with defaults."""
    fields = {field.name: _wtf_field(field) for field in step.fields}
    form_class = type("Form", (StepForm,), {**fields, "step": step})
    return form_class(data={field.name: _shown(field, answers) for field in step.fields})


def _wtf_field(field: FormField) -> Any:
    """Choices are plain strings to WTForms: what may be chosen is checked by the kind, as for every field."""
    widget = KINDS[field.kind].widget
    classes = {"checkbox": BooleanField, "textarea": TextAreaField}
    return classes.get(widget, StringField)(field.label)


def _typed(field: Field) -> str:
    if isinstance(field, BooleanField):
        return "1" if field.data else ""
    return field.data or ""


def _shown(field: FormField, answers: Mapping[str, Any]) -> Any:
    """What stands in the field before anything is typed."""
    if field.name not in answers:
        return field.default
    value = answers[field.name]
    return value if KINDS[field.kind].widget in ("radio", "select", "checkbox") else show_answer(field, value)
