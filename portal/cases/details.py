"""What each action must be told, checked before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from portal.base.errors import Invalid
from portal.cases.lifecycle import Action
from services_catalog.text import nfc_lines


@dataclass(frozen=True)
class Detail:
    """One thing an action asks for. `options` empty: free text."""

    name: str
    label: str
    missing: str
    help: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    maximum_length: int = 5000
    is_day: bool = False
    only_if: tuple[str, str] | None = None  # asked for only if another detail has this value


_REASON = Detail("reason", "Lý do", "Hãy nêu lý do cụ thể: người nộp sẽ đọc nguyên văn.")
GRANTED, REFUSED = "granted", "refused"

DETAILS: dict[Action, tuple[Detail, ...]] = {
    Action.DECLINE: (_REASON,),
    Action.REQUEST_SUPPLEMENT: (
        Detail(
            "request",
            "Cần bổ sung những gì",
            "Hãy nêu từng điểm cần bổ sung.",
            help="Nêu đủ mọi điểm trong một lần. Mỗi điểm một dòng.",
        ),
    ),
    Action.PROPOSE: (
        Detail(
            "outcome",
            "Đề xuất",
            "Hãy chọn đồng ý hoặc không đồng ý.",
            options=((GRANTED, "Đồng ý giải quyết"), (REFUSED, "Không đồng ý (trả lời bằng văn bản)")),
        ),
        Detail(
            "decision",
            "Nội dung kết quả, hoặc lý do không giải quyết",
            "Hãy nêu lý do không giải quyết: người nộp sẽ đọc nguyên văn.",
            help="In nguyên văn trên giấy kết quả. Đồng ý mà không có gì thêm thì để trống.",
            only_if=("outcome", REFUSED),
        ),
    ),
    Action.SUPPLY: (Detail("note", "Bạn đã bổ sung những gì", "Hãy ghi ngắn gọn bạn đã bổ sung những gì."),),
    Action.SEND_BACK: (Detail("reason", "Lý do trả lại", "Hãy nêu lý do để bước trước biết phải sửa gì."),),
    Action.RESCHEDULE: (
        Detail("new_day", "Hẹn lại ngày", "Hãy chọn ngày hẹn lại.", help="Chỉ hẹn lại được một lần.", is_day=True),
        Detail("reason", "Lý do chậm", "Hãy nêu lý do: người nộp sẽ đọc nguyên văn."),
    ),
    Action.DISCONTINUE: (_REASON,),
    Action.WITHDRAW: (Detail("reason", "Lý do rút hồ sơ", "Hãy cho biết lý do rút hồ sơ."),),
}


def check_details(action: Action, given: Mapping[str, str]) -> dict[str, str]:
    """The details of `action`, cleaned. Raises `Invalid` with a sentence for each that is missing or wrong."""
    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    for detail in DETAILS.get(action, ()):
        value = nfc_lines(given.get(detail.name) or "")
        if not value and detail.only_if and values.get(detail.only_if[0]) != detail.only_if[1]:
            values[detail.name] = ""
        elif not _answers(detail, value):
            errors[detail.name] = detail.missing
        elif len(value) > detail.maximum_length:
            errors[detail.name] = f"Nội dung dài quá {detail.maximum_length} ký tự. Hãy viết ngắn lại."
        else:
            values[detail.name] = value
    if errors:
        raise Invalid(errors)
    return values


def _answers(detail: Detail, value: str) -> bool:
    """True if the value is there and of the kind that is asked."""
    if detail.options:
        return value in dict(detail.options)
    return _is_day(value) if detail.is_day else bool(value)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
