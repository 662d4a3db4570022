"""The catalogue as an XLSX workbook: a sheet of procedures, and one for each list that they have."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font

from services_catalog.exchange.columns import CODE_TITLE, EXEMPTIONS, PROCEDURES, Sheet, code_of, sheets
from services_catalog.exchange.entries import Entry, RowMistake, WrongFile
from services_catalog.library import Library
from services_catalog.model import Procedure

_FEES = "Phí"
LONGEST_CELL = 32_767  # what spreadsheets hold
_LARGEST_UNPACKED = 60 * 1024 * 1024
_MOST_ROWS, _MOST_COLUMNS = 60_000, 60


@dataclass(frozen=True)
class Line:
    """A row of a sheet: its number, the procedure it belongs to, and the fields it fills."""

    number: int
    code: str
    values: dict[str, Any]


def write(procedures: Iterable[Procedure], library: Library) -> bytes:
    """The workbook. Raises `WrongFile` where a text is too long for a cell: JSON Lines has no such limit."""
    documents = [procedure.model_dump(mode="json") for procedure in procedures]
    # All cells first: a workbook that breaks off half written cannot be closed.
    pages = [(sheet, list(_rows(sheet, documents))) for sheet in sheets(library)]
    book = Workbook(write_only=True)
    for sheet, rows in pages:
        _write_sheet(book, sheet, rows)
    _write_keys(book, library)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def read(content: bytes, library: Library) -> list[Entry]:
    """What the workbook says. A sheet or column that is absent leaves its field as it is. Raises `WrongFile`."""
    pages = open_tables(content)
    mistakes: list[RowMistake] = []
    tables = {s.title: (s, _table(s, pages[s.title], mistakes)) for s in sheets(library) if s.title in pages}
    if PROCEDURES not in tables:
        mistakes.append(RowMistake(PROCEDURES, 0, "", f"Tệp không có trang “{PROCEDURES}”."))
    if _FEES in tables and EXEMPTIONS not in tables:
        mistakes.append(RowMistake(EXEMPTIONS, 0, "", f"Có trang “{_FEES}” thì phải có trang “{EXEMPTIONS}”."))
    if mistakes:
        raise WrongFile(mistakes)
    gathering = _Gathering()
    for sheet, lines in tables.values():
        if sheet.field:
            gathering.items(sheet, lines)
        else:
            gathering.procedures(lines)
    if gathering.mistakes:
        raise WrongFile(gathering.mistakes)
    return gathering.entries


def open_tables(content: bytes) -> dict[str, list[list[Any]]]:
    """The cells of each sheet by its title. Raises `WrongFile` for what is not a workbook, or is too large."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > _LARGEST_UNPACKED:
                raise WrongFile([RowMistake("", 0, "", "Tệp quá lớn khi giải nén.")])
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        return {sheet.title: _cells_of(sheet) for sheet in book.worksheets}
    except WrongFile:
        raise
    except Exception as error:  # a file from elsewhere may break the reader in any way
        raise WrongFile([RowMistake("", 0, "", "Tệp hỏng, có mật khẩu hoặc không phải XLSX.")]) from error


def _cells_of(sheet: Any) -> list[list[Any]]:
    # What the file says of its own size is not to be trusted, either way.
    sheet.reset_dimensions()
    rows = []
    for row in sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=True):
        rows.append(list(row))
        if len(rows) > _MOST_ROWS:
            sentence = f"Trang có hơn {_MOST_ROWS} dòng."
            raise WrongFile([RowMistake(sheet.title, 0, "", sentence)])
    return rows


def titles_and_rows(rows: Sequence[Sequence[Any]]) -> tuple[list[str], Iterator[tuple[int, Sequence[Any]]]]:
    """The titles of the first row, and the rows below that are not empty with their numbers."""
    titles = [str(title or "").strip() for title in (rows[0] if rows else ())]
    filled = ((number, row) for number, row in enumerate(rows[1:], 2) if any(cell not in (None, "") for cell in row))
    return titles, filled


def _items(sheet: Sheet, documents: list[dict[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for document in documents:
        if not sheet.field:
            yield document["code"], document
        elif sheet.title == EXEMPTIONS:
            for number, fee in enumerate(document["fees"], 1):
                yield from ((document["code"], {**exemption, "fee": number}) for exemption in fee["exemptions"])
        else:
            yield from ((document["code"], item) for item in document[sheet.field])


def _rows(sheet: Sheet, documents: list[dict[str, Any]]) -> Iterator[list[Any]]:
    for number, (code, item) in enumerate(_items(sheet, documents), 2):
        yield list(_values(sheet, number, code, item))


def _write_sheet(book: Workbook, sheet: Sheet, rows: Iterable[list[Any]]) -> None:
    page = book.create_sheet(sheet.title)
    page.freeze_panes = "B2"
    for letter, width in zip("ABCDEFGH", (13, 60, 24, 24, 30, 24, 24, 24), strict=True):
        page.column_dimensions[letter].width = width
    page.append([_title(page, CODE_TITLE), *(_title(page, column.title) for column in sheet.columns)])
    for row in rows:
        page.append([_cell(page, value) for value in row])


def _values(sheet: Sheet, number: int, code: str, item: Mapping[str, Any]) -> Iterator[Any]:
    yield code
    for column in sheet.columns:
        value = column.to_cell(item.get(column.field))
        if isinstance(value, str) and len(value) > LONGEST_CELL:
            sentence = "Nội dung quá dài cho một ô: dùng JSON Lines."
            raise WrongFile([RowMistake(sheet.title, number, column.title, sentence)])
        yield value


def _write_keys(book: Workbook, library: Library) -> None:
    """A sheet to look up what may stand in columns that hold keys."""
    page = book.create_sheet("Khóa")
    page.append([_title(page, "Mục"), _title(page, "Khóa"), _title(page, "Tên")])
    for title, names in (
        ("Tờ khai điện tử", library.form_titles),
        ("Quy trình chung", {key: workflow.title for key, workflow in library.workflows.items()}),
        ("Mẫu kết quả", library.papers),
        ("Cơ quan", library.agency_names),
    ):
        for key, name in names.items():
            page.append([title, key, name])


def _title(page: Any, text: str) -> Any:
    cell = WriteOnlyCell(page, text)
    cell.font = Font(bold=True)
    return cell


def _cell(page: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(page, value)
    cell.data_type = "s"  # text stays text: "=1+1" is no formula, "1.000123" no number
    if "\n" in value:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _table(sheet: Sheet, rows: list[list[Any]], mistakes: list[RowMistake]) -> list[Line]:
    titles, filled = titles_and_rows(rows)
    wrong = list(_wrong_titles(sheet, titles))
    mistakes += wrong
    if wrong:
        return []
    known = [column for column in sheet.columns if column.title in titles]
    lines = []
    for number, row in filled:
        cells = dict(zip(titles, row, strict=False))
        code = code_of(cells.get(CODE_TITLE))
        if not code:
            mistakes.append(RowMistake(sheet.title, number, CODE_TITLE, "Chưa có mã thủ tục."))
        lines.append(Line(number, code, {column.field: column.from_cell(cells.get(column.title)) for column in known}))
    return lines


def _wrong_titles(sheet: Sheet, titles: list[str]) -> Iterator[RowMistake]:
    """Unknown and double columns; and missing ones, which only the sheet of procedures may have."""
    known = [CODE_TITLE, *(column.title for column in sheet.columns)]
    needed = known if sheet.field else [CODE_TITLE]
    yield from (RowMistake(sheet.title, 1, title, "Thiếu cột này.") for title in needed if title not in titles)
    for title in dict.fromkeys(filter(None, titles)):
        if title not in known:
            yield RowMistake(sheet.title, 1, title, "Không có cột tên như vậy.")
        if titles.count(title) > 1:
            yield RowMistake(sheet.title, 1, title, "Cột này có hai lần.")


class _Gathering:
    """Puts the lines of all sheets together, procedure by procedure."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, Any]] = {}
        self.rows: dict[str, dict[tuple[str | int, ...], tuple[str, int]]] = {}
        self.mistakes: list[RowMistake] = []

    def procedures(self, lines: list[Line]) -> None:
        """The lines of the sheet of procedures."""
        for line in lines:
            if line.code in self.values:
                self.mistakes.append(RowMistake(PROCEDURES, line.number, CODE_TITLE, f"Mã {line.code} có hai lần."))
            self.values[line.code] = dict(line.values)
            self.rows[line.code] = {(): (PROCEDURES, line.number)}

    def items(self, sheet: Sheet, lines: list[Line]) -> None:
        """The lines of the sheet of one list: together they are the whole list of each procedure."""
        if sheet.title != EXEMPTIONS:
            for values in self.values.values():
                values[sheet.field] = []
        for line in lines:
            item = {name: value for name, value in line.values.items() if value not in (None, "", [])}
            if line.code not in self.values:
                sentence = f"Mã {line.code} không có ở trang “{PROCEDURES}”."
                self.mistakes.append(RowMistake(sheet.title, line.number, CODE_TITLE, sentence))
            elif sheet.title == EXEMPTIONS:
                self._exemption(line, item)
            else:
                listed = self.values[line.code][sheet.field]
                self.rows[line.code][sheet.field, len(listed)] = (sheet.title, line.number)
                listed.append(item)

    def _exemption(self, line: Line, item: dict[str, Any]) -> None:
        fees, number = self.values[line.code].get("fees", []), item.pop("fee", None)
        if isinstance(number, int) and 1 <= number <= len(fees):
            fees[number - 1].setdefault("exemptions", []).append(item)
        else:
            sentence = "Phải là số thứ tự của một dòng phí cùng thủ tục."
            self.mistakes.append(RowMistake(EXEMPTIONS, line.number, "Phí thứ", sentence))

    @property
    def entries(self) -> list[Entry]:
        """What was gathered."""
        return [Entry(code, values, self.rows[code]) for code, values in self.values.items()]
