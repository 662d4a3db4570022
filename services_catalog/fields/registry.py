"""The kinds by name, and what is asked of any of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from services_catalog import gazetteer
from services_catalog.fields.amounts import Area, Money, Number
from services_catalog.fields.choices import Choice, Choices, Declaration, Ethnicity, Nationality, Sex, countries
from services_catalog.fields.dates import Date, PartialDate, Year
from services_catalog.fields.kind import FieldError, FieldErrors, Input, Kind, Typed
from services_catalog.fields.people import CitizenId, Email, FullName, Phone, TaxCode
from services_catalog.fields.places import Address
from services_catalog.fields.rows import Rows
from services_catalog.fields.texts import CapitalName, LongText
from services_catalog.fields.things import BusinessLine, Computed, File, LandParcel, Plate
from services_catalog.form import FormField

KINDS: dict[str, Kind] = {
    "text": Kind(),
    "long_text": LongText(),
    "capital_name": CapitalName(),
    "full_name": FullName(),
    "citizen_id": CitizenId(),
    "tax_code": TaxCode(),
    "phone": Phone(),
    "email": Email(),
    "date": Date(),
    "partial_date": PartialDate(),
    "year": Year(),
    "number": Number(),
    "money": Money(),
    "area": Area(),
    "choice": Choice(),
    "choices": Choices(),
    "sex": Sex(),
    "ethnicity": Ethnicity(),
    "nationality": Nationality(),
    "address": Address(),
    "land_parcel": LandParcel(),
    "plate": Plate(),
    "business_line": BusinessLine(),
    "file": File(),
    "computed": Computed(),
    "declaration": Declaration(),
}
KINDS["rows"] = Rows(KINDS)

# What an input may suggest while one types; a page has each list once.
SUGGESTIONS: dict[str, Callable[[], list[str]]] = {
    "communes": lambda: list(gazetteer.communes().values()),
    "countries": lambda: list(countries().values()),
}


def inputs_of(field: FormField, typed: Typed) -> tuple[Input, ...]:
    """The inputs of a question."""
    return KINDS[field.kind].inputs(field, typed)


def input_names(field: FormField, typed: Typed) -> list[str]:
    """Their names."""
    return [found.name for found in inputs_of(field, typed)]


def read(field: FormField, typed: Typed, today: date) -> Any:
    """The value to keep of what was typed; None for an empty answer that is allowed. Raises `FieldErrors`."""
    return KINDS[field.kind].read(field, typed, today)


def clean_answer(field: FormField, text: str | None, today: date) -> Any:
    """Like `read`, of a question with one input. Raises `FieldError`."""
    try:
        return read(field, {field.name: text or ""}, today)
    except FieldErrors as errors:
        raise FieldError(str(errors)) from errors


def typed_of(field: FormField, value: Any) -> dict[str, str]:
    """What one types to give the kept `value`."""
    return {} if value is None else KINDS[field.kind].typed(field, value)


def show_answer(field: FormField, value: Any) -> str:
    """The kept `value` in words, or an em dash where there is none."""
    return "—" if value in (None, "", []) else KINDS[field.kind].show(value, field)
