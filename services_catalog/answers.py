"""Checks a person's answers against a form: web, API and imports all use this."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from services_catalog.fields import FieldError, clean_answer
from services_catalog.form import Form, FormStep


def check_step(step: FormStep, typed: Mapping[str, str | None], today: date) -> tuple[dict[str, Any], dict[str, str]]:
    """(values, errors) of one step, both by field name. `today` is the local day.

    An optional step of which nothing was filled in has no errors and no values.
    """
    if step.optional and not any((typed.get(field.name) or "").strip() for field in step.fields):
        return {}, {}
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in step.fields:
        try:
            value = clean_answer(field, typed.get(field.name), today)
        except FieldError as error:
            errors[field.name] = str(error)
        else:
            if value is not None:
                values[field.name] = value
    return values, errors


def first_incomplete_step(form: Form, answers: Mapping[str, Any]) -> FormStep | None:
    """The first step that still lacks a required answer, or None when the form is complete."""
    for step in form.steps:
        given = [field for field in step.fields if field.name in answers]
        if step.optional and not given:
            continue
        if any(field.required and field.name not in answers for field in step.fields):
            return step
    return None
