"""What is wrong with a record, in plain Vietnamese, at the field: the same for files, imports and edits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

_SENTENCES = {
    "missing": "Chưa có mục này.",
    "extra_forbidden": "Không có mục nào tên như vậy.",
    "string_too_short": "Không được để trống.",
    "too_short": "Phải có ít nhất một mục.",
    "string_type": "Phải là chữ.",
    "int_type": "Phải là số nguyên.",
    "int_parsing": "Phải là số nguyên.",
    "int_from_float": "Phải là số nguyên.",
    "bool_parsing": "Phải là có hoặc không (true, false).",
    "bool_type": "Phải là có hoặc không (true, false).",
    "greater_than": "Phải lớn hơn {gt}.",
    "greater_than_equal": "Phải từ {ge} trở lên.",
    "less_than_equal": "Không được quá {le}.",
    "date_from_datetime_parsing": "Không phải ngày. Hãy ghi dạng 2026-01-31.",
    "date_parsing": "Không phải ngày. Hãy ghi dạng 2026-01-31.",
    "date_type": "Không phải ngày. Hãy ghi dạng 2026-01-31.",
    "enum": "Giá trị không có trong danh sách: {expected}.",
    "tuple_type": "Phải là danh sách.",
    "list_type": "Phải là danh sách.",
    "dict_type": "Phải là nhóm các mục có tên.",
    "model_type": "Phải là nhóm các mục có tên.",
    "model_attributes_type": "Phải là nhóm các mục có tên.",
    "json_invalid": "Không phải JSON.",
    "string_too_long": "Không được dài quá {max_length} ký tự.",
    "too_long": "Không được quá {max_length} mục.",
    "rule": "{sentence}",
}
# Fields that hold keys of things that exist elsewhere.
_REFERENCES = frozenset({"sector", "agencies", "levels", "form", "workflow", "result_paper"})
_PATTERNS = {
    "citizen_id": "Số định danh cá nhân gồm 12 chữ số.",
    "phone": "Số điện thoại có dạng +84912345678.",
    "code": "Mã thủ tục có dạng 1.001193.",
    "official_page": "Địa chỉ phải bắt đầu bằng https://.",
}
_INTERNAL = ("function-after", "[key]")


@dataclass(frozen=True)
class FieldMistake:
    """One thing wrong. `place` is the way to the field: names, and positions in lists from 0."""

    place: tuple[str | int, ...]
    sentence: str


def field_mistakes(error: ValidationError) -> list[FieldMistake]:
    """Everything that a validation found."""
    return [_mistake(detail) for detail in error.errors(include_url=False)]


def _mistake(detail: Any) -> FieldMistake:
    place = tuple(part for part in detail["loc"] if part not in _INTERNAL)
    facts = detail.get("ctx", {})
    if detail["type"] == "rule":
        place += (facts["field"],)
    return FieldMistake(place, _sentence(detail, place, facts))


def _sentence(detail: Any, place: tuple[str | int, ...], facts: dict[str, Any]) -> str:
    if detail["type"] == "string_pattern_mismatch":
        if place and place[0] in _REFERENCES:
            return "Giá trị này không có trong danh sách."
        name = place[-1] if place else ""
        return _PATTERNS.get(str(name), "Chỉ dùng chữ thường không dấu, số và dấu gạch nối.")
    if detail["type"] == "value_error":
        return str(facts.get("error", detail["msg"]))
    known = _SENTENCES.get(detail["type"])
    return known.format(**facts) if known else f"Giá trị không đúng ({detail['msg']})."
