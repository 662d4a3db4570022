"""The words of notices: short, plain, and without names or numbers of persons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

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
    "case.answered": lambda facts: "có câu trả lời mới của cán bộ. Hãy vào cổng dịch vụ công để đọc.",
    "case.discontinued": lambda facts: "đã dừng xử lý. Hãy vào cổng dịch vụ công để xem lý do.",
    "case.withdrawn": lambda facts: "đã được rút theo đề nghị của bạn.",
}


def told_events() -> frozenset[str]:
    """The events that the applicant is told of."""
    return frozenset(_TEXTS)


def text_of(event: str, facts: CaseFacts) -> str | None:
    """What the applicant is told of `event`, or None if it does not concern them."""
    compose = _TEXTS.get(event)
    return f"Hồ sơ {facts.reference} ({facts.procedure}) {compose(facts)}" if compose else None
