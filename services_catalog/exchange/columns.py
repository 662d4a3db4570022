"""The sheets of the workbook: which column holds which field, and how values read there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services_catalog import words
from services_catalog.library import Library

YES, NO = "có", "không"


@dataclass(frozen=True)
class Column:
    """A column: its title, the field, and the value in a cell and back. A cell holds a text, a number or nothing."""

    title: str
    field: str
    to_cell: Callable[[Any], Any] = lambda value: value
    from_cell: Callable[[Any], Any] = lambda cell: text_of(cell)


@dataclass(frozen=True)
class Sheet:
    """A sheet: one row a procedure where `field` is empty, else one row for each item of that list."""

    title: str
    field: str
    columns: tuple[Column, ...]


def text_of(cell: Any) -> Any:
    """Spreadsheets make numbers of texts such as "163"."""
    return str(cell) if isinstance(cell, int) and not isinstance(cell, bool) else cell


def code_of(cell: Any) -> str:
    """The national code; a spreadsheet may have made a number of it."""
    return f"{cell:.6f}" if isinstance(cell, float) else str(cell or "").strip()


def _as_it_is(cell: Any) -> Any:
    return cell


CODE_TITLE = "Mã thủ tục"
PROCEDURES, EXEMPTIONS = "Thủ tục", "Miễn giảm"


def sheets(library: Library) -> tuple[Sheet, ...]:
    """The workbook, with names of this library in place of keys."""
    agencies, sectors = _Names(library.agency_names), _Names(library.sectors)
    channels = _Names(words.CHANNEL_NAMES)
    return (
        Sheet(PROCEDURES, "", _procedure_columns(library, agencies, sectors, channels)),
        Sheet("Giấy tờ", "documents", (
            Column("Tên giấy tờ", "name"),
            Column("Chỉ khi", "applies_to"),
            Column("Bản chính", "originals", from_cell=_as_it_is),
            Column("Bản sao", "copies", from_cell=_as_it_is),
            Column("Bắt buộc", "required", _yes_no, _bool),
            Column("Mẫu đơn", "form_file"),
            Column("Số tệp nhiều nhất", "most_files", from_cell=_as_it_is),
            Column("Chỉ nhận PDF", "only_pdf", _yes_no, _bool),
        )),
        Sheet("Thời hạn", "time_limits", (
            Column("Số", "value", from_cell=_as_it_is),
            Column("Đơn vị", "unit", *_Names(words.UNIT_NAMES).one),
            Column("Cách nộp", "channels", *channels.several),
        )),
        Sheet("Phí", "fees", (
            Column("Số tiền (đồng)", "amount_vnd", from_cell=_as_it_is),
            Column("Loại", "kind", *_Names(words.FEE_KIND_NAMES).one),
            Column("Trường hợp", "applies_to"),
            Column("Cách nộp", "channels", *channels.several),
            Column("Từ ngày", "valid_from", from_cell=_day),
            Column("Đến hết ngày", "valid_to", from_cell=_day),
        )),
        Sheet(EXEMPTIONS, "exemptions", (
            Column("Phí thứ", "fee", from_cell=_as_it_is),
            Column("Đối tượng", "who"),
            Column("Giảm (%)", "percent_off", from_cell=_as_it_is),
            Column("Căn cứ", "legal_basis"),
            Column("Giấy tờ chứng minh", "proof"),
            Column("Từ ngày", "valid_from", from_cell=_day),
            Column("Đến hết ngày", "valid_to", from_cell=_day),
        )),
        Sheet("Bước", "stages", (
            Column("Khóa", "key"),
            Column("Tên bước", "label"),
            Column("Người làm", "role", *_Names(words.STAGE_ROLE_NAMES).one),
            Column("Việc", "does", *_Names(words.STAGE_ACTION_NAMES).one),
            Column("Giờ làm việc", "hours", from_cell=_as_it_is),
            Column("Phần trăm", "share", from_cell=_as_it_is),
            Column("Cơ quan làm", "agency", *_Names(library.stage_agencies).one),
            Column("Chỉ khi", "when"),
            Column("Máy làm", "automatic", _yes_no, _bool),
            Column("Được làm thêm", "options", *_Names(words.STAGE_OPTION_NAMES).several),
        )),
    )  # fmt: skip


def _procedure_columns(library: Library, agencies: _Names, sectors: _Names, channels: _Names) -> tuple[Column, ...]:
    return (
        Column("Tên thủ tục", "name"),
        Column("Lĩnh vực", "sector", *sectors.one),
        Column("Bộ quản lý", "ministry"),
        Column("Cơ quan thực hiện", "agencies", *agencies.several),
        Column("Mức trực tuyến", "service_level", *_Names(words.LEVEL_NAMES).one),
        Column("Mức riêng của cơ quan", "levels", *_levels(agencies)),
        Column("Đối tượng", "audiences", *_Names(words.AUDIENCE_NAMES).several),
        Column("Quyết định công bố", "decision_no"),
        Column("Cách nộp", "channels", *channels.several),
        Column("Cách trả kết quả", "return_channels", *_Names(words.RETURN_NAMES).several),
        Column("Trình tự thực hiện", "steps", _joined, _split),
        Column("Yêu cầu, điều kiện", "conditions", _joined, _split),
        Column("Kết quả", "results", _joined, _split),
        Column("Căn cứ pháp lý", "legal_basis", _joined, _split),
        Column("Số bộ hồ sơ", "sets", from_cell=_as_it_is),
        Column("Đã rà soát giấy tờ", "papers_reviewed", _yes_no, _bool),
        Column("Trang trên Cổng quốc gia", "official_page"),
        Column("Tờ khai điện tử", "form"),
        Column("Tờ khai riêng (JSON)", "own_form", _to_json, _from_json),
        Column("Quy trình chung", "workflow"),
        Column("Tổng số giờ hẹn trả", "promised_hours", from_cell=_as_it_is),
        Column("Sau khi bổ sung", "after_supplement", *_Names(words.AFTER_SUPPLEMENT_NAMES).one),
        Column("Số ngày để bổ sung", "supplement_days", from_cell=_as_it_is),
        Column("Mẫu kết quả", "result_paper"),
    )


class _Names:
    """Keys as names in cells. A cell may hold either; what is neither is left for the check to refuse."""

    def __init__(self, names: Mapping[Any, str]):
        self._names = {str(key): name for key, name in names.items()}
        self._keys = {name: key for key, name in self._names.items()}

    @property
    def one(self) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
        """To a cell and back, for one value."""
        return self.name, self.key

    @property
    def several(self) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
        """To a cell and back, for a list."""

        def to_cell(keys: Any) -> str | None:
            return _joined(map(self.name, keys or ()))

        def from_cell(cell: Any) -> list[Any]:
            return [self.key(item) for item in _split(cell)]

        return to_cell, from_cell

    def name(self, key: Any) -> Any:
        """The name of a key."""
        return self._names.get(str(key), key)

    def key(self, name: Any) -> Any:
        """The key of a name."""
        return self._keys.get(name, name)


def _levels(agencies: _Names) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    levels = _Names(words.LEVEL_NAMES)

    def to_cell(value: Mapping[str, str] | None) -> str | None:
        return _joined(f"{agencies.name(key)}: {levels.name(level)}" for key, level in (value or {}).items())

    def from_cell(cell: Any) -> dict[str, str]:
        pairs = (line.rpartition(": ") for line in _split(cell))
        return {agencies.key(name): levels.key(level) for name, _, level in pairs}

    return to_cell, from_cell


def _joined(items: Any) -> str | None:
    """One item a line: items themselves have no line breaks."""
    return "\n".join(map(str, items or ())) or None


def _split(cell: Any) -> list[str]:
    return [line.strip() for line in str(cell or "").splitlines() if line.strip()]


def _to_json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _from_json(cell: Any) -> Any:
    """What is no JSON is left for the check to refuse."""
    try:
        return json.loads(cell) if isinstance(cell, str) else cell
    except ValueError:
        return cell


def _yes_no(value: Any) -> str:
    return YES if value else NO


def _bool(cell: Any) -> Any:
    return {YES: True, NO: False}.get(str(cell).strip().lower(), cell)


def _day(cell: Any) -> Any:
    """Spreadsheets turn days into instants, and people write them the Vietnamese way."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    parts = str(cell or "").split("/")
    return "-".join(part.zfill(2) for part in reversed(parts)) if len(parts) == 3 else cell
