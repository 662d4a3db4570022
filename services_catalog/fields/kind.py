"""What every kind of question has in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services_catalog.form import PART, FormField
from services_catalog.text import nfc, nfc_lines

Typed = Mapping[str, str]


class FieldError(ValueError):
    """The answer cannot be taken; the text tells the person what to do."""


class FieldErrors(ValueError):
    """What cannot be taken of a question: a sentence for each of its inputs."""

    def __init__(self, errors: dict[str, str]):
        self.errors = errors
        super().__init__(" ".join(errors.values()))


@dataclass(frozen=True)
class Input:
    """One control of a page. `suggestions` names a list of `services_catalog.fields.registry.SUGGESTIONS`."""

    name: str
    label: str
    widget: str = "text"
    options: Mapping[str, str] = field(default_factory=dict)
    help: str | None = None
    example: str | None = None
    input_mode: str | None = None
    autocomplete: str | None = None
    suggestions: str | None = None
    unit: str | None = None
    required: bool = True


class Kind:
    """A line of text. `clean` gets what was typed: NFC, not empty; it returns the value that is kept in JSON."""

    label = "Một dòng chữ"
    widget = "text"
    input_mode: str | None = None
    autocomplete: str | None = None
    help: str | None = None
    example: str | None = None
    suggestions: str | None = None
    maximum_length = 500

    def inputs(self, field: FormField, typed: Typed) -> tuple[Input, ...]:
        """The controls it is typed into; of a table, as many rows as `typed` has."""
        return (
            Input(
                name=field.name,
                label=field.label,
                widget=self.widget,
                options=self.options(field),
                help=field.help or self.help,
                example=field.example or self.example,
                input_mode=self.input_mode,
                autocomplete=self.autocomplete if field.prefill else None,
                suggestions=self.suggestions,
                unit=field.unit,
                required=field.required,
            ),
        )

    def read(self, field: FormField, typed: Typed, today: date) -> Any:
        """The value to keep, None for an empty answer that is allowed. Raises `FieldErrors`."""
        text = self.normal(typed.get(field.name) or "")
        if not text:
            if field.required:
                raise FieldErrors({field.name: self.missing(field)})
            return None
        try:
            return self.clean(text, field, today)
        except FieldError as error:
            raise FieldErrors({field.name: str(error)}) from error

    def clean(self, typed: str, field: FormField, today: date) -> Any:
        """The value to keep. Raises `FieldError`."""
        if len(typed) > self.maximum_length:
            raise FieldError(f"Nội dung dài quá {self.maximum_length} ký tự. Hãy viết ngắn lại.")
        return typed

    def typed(self, field: FormField, value: Any) -> dict[str, str]:
        """What one types to give this value."""
        return {field.name: str(value)}

    def show(self, value: Any, field: FormField) -> str:
        """The kept value in words."""
        return str(value)

    def options(self, field: FormField) -> Mapping[str, str]:
        """Choices of value and label, for kinds that have them."""
        return {}

    def normal(self, text: str) -> str:
        """The text in the normal form of the kind."""
        return (nfc_lines if self.widget == "textarea" else nfc)(text)

    def missing(self, field: FormField) -> str:
        """What is said where the answer is missing."""
        verb = "Hãy chọn" if self.widget in ("radio", "select", "checkboxes") else "Hãy nhập"
        return f"{verb} {in_sentence(field.label)}."


def in_sentence(label: str) -> str:
    """A label within a sentence: small at the beginning, unless it is an abbreviation."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def part(field: FormField, name: str) -> str:
    """The name of the input for a part of a question."""
    return f"{field.name}{PART}{name}"


def text_of(typed: Typed, name: str) -> str:
    """What was typed into an input, in normal form."""
    return nfc(typed.get(name) or "")
