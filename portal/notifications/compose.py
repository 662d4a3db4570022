"""The words of notices: short, plain, and without names or numbers of persons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from portal.base.clock import local
from portal.base.words import when
from services_catalog.words import money


@dataclass(frozen=True)
class CaseFacts:
    """What notices may say of a case, and whom they go to."""

    case_id: int
    reference: str
    procedure: str
    phone: str | None
    applicant_id: int | None
    acceptance_due_at: datetime
    due_at: datetime | None
    is_granted: bool | None
    amount_due: int | None = None
    supplement_due_at: datetime | None = None
    email: str | None = None


def _submitted(facts: CaseFacts) -> str:
    return f"đã được gửi. Bộ phận một cửa sẽ trả lời trước {when(facts.acceptance_due_at)}."


def _accepted(facts: CaseFacts) -> str:
    if facts.due_at is None:
        return "đã được tiếp nhận."
    return f"đã được tiếp nhận, dự kiến trả kết quả {when(facts.due_at)}."


def _supplemented(facts: CaseFacts) -> str:
    if facts.due_at is not None:
        return f"đã nhận phần bổ sung, dự kiến trả kết quả {when(facts.due_at)}."
    return "đã nhận phần bổ sung."


def _payment_requested(facts: CaseFacts) -> str:
    amount = f" {money(facts.amount_due)}" if facts.amount_due else " tiền"
    return f"cần nộp{amount}. Hãy vào cổng dịch vụ công để xem nội dung và cách nộp."


def _payment_confirmed(facts: CaseFacts) -> str:
    until = f", dự kiến trả kết quả {when(facts.due_at)}" if facts.due_at else ""
    return f"đã được xác nhận nộp tiền{until}."


def _clock_shifted(facts: CaseFacts) -> str:
    if facts.supplement_due_at is not None:
        return f"được dời hạn bổ sung của bạn đến {when(facts.supplement_due_at)}. Lý do có trên cổng dịch vụ công."
    if facts.due_at is None:
        return f"được dời thời hạn trả lời đến {when(facts.acceptance_due_at)}. Lý do có trên cổng dịch vụ công."
    return f"được dời ngày hẹn trả kết quả đến {when(facts.due_at)}. Lý do có trên cổng dịch vụ công."


def _rescheduled(facts: CaseFacts) -> str:
    until = f" Hẹn lại {when(facts.due_at)}." if facts.due_at else ""
    return f"chưa xong đúng hẹn, chúng tôi xin lỗi.{until} Lý do có trên cổng dịch vụ công."


def _finished(facts: CaseFacts) -> str:
    if facts.is_granted is False:
        return "không được giải quyết theo đề nghị. Hãy vào cổng dịch vụ công để xem lý do."
    return "đã có kết quả. Hãy vào cổng dịch vụ công để tải về."


_TEXTS: dict[str, Callable[[CaseFacts], str]] = {
    "case.submitted": _submitted,
    "case.accepted": _accepted,
    "case.declined": lambda facts: "không được tiếp nhận. Hãy vào cổng dịch vụ công để xem lý do.",
    "case.supplement_requested": lambda facts: "cần bổ sung. Hãy vào cổng dịch vụ công để xem cần thêm những gì.",
    "case.supplemented": _supplemented,
    "case.payment_requested": _payment_requested,
    "case.payment_confirmed": _payment_confirmed,
    "case.request_recalled": lambda facts: "không cần làm theo yêu cầu vừa gửi nữa, cơ quan xử lý tiếp.",
    "case.clock_shifted": _clock_shifted,
    "case.finished": _finished,
    "case.reminded": lambda facts: "đã có kết quả mà bạn chưa nhận. Hãy vào cổng dịch vụ công để tải về.",
    "case.rescheduled": _rescheduled,
    "case.money_received": lambda facts: "đã nhận được tiền bạn nộp. Biên lai có trên cổng dịch vụ công.",
    "case.transfer_not_found": lambda facts: (
        "chưa thấy tiền bạn báo đã chuyển. Hãy vào cổng dịch vụ công để xem lý do."
    ),
    "case.refunded": lambda facts: "đã hoàn tiền cho bạn. Chi tiết có trên cổng dịch vụ công.",
    "case.paper_ended": lambda facts: "có kết quả không còn hiệu lực. Hãy vào cổng dịch vụ công để xem lý do.",
    "case.answered": lambda facts: "có câu trả lời mới của cán bộ. Hãy vào cổng dịch vụ công để đọc.",
    "case.discontinued": lambda facts: "đã dừng xử lý. Hãy vào cổng dịch vụ công để xem lý do.",
    "case.withdrawn": lambda facts: "đã được rút theo đề nghị của bạn.",
}


# A few words for what has happened: the subject of an e-mail, the status on a Zalo template (at most 30 letters).
TITLES = {
    "case.submitted": ("Đã gửi", "Received"),
    "case.accepted": ("Đã tiếp nhận", "Accepted"),
    "case.declined": ("Không được tiếp nhận", "Not accepted"),
    "case.supplement_requested": ("Cần bổ sung", "More is needed"),
    "case.supplemented": ("Đã nhận bổ sung", "Supplement received"),
    "case.payment_requested": ("Cần nộp tiền", "Payment is due"),
    "case.payment_confirmed": ("Đã xác nhận nộp tiền", "Payment confirmed"),
    "case.request_recalled": ("Thu hồi yêu cầu", "Request withdrawn"),
    "case.clock_shifted": ("Dời thời hạn", "New date"),
    "case.finished": ("Đã có kết quả", "Result is ready"),
    "case.reminded": ("Nhắc nhận kết quả", "Result not fetched yet"),
    "case.rescheduled": ("Xin lỗi và hẹn lại", "Delayed, our apologies"),
    "case.answered": ("Có câu trả lời", "New answer"),
    "case.money_received": ("Đã nhận tiền", "Payment received"),
    "case.transfer_not_found": ("Chưa thấy tiền chuyển khoản", "Transfer not found"),
    "case.refunded": ("Đã hoàn tiền", "Refunded"),
    "case.paper_ended": ("Kết quả hết hiệu lực", "Result no longer in force"),
    "case.discontinued": ("Đã dừng xử lý", "Discontinued"),
    "case.withdrawn": ("Đã rút", "Withdrawn"),
}
_ENGLISH: dict[str, Callable[[CaseFacts], str]] = {
    "case.submitted": lambda f: f"has been sent. The office answers by {_by(f.acceptance_due_at)}.",
    "case.accepted": lambda f: f"has been accepted{_expected(f)}.",
    "case.declined": lambda f: "was not accepted. See the portal for the reason.",
    "case.supplement_requested": lambda f: "needs something more from you. See the portal for what it is.",
    "case.supplemented": lambda f: f"has your supplement{_expected(f)}.",
    "case.payment_requested": lambda f: "awaits your payment. See the portal for what and how to pay.",
    "case.payment_confirmed": lambda f: f"has your payment{_expected(f)}.",
    "case.request_recalled": lambda f: "needs nothing more from you: the request was withdrawn.",
    "case.clock_shifted": lambda f: f"has a new date{_expected(f)}. See the portal for the reason.",
    "case.finished": lambda f: "is finished. See the portal for the result.",
    "case.reminded": lambda f: "is finished and its result was not fetched yet. See the portal.",
    "case.rescheduled": lambda f: f"is delayed, and we apologise{_expected(f)}. See the portal for the reason.",
    "case.money_received": lambda f: "has your payment. See the portal for the receipt.",
    "case.transfer_not_found": lambda f: "lacks the transfer that you reported. See the portal for the reason.",
    "case.refunded": lambda f: "has a refund for you. See the portal.",
    "case.paper_ended": lambda f: "has a result that is no longer in force. See the portal for the reason.",
    "case.answered": lambda f: "has a new answer from the office. See the portal.",
    "case.discontinued": lambda f: "was discontinued. See the portal for the reason.",
    "case.withdrawn": lambda f: "was withdrawn as you asked.",
}
# What texts may say, and what each stands for: shown to whoever writes templates.
PLACEHOLDERS = {
    "reference": "Mã hồ sơ",
    "procedure": "Tên thủ tục",
    "title": "Việc vừa xảy ra, vài chữ",
    "status": "Câu báo tin đầy đủ",
    "due": "Hạn trả kết quả",
    "amount": "Số tiền phải nộp",
    "link": "Địa chỉ trang của hồ sơ",
}


def _by(instant: datetime) -> str:
    return f"{local(instant):%H:%M on %d/%m/%Y}"


def _expected(facts: CaseFacts) -> str:
    return f", the result is expected by {_by(facts.due_at)}" if facts.due_at else ""


def told_events() -> frozenset[str]:
    """The events that the applicant is told of."""
    return frozenset(_TEXTS)


def text_of(event: str, facts: CaseFacts) -> str | None:
    """What the applicant is told of `event`, or None if it does not concern them."""
    compose = _TEXTS.get(event)
    return f"Hồ sơ {facts.reference} ({facts.procedure}) {compose(facts)}" if compose else None


def values_of(event: str, facts: CaseFacts) -> dict[str, dict[str, str]]:
    """What stands for each of `PLACEHOLDERS` but the link, in each language: {"vi": {…}, "en": {…}}."""
    same = {"reference": facts.reference, "procedure": facts.procedure,
            "due": when(facts.due_at) if facts.due_at else "", "amount": money(facts.amount_due or 0)}  # fmt: skip
    vietnamese, english = TITLES[event]
    return {
        "vi": {**same, "title": vietnamese, "status": _TEXTS[event](facts)},
        "en": {
            **same,
            "title": english,
            "status": _ENGLISH[event](facts),
            "due": _by(facts.due_at) if facts.due_at else "",
        },
    }
