"""How the files of forms are written: questions that come again and again are blocks, used by name.

`{use: person, prefix: mother}` stands for the questions of the block "person", named "mother_name" and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from services_catalog.conditions import ConditionText, condition
from services_catalog.form import DECLARATION, Check, Form, FormField, FormStep
from services_catalog.record import Key, Record, Text


class Use(Record):
    """A block in the place of questions.

    `only` or `without` choose among its questions; `optional` and `required` turn them; `labels` name them anew;
    `own`: they are about the person who applies, so what is known of that person stands there already.
    """

    use: Key
    prefix: Key | None = None
    group: Text | None = None
    only: tuple[Key, ...] = ()
    without: tuple[Key, ...] = ()
    optional: tuple[Key, ...] = ()
    required: tuple[Key, ...] = ()
    labels: dict[Key, Text] = {}
    when: ConditionText | None = None
    own: bool = False


class StepSource(Record):
    """A step as a file has it. `step`: a whole step of the blocks file, to which `fields` are added."""

    step: Key | None = None
    key: Key | None = None
    title: Text | None = None
    help: Text | None = None
    optional: bool = False
    when: ConditionText | None = None
    fields: tuple[Use | FormField, ...] = ()


class FormSource(Record):
    """A form as a file has it. `receiving`: it asks how the result is to be received, as nearly all do."""

    title: Text
    source: Text | None = None
    checks: tuple[Check, ...] = ()
    declaration: Text = DECLARATION
    receiving: bool = True
    steps: tuple[StepSource, ...] = Field(min_length=1)


class Blocks(Record):
    """The questions and steps that forms share."""

    blocks: dict[Key, tuple[FormField, ...]]
    steps: dict[Key, StepSource]

    def form(self, source: FormSource) -> Form:
        """The form with every block filled in. Raises `KeyError` for a block that does not exist, `ValueError`."""
        sources = [*source.steps, *([StepSource(step="receiving")] if source.receiving else [])]
        return Form(
            title=source.title,
            source=source.source,
            checks=source.checks,
            declaration=source.declaration,
            steps=tuple(self._step(found) for found in sources),
        )

    def _step(self, source: StepSource) -> FormStep:
        shared = self.steps[source.step] if source.step else source
        return FormStep(
            key=source.key or shared.key or "",
            title=source.title or shared.title or "",
            help=source.help or shared.help,
            optional=source.optional or shared.optional,
            when=source.when or shared.when,
            fields=tuple(self._fields([*shared.fields, *(source.fields if source.step else ())])),
        )

    def _fields(self, sources: list[Use | FormField]) -> Iterator[FormField]:
        for found in sources:
            if isinstance(found, Use):
                yield from self._used(found)
            else:
                yield found

    def _used(self, use: Use) -> Iterator[FormField]:
        block = self.blocks[use.use]
        names = {field.name for field in block}
        if unknown := {*use.only, *use.without, *use.optional, *use.required, *use.labels} - names:
            raise ValueError(f"Khối {use.use} không có mục {', '.join(sorted(unknown))}.")
        chosen = {n for n in names if n not in use.without and (not use.only or n in use.only)}
        for field in block:
            if field.name in chosen:
                yield field.model_copy(update=dict(_changes(field, use, chosen)))


def _changes(field: FormField, use: Use, names: set[str]) -> Iterator[tuple[str, Any]]:
    """What a use makes different in a question of a block."""
    prefix = f"{use.prefix}_" if use.prefix else ""
    yield "name", f"{prefix}{field.name}"
    if use.group:
        yield "group", use.group
    if not use.own:
        yield "prefill", None
    if field.name in use.optional or field.name in use.required:
        yield "required", field.name in use.required
    if field.name in use.labels:
        yield "label", use.labels[field.name]
    if field.when:  # what hangs on a question that this use leaves out is always asked
        is_there = condition(field.when).field in names
        yield "when", f"{prefix}{field.when}" if is_there else use.when
    elif use.when:
        yield "when", use.when


def mistakes_of(source: FormSource, blocks: Blocks) -> tuple[Form | None, str]:
    """The form, or what is wrong with it."""
    try:
        return blocks.form(source), ""
    except KeyError as error:
        return None, f"Không có khối {error}."
    except ValueError as error:
        return None, str(error)
