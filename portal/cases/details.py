"""What each action must be told, checked before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from portal.base.errors import Invalid
from portal.cases.lifecycle import Action
from services_catalog.text import nfc_lines


@dataclass(frozen=True)
class Detail:
    """One thing an action asks for. No `options` and no `choices`: free text.

    `choices`: the name of a function in `portal.cases.choices`, where the options depend on the case.
    """

    name: str
    label: str
    missing: str
    help: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    maximum_length: int = 5000
    choices: str | None = None
    is_day: bool = False
    number: tuple[int, int] | None = None  # the least and the most
    default: str = ""
    is_optional: bool = False
    is_several: bool = False  # any number of the choices, with commas between
    only_if: tuple[str, str] | None = None  # asked for only if another detail has this value


_REASON = Detail("reason", "Lý do", "Hãy nêu lý do cụ thể: người nộp sẽ đọc nguyên văn.")
GRANTED, REFUSED = "granted", "refused"
_COMMENT = Detail(
    "comment", "Lời nhắn cho bước sau", "Hãy ghi lời nhắn.", help="Người nộp không thấy lời nhắn này.", is_optional=True
)

DETAILS: dict[Action, tuple[Detail, ...]] = {
    Action.DECLINE: (_REASON,),
    Action.REQUEST_SUPPLEMENT: (
        Detail(
            "request",
            "Cần bổ sung những gì",
            "Hãy nêu từng điểm cần bổ sung.",
            help="Nêu đủ mọi điểm trong một lần. Mỗi điểm một dòng.",
        ),
        Detail(
            "fields", "Mục của tờ khai cần sửa", "Hãy chọn mục.", choices="questions", is_optional=True, is_several=True
        ),
        Detail(
            "papers",
            "Giấy tờ cần nộp lại hoặc thêm",
            "Hãy chọn giấy tờ.",
            choices="papers",
            is_optional=True,
            is_several=True,
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
        _COMMENT,
        Detail(
            "valid_until",
            "Kết quả có hiệu lực đến hết ngày",
            "Hãy chọn một ngày.",
            is_day=True,
            is_optional=True,
            help="Để trống nếu không có thời hạn.",
        ),
    ),
    Action.ENDORSE: (_COMMENT,),
    Action.APPROVE: (_COMMENT,),
    # At the desk; who receives it online is signed in.
    Action.DELIVER: (
        Detail("receiver", "Người nhận", "Hãy ghi người nhận.", help="Để trống nếu là người nộp.", is_optional=True),
        Detail(
            "proof",
            "Giấy tờ đã đối chiếu",
            "Hãy ghi giấy tờ.",
            help="Ví dụ: căn cước.",
            is_optional=True,
        ),
    ),
    Action.SUPPLY: (Detail("note", "Lời nhắn cho cán bộ", "Hãy ghi ngắn gọn bạn đã bổ sung những gì."),),
    Action.REQUEST_PAYMENT: (
        *(
            Detail(kind, f"{label} (đồng)", "Hãy ghi số tiền, chỉ gồm chữ số.", number=(0, 10**12), is_optional=True)
            for kind, label in (("charge", "Lệ phí"), ("fee", "Phí"), ("postage", "Cước bưu chính"))
        ),
        Detail("request", "Nội dung phải nộp và cách nộp", "Hãy nêu khoản phải nộp, căn cứ và cách nộp."),
    ),
    Action.CONFIRM_PAYMENT: (Detail("note", "Chứng từ", "Hãy ghi số chứng từ hoặc mã giao dịch để đối chiếu."),),
    Action.RECALL_REQUEST: (Detail("reason", "Lý do thu hồi yêu cầu", "Hãy nêu lý do: người nộp sẽ đọc nguyên văn."),),
    Action.ASSIGN: (Detail("officer", "Giao cho", "Hãy chọn người thụ lý.", choices="officers"),),
    Action.CONSULT: (
        Detail("agency", "Cơ quan được hỏi", "Hãy chọn cơ quan.", choices="agencies"),
        Detail("agency_2", "Hỏi song song cơ quan thứ hai", "Hãy chọn cơ quan.", choices="agencies", is_optional=True),
        Detail("agency_3", "Hỏi song song cơ quan thứ ba", "Hãy chọn cơ quan.", choices="agencies", is_optional=True),
        Detail("question", "Nội dung xin ý kiến", "Hãy nêu rõ cần ý kiến về việc gì."),
        Detail(
            "days",
            "Trả lời trong (ngày làm việc)",
            "Hãy ghi số ngày làm việc, từ 1 đến 30.",
            number=(1, 30),
            default="3",
        ),
    ),
    Action.GIVE_OPINION: (
        Detail("agency", "Trả lời thay mặt", "Hãy chọn cơ quan của bạn.", choices="asked_here"),
        Detail(
            "opinion",
            "Ý kiến",
            "Hãy chọn đồng ý hoặc không đồng ý.",
            options=(("agree", "Đồng ý"), ("disagree", "Không đồng ý")),
        ),
        Detail("answer", "Nội dung trả lời", "Hãy ghi nội dung trả lời."),
    ),
    Action.CLOSE_OPINION: (
        Detail("agency", "Không chờ cơ quan nào nữa", "Hãy chọn cơ quan.", choices="asked"),
        Detail("reason", "Lý do", "Hãy nêu lý do không chờ."),
    ),
    Action.REFER: (
        Detail(
            "procedure",
            "Mã thủ tục liên thông",
            "Hãy ghi mã thủ tục, ví dụ 1.004222.",
            help="Tra mã ở mục Thủ tục, ví dụ 1.004222.",
        ),
        Detail("agency", "Cơ quan giải quyết", "Hãy chọn cơ quan.", choices="other_agencies"),
        Detail("note", "Đề nghị cơ quan đó làm gì", "Hãy nêu rõ đề nghị."),
    ),
    Action.NOTE_CHILD: (
        Detail("child", "Hồ sơ liên thông", "Thiếu mã hồ sơ."),
        Detail("outcome", "Kết quả", "Thiếu kết quả."),
    ),
    Action.SEND_BACK: (
        Detail("to", "Trả lại bước", "Hãy chọn bước.", choices="earlier_stages", is_optional=True),
        Detail("reason", "Lý do trả lại", "Hãy nêu lý do để bước trước biết phải sửa gì."),
    ),
    Action.RESCHEDULE: (
        Detail("new_day", "Hẹn lại ngày", "Hãy chọn ngày hẹn lại.", help="Chỉ hẹn lại được một lần.", is_day=True),
        Detail("reason", "Lý do chậm", "Hãy nêu lý do: người nộp sẽ đọc nguyên văn."),
    ),
    Action.PETITION: (
        Detail("petition", "Đề nghị", "Hãy chọn điều cần đề nghị.", choices="petitions"),
        Detail(
            "request",
            "Nội dung cần bổ sung, hoặc lý do phải hẹn lại",
            "Hãy nêu rõ để lãnh đạo phòng quyết định.",
            help="Lãnh đạo phòng sửa được trước khi gửi người nộp.",
        ),
        Detail("new_day", "Nếu hẹn lại: đến ngày", "Hãy chọn ngày.", is_day=True, only_if=("petition", "reschedule")),
    ),
    Action.REFUSE_PETITION: (Detail("reason", "Lý do không đồng ý", "Hãy nêu lý do để người đề nghị biết."),),
    Action.DISCONTINUE: (_REASON,),
    Action.WITHDRAW: (Detail("reason", "Lý do rút hồ sơ", "Hãy cho biết lý do rút hồ sơ."),),
}


def asks_something(action: Action) -> bool:
    """True if the action cannot be done without being told something."""
    return any(not detail.is_optional for detail in DETAILS.get(action, ()))


def check_details(
    action: Action, given: Mapping[str, str], choices: Mapping[str, Collection[str]] | None = None
) -> dict[str, str]:
    """The details of `action`, cleaned. Raises `Invalid` with a sentence for each that is missing or wrong.

    `choices`: the values allowed for the details that have `Detail.choices`, by the detail's name.
    """
    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    for detail in DETAILS.get(action, ()):
        value = nfc_lines(given.get(detail.name) or "")
        if not value and _may_be_empty(detail, values):
            values[detail.name] = ""
        elif not _answers(detail, value, (choices or {}).get(detail.name)):
            errors[detail.name] = detail.missing
        elif len(value) > detail.maximum_length:
            errors[detail.name] = f"Nội dung dài quá {detail.maximum_length} ký tự. Hãy viết ngắn lại."
        else:
            values[detail.name] = value
    if errors:
        raise Invalid(errors)
    return values


def _may_be_empty(detail: Detail, values: Mapping[str, str]) -> bool:
    return detail.is_optional or bool(detail.only_if and values.get(detail.only_if[0]) != detail.only_if[1])


def _answers(detail: Detail, value: str, choices: Collection[str] | None) -> bool:
    """True if the value is there and of the kind that is asked."""
    if detail.options:
        return value in dict(detail.options)
    if choices is not None:
        return set(value.split(",") if detail.is_several else [value]) <= set(choices)
    if detail.number:
        least, most = detail.number
        return value.isascii() and value.isdecimal() and len(value) <= 15 and least <= int(value) <= most
    return _is_day(value) if detail.is_day else bool(value)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
