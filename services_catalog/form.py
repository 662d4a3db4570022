"""E-forms (tờ khai) as data: steps of questions."""

from __future__ import annotations

from pydantic import Field, model_validator

from services_catalog.record import Key, Record, Text


class FormField(Record):
    """One question of an e-form; `kind` names a class in `services_catalog.fields`."""

    name: Key
    label: Text
    kind: Key
    required: bool = True
    help: Text | None = None
    example: Text | None = None
    default: str | None = None
    prefill: Key | None = None
    options: dict[Key, Text] = {}
    minimum: int | None = None
    maximum: int | None = None
    past: bool = False


class FormStep(Record):
    """One page of an e-form. An optional step may be left wholly empty."""

    key: Key
    title: Text
    help: Text | None = None
    optional: bool = False
    fields: tuple[FormField, ...] = Field(min_length=1)


class Form(Record):
    """A tờ khai as data."""

    title: Text
    steps: tuple[FormStep, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Form:
        names = [field.name for step in self.steps for field in step.fields]
        if doubled := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"Tên câu hỏi bị trùng: {', '.join(sorted(doubled))}.")
        if missing := {"requester_name", "requester_phone"} - set(names):
            raise ValueError(f"Tờ khai nào cũng phải hỏi: {', '.join(sorted(missing))}.")
        return self
