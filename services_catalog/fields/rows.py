"""Tables: any number of rows of the same questions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from services_catalog.conditions import holds
from services_catalog.fields.kind import FieldErrors, Input, Kind, Typed, in_sentence, part
from services_catalog.form import PART, FormField

MOST_ROWS = 50
# The input that says how many rows the page shows, also where they are empty.
_COUNT = "rows"


class Rows(Kind):
    """Repeating rows, such as the members of a family. Kept as a list of {question: value}; empty rows are dropped.

    The input of a question in row 2 is named "members__2__name".
    """

    label = "Bảng nhiều dòng"
    widget = "rows"

    def __init__(self, kinds: Mapping[str, Kind]):
        self._kinds = kinds

    def inputs(self, field: FormField, typed: Typed) -> tuple[Input, ...]:
        found = [Input(part(field, _COUNT), "", "hidden", required=False)]
        for number in range(self.count(field, typed)):
            found += self.row_inputs(field, number, typed)
        return tuple(found)

    def row_inputs(self, field: FormField, number: int, typed: Typed) -> list[Input]:
        """The inputs of one row."""
        return [i for child in in_row(field, number) for i in self._kinds[child.kind].inputs(child, typed)]

    def count(self, field: FormField, typed: Typed) -> int:
        """How many rows the page shows: one at least, none that was filled in is hidden."""
        said = typed.get(part(field, _COUNT)) or ""
        wanted = int(said) if re.fullmatch(r"\d{1,3}", said) else field.minimum or 1
        return min(MOST_ROWS, max(wanted, self._filled(field, typed), 1))

    def read(self, field: FormField, typed: Typed, today: date) -> Any:
        kept: list[dict[str, Any]] = []
        errors: dict[str, str] = {}
        for number in range(self._filled(field, typed)):
            children = in_row(field, number)
            if any(_is_typed(typed, child) for child in children):
                kept.append(self._row(field, children, typed, today, errors))
        if errors:
            raise FieldErrors(errors)
        self._check_number(field, kept, typed)
        return kept or None

    def change(self, field: FormField, typed: Typed, what: str, number: int = -1) -> dict[str, str]:
        """`typed` with a row more ("add") or without row `number` ("remove")."""
        count = self.count(field, typed)
        rest = {name: text for name, text in typed.items() if not name.startswith(field.name + PART)}
        rows = [self._texts(field, typed, row) for row in range(count)]
        if what == "add":
            rows.append({})
        elif 0 <= number < count:
            rows.pop(number)
        for position, row in enumerate(rows[:MOST_ROWS]):
            rest |= {part(field, f"{position}{PART}{name}"): text for name, text in row.items()}
        return rest | {part(field, _COUNT): str(max(1, min(len(rows), MOST_ROWS)))}

    def typed(self, field: FormField, value: Any) -> dict[str, str]:
        found = {part(field, _COUNT): str(len(value))}
        for number, row in enumerate(value):
            for child, original in zip(in_row(field, number), field.fields, strict=True):
                if original.name in row:
                    found |= self._kinds[child.kind].typed(child, row[original.name])
        return found

    def show(self, value: Any, field: FormField) -> str:
        lines = []
        for number, row in enumerate(value, 1):
            given = [child for child in field.fields if row.get(child.name) not in (None, "")]
            said = "; ".join(f"{c.label}: {self._kinds[c.kind].show(row[c.name], c)}" for c in given)
            lines.append(f"{number}. {said}")
        return "\n".join(lines)

    def _row(
        self, field: FormField, children: list[FormField], typed: Typed, today: date, errors: dict[str, str]
    ) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for child, original in zip(children, field.fields, strict=True):
            if not holds(original.when, row):
                continue
            try:
                value = self._kinds[child.kind].read(child, typed, today)
            except FieldErrors as found:
                errors.update(found.errors)
            else:
                if value is not None:
                    row[original.name] = value
        return row

    def _check_number(self, field: FormField, kept: list[dict[str, Any]], typed: Typed) -> None:
        least = max(field.minimum or 0, 1 if field.required else 0)
        if len(kept) < least:
            first = self.row_inputs(field, len(kept), typed)[0].name
            raise FieldErrors({first: f"Hãy điền {in_sentence(field.label)}: ít nhất {least} dòng."})
        if field.maximum is not None and len(kept) > field.maximum:
            first = self.row_inputs(field, field.maximum, typed)[0].name
            raise FieldErrors({first: f"{field.label}: nhiều nhất {field.maximum} dòng. Hãy bỏ bớt."})

    @staticmethod
    def _filled(field: FormField, typed: Typed) -> int:
        """One more than the number of the last row in which something was typed."""
        pattern = re.compile(rf"{re.escape(field.name)}{PART}(\d{{1,3}}){PART}")
        found = (pattern.match(name) for name, text in typed.items() if text and text.strip())
        return min(MOST_ROWS, max((int(match[1]) + 1 for match in found if match), default=0))

    @staticmethod
    def _texts(field: FormField, typed: Typed, number: int) -> dict[str, str]:
        start = part(field, f"{number}{PART}")
        return {name.removeprefix(start): text for name, text in typed.items() if name.startswith(start)}


def in_row(field: FormField, number: int) -> list[FormField]:
    """The questions of row `number`, named as their inputs are."""
    return [c.model_copy(update={"name": part(field, f"{number}{PART}{c.name}")}) for c in field.fields]


def _is_typed(typed: Typed, child: FormField) -> bool:
    """True if something other than the default stands in an input of the question."""
    texts = [text for name, text in typed.items() if name == child.name or name.startswith(child.name + PART)]
    return any(text and text.strip() and text != child.default for text in texts)
