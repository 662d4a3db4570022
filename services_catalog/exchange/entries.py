"""What a file says of procedures, before it is checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RowMistake:
    """One thing wrong in a file. `row` counts from 1, as spreadsheets do; 0 where it is the sheet as a whole."""

    sheet: str
    row: int
    column: str
    sentence: str

    def __str__(self) -> str:
        place = [self.sheet, f"dòng {self.row}" if self.row else "", self.column]
        return f"{', '.join(part for part in place if part)}: {self.sentence}"


class WrongFile(Exception):
    """The file cannot be taken in; `mistakes` lists everything found."""

    def __init__(self, mistakes: list[RowMistake]):
        self.mistakes = mistakes
        super().__init__("\n".join(map(str, mistakes)))


@dataclass(frozen=True)
class Entry:
    """What a file says of one procedure.

    `values` has only what the file speaks of: with `is_whole` false all other fields stay as they are.
    `rows` says where each field stands: field, or field and position in its list, to sheet and row.
    """

    code: str
    values: Mapping[str, Any]
    rows: Mapping[tuple[str | int, ...], tuple[str, int]]
    is_whole: bool = False

    def document(self, current: Mapping[str, Any] | None) -> dict[str, Any]:
        """The whole document, on top of the current one."""
        base = {} if self.is_whole else dict(current or {})
        merged = {**base, **self.values, "code": self.code}
        return {name: value for name, value in merged.items() if value not in (None, "", [], {})}

    def place_of(self, field: tuple[str | int, ...]) -> tuple[str, int]:
        """Sheet and row of a field, or of the procedure where the field has no row of its own."""
        for length in range(len(field), -1, -1):
            if found := self.rows.get(field[:length]):
                return found
        return "", 0
