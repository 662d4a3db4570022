"""Checks a person's answers against a form: web, API and imports all use this.

`typed` are texts by the names of inputs, as a person types them; values are what is kept, by the names of questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services_catalog.computed import computed
from services_catalog.conditions import holds
from services_catalog.fields import FieldErrors, input_names, read, typed_of
from services_catalog.form import PART, Form, FormField, FormStep


@dataclass(frozen=True)
class Checked:
    """What a form says: the values that can be kept, and what is wrong, by step and input."""

    values: dict[str, Any]
    errors: dict[str, dict[str, str]]

    @property
    def is_complete(self) -> bool:
        """True if nothing is missing and nothing wrong."""
        return not self.errors


def check_form(form: Form, typed: Mapping[str, str], today: date) -> Checked:
    """All steps that apply. `today` is the local day."""
    values: dict[str, Any] = {}
    errors: dict[str, dict[str, str]] = {}
    for step in form.steps:
        if holds(step.when, values):
            kept, wrong = check_step(step, typed, today, values)
            values |= kept
            if wrong:
                errors[step.key] = wrong
    return Checked(values, errors)


def check_step(
    step: FormStep, typed: Mapping[str, str], today: date, before: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """(values by question, errors by input) of one step; `before` are the values of the steps before it.

    An optional step of which nothing was filled in has no errors and no values. What does not apply is not read.
    """
    if step.optional and not is_filled(step, typed):
        return {}, {}
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in step.fields:
        known = {**(before or {}), **values}
        if not holds(field.when, known):
            continue
        try:
            value = computed(field.compute, known) if field.compute else read(field, typed, today)
        except FieldErrors as found:
            errors.update(found.errors)
        else:
            if value is not None:
                values[field.name] = value
    return values, errors


def is_filled(step: FormStep, typed: Mapping[str, str]) -> bool:
    """True if a person has given anything of a step beyond what stood there."""
    return any(_is_given(field, typed) for field in step.fields)


def steps_that_apply(form: Form, values: Mapping[str, Any]) -> list[FormStep]:
    """The steps of a form for somebody who has answered this so far."""
    return [step for step in form.steps if holds(step.when, values)]


def questions_that_apply(form: Form, values: Mapping[str, Any]) -> Iterator[FormField]:
    """The questions of a form for somebody who has answered this so far."""
    for step in steps_that_apply(form, values):
        yield from (field for field in step.fields if holds(field.when, values))


def typed_answers(form: Form, values: Mapping[str, Any]) -> dict[str, str]:
    """What one types to give these values."""
    found: dict[str, str] = {}
    for field in form.questions():
        found |= typed_of(field, values.get(field.name))
    return found


def names_of(field: FormField, typed: Mapping[str, str]) -> set[str]:
    """The inputs of a question, also those that the page does not show just now."""
    return {field.name, *input_names(field, typed), *(name for name in typed if name.startswith(field.name + PART))}


def first_incomplete_step(form: Form, values: Mapping[str, Any], today: date) -> FormStep | None:
    """The first step that lacks a required answer or has a wrong one, or None when the form is complete."""
    wrong = check_form(form, typed_answers(form, values), today).errors
    return next((step for step in form.steps if step.key in wrong), None)


def _is_given(field: FormField, typed: Mapping[str, str]) -> bool:
    given = {name: text for name, text in typed.items() if name in names_of(field, typed) and (text or "").strip()}
    # A province stands in an address before anything is typed, and a table says how many rows it shows.
    ignored = (f"{field.name}{PART}province", f"{field.name}{PART}rows")
    return any(text != field.default for name, text in given.items() if name not in ignored)
