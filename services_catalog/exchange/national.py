"""Tables exported by the national database of procedures. Which column is which field is data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services_catalog.exchange.columns import code_of, text_of
from services_catalog.exchange.entries import Entry, RowMistake, WrongFile
from services_catalog.exchange.workbook import open_tables, titles_and_rows
from services_catalog.library import Library
from services_catalog.record import Record
from services_catalog.text import fold

_LISTS = frozenset({"agencies", "audiences", "channels", "steps", "conditions", "results", "legal_basis"})
_BREAKS = {"steps": r"\n", "conditions": r"\n"}  # sentences, which have semicolons of their own
# A title row may stand below the heading of the report.
_SEARCHED = 12


class NationalColumns(Record):
    """Titles by field, titles that are known and not used, and words in cells by field."""

    columns: dict[str, tuple[str, ...]]
    ignored: tuple[str, ...] = ()
    values: dict[str, dict[str, str]] = {}

    def field_of(self, title: str) -> str | None:
        """The field that a column holds."""
        plain = fold(title)
        return next((field for field, titles in self.columns.items() if plain in map(fold, titles)), None)


def read(content: bytes, library: Library, mapping: NationalColumns) -> list[Entry]:
    """What the first sheet says; fields that it does not speak of stay as they are. Raises `WrongFile`.

    Agencies are taken for new procedures only where they are known by name: the national table names kinds of
    agency, and the province says which of its own handles a procedure.
    """
    title, rows = next(iter(open_tables(content).items()), ("", []))
    start = _title_row(rows, mapping)
    if start is None:
        raise WrongFile([RowMistake(title, 0, "", "Không thấy hàng tiêu đề có cột mã và tên thủ tục.")])
    titles, filled = titles_and_rows(rows[start:])
    mistakes = [
        RowMistake(title, start + 1, name, "Không rõ cột này là gì. Thêm tên cột vào national-columns.yml.")
        for name in titles
        if name and mapping.field_of(name) is None and fold(name) not in map(fold, mapping.ignored)
    ]
    entries: dict[str, Entry] = {}
    words = _Words(library, mapping)
    for number, row in filled:
        place, cells = (title, start + number), _cells(titles, row, mapping)
        code = code_of(cells.pop("code", ""))[:8]
        if code in entries:
            mistakes.append(RowMistake(*place, "code", f"Mã {code} có hai lần."))
        entries[code] = Entry(code, words.values(cells), {(): place})
    if mistakes:
        raise WrongFile(mistakes)
    return list(entries.values())


def _title_row(rows: Sequence[Sequence[Any]], mapping: NationalColumns) -> int | None:
    for number, row in enumerate(rows[:_SEARCHED]):
        if {"code", "name"} <= {mapping.field_of(str(cell or "")) for cell in row}:
            return number
    return None


def _cells(titles: Sequence[str], row: Sequence[Any], mapping: NationalColumns) -> dict[str, Any]:
    pairs = ((mapping.field_of(title), cell) for title, cell in zip(titles, row, strict=False) if title)
    return {field: cell for field, cell in pairs if field and cell not in (None, "")}


class _Words:
    """Words of cells as keys."""

    def __init__(self, library: Library, mapping: NationalColumns):
        self._keys = {
            **{field: _folded(pairs.items()) for field, pairs in mapping.values.items()},
            "sector": _folded((name, key) for key, name in library.sectors.items()),
        }
        self._keys["agencies"] = {
            **_folded((name, key) for key, name in library.agency_names.items()),
            **self._keys.get("agencies", {}),
        }

    def values(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of one row. Agencies that nobody here knows are left out."""
        found = {field: self._value(field, cell) for field, cell in cells.items()}
        known = [key for key in found.get("agencies", []) if key in self._keys["agencies"].values()]
        found.pop("agencies", None)
        return {**found, "agencies": known} if known else found

    def _value(self, field: str, cell: Any) -> Any:
        if field not in _LISTS:
            return self._key(field, text_of(cell))
        parts = re.split(_BREAKS.get(field, r"[;\n]"), str(cell))
        return list(dict.fromkeys(self._key(field, part.strip()) for part in parts if part.strip()))

    def _key(self, field: str, text: Any) -> Any:
        return self._keys.get(field, {}).get(fold(str(text)), text)


def _folded(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {fold(name): key for name, key in pairs}
