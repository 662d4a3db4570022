"""Cases in plain Vietnamese: where one is, and what happened to it."""

from __future__ import annotations

from portal.base.words import when
from portal.cases.lifecycle import ENDED, NATIONAL, Action, State
from portal.cases.models import Case, PersonRole
from portal.cases.permissions import current_stage
from services_catalog.words import money
from services_catalog.workflow import Workflow

STATE_NAMES = {
    State.SUBMITTED: "Chờ tiếp nhận",
    State.SUPPLEMENT: "Cần bổ sung",
    State.PAYMENT: "Chờ nộp tiền",
    State.ACCEPTED: "Đã tiếp nhận",
    State.IN_PROCESS: "Đang xử lý",
    State.ISSUING: "Đang phát hành kết quả",
    State.FINISHED: "Có kết quả",
    State.RETURNED: "Đã trả kết quả",
    State.DECLINED: "Không được tiếp nhận",
    State.WITHDRAWN: "Đã rút",
    State.DISCONTINUED: "Đã dừng xử lý",
}

ACTION_NAMES = {
    Action.ACCEPT: "Tiếp nhận hồ sơ",
    Action.DECLINE: "Từ chối tiếp nhận",
    Action.REQUEST_SUPPLEMENT: "Yêu cầu bổ sung",
    Action.SUPPLY: "Gửi bổ sung",
    Action.REQUEST_PAYMENT: "Yêu cầu nộp tiền",
    Action.CONFIRM_PAYMENT: "Xác nhận đã nộp tiền",
    Action.RECALL_REQUEST: "Thu hồi yêu cầu",
    Action.ROUTE: "Chuyển xử lý",
    Action.ASSIGN: "Giao người khác thụ lý",
    Action.CONSULT: "Xin ý kiến cơ quan khác",
    Action.GIVE_OPINION: "Trả lời ý kiến",
    Action.CLOSE_OPINION: "Không chờ ý kiến nữa",
    Action.REFER: "Lập hồ sơ liên thông",
    Action.NOTE_CHILD: "Ghi nhận hồ sơ liên thông",
    Action.PROPOSE: "Trình dự thảo",
    Action.ENDORSE: "Đồng ý, trình lãnh đạo",
    Action.APPROVE: "Phê duyệt",
    Action.SEND_BACK: "Trả lại bước trước",
    Action.ISSUE: "Cấp số và phát hành",
    Action.RELEASE: "Phát hành kết quả",
    Action.DELIVER: "Trả kết quả",
    Action.WITHDRAW: "Rút hồ sơ",
    Action.RESCHEDULE: "Xin lỗi và hẹn lại",
    Action.PETITION: "Đề nghị lãnh đạo phòng",
    Action.REFUSE_PETITION: "Không đồng ý đề nghị",
    Action.DISCONTINUE: "Dừng xử lý",
}

EVENT_NAMES = {
    "case.submitted": "Hồ sơ được gửi",
    "case.accepted": "Hồ sơ được tiếp nhận",
    "case.declined": "Hồ sơ không được tiếp nhận",
    "case.supplement_requested": "Yêu cầu bổ sung",
    "case.supplemented": "Người nộp đã bổ sung",
    "case.payment_requested": "Yêu cầu nộp tiền",
    "case.payment_confirmed": "Đã xác nhận nộp tiền",
    "case.request_recalled": "Thu hồi yêu cầu",
    "case.routed": "Chuyển đến bộ phận xử lý",
    "case.assigned": "Giao người thụ lý khác",
    "case.consulted": "Xin ý kiến cơ quan khác",
    "case.opinion_given": "Cơ quan khác đã cho ý kiến",
    "case.opinion_closed": "Thôi chờ ý kiến",
    "case.referred": "Lập hồ sơ liên thông",
    "case.child_ended": "Hồ sơ liên thông đã xong",
    "case.checked": "Hệ thống kiểm tra hồ sơ",
    "case.clock_shifted": "Dời thời hạn",
    "case.reminded": "Nhắc nhận kết quả",
    "case.proposed": "Đã thụ lý, trình dự thảo kết quả",
    "case.endorsed": "Lãnh đạo phòng đồng ý",
    "case.approved": "Lãnh đạo phê duyệt",
    "case.sent_back": "Trả lại bước trước",
    "case.numbered": "Văn thư cấp số",
    "case.finished": "Đã có kết quả",
    "case.returned": "Người nộp đã nhận kết quả",
    "case.withdrawn": "Người nộp rút hồ sơ",
    "case.rescheduled": "Xin lỗi và hẹn lại",
    "case.petitioned": "Đề nghị lãnh đạo phòng",
    "case.petition_refused": "Lãnh đạo phòng không đồng ý đề nghị",
    "case.discontinued": "Dừng xử lý",
    "case.warned": "Nhắc hạn",
    "case.asked": "Người nộp hỏi",
    "case.answered": "Cán bộ trả lời",
    "case.money_received": "Đã nhận tiền nộp",
    "case.transfer_not_found": "Không thấy tiền chuyển khoản",
    "case.refunded": "Đã hoàn tiền",
    "case.paper_ended": "Kết quả hết hiệu lực",
}

# What the applicant is not shown of the history: the work between officers.
INTERNAL = frozenset({
    "case.warned", "case.checked", "case.assigned", "case.asked", "case.answered",
    "case.sent_back", "case.consulted", "case.opinion_given",
    "case.opinion_closed", "case.petitioned", "case.petition_refused",
})  # fmt: skip
PERSON_NAMES = {
    PersonRole.OWNER: "Chủ hồ sơ",
    PersonRole.SUBMITTER: "Người nộp",
    PersonRole.CONTACT: "Người liên hệ",
    PersonRole.ADDRESSEE: "Người nhận bưu phẩm",
}


def status_sentence(case: Case, workflow: Workflow, agency: str, *, signed_in: bool = True) -> str:
    """Where the case is and what comes next, for its applicant; or for whoever looked it up by its codes."""
    state = State(case.state)
    if not signed_in and state in _FOR_OUTSIDERS:
        return _FOR_OUTSIDERS[state]
    if state is State.SUBMITTED:
        return f"Hồ sơ đã đến {agency}. Bộ phận một cửa trả lời bạn trước {when(case.acceptance_due_at)}."
    if state is State.SUPPLEMENT:
        until = f" Hãy bổ sung trước {when(case.supplement_due_at)}." if case.supplement_due_at else ""
        return f"Hồ sơ cần bổ sung. Thời gian giải quyết tạm dừng đến khi bạn gửi bổ sung.{until}"
    if state is State.PAYMENT:
        amount = f" {money(case.amount_due)}" if case.amount_due else ""
        return f"Bạn cần nộp{amount}. Thời gian giải quyết tạm dừng đến khi việc nộp tiền được xác nhận."
    if state in (State.FINISHED, State.RETURNED) and case.is_granted is False:
        return "Hồ sơ không được giải quyết theo đề nghị. Lý do ghi bên dưới và trong văn bản trả lời."
    if state in _DONE_WELL:
        return _DONE_WELL[state]
    if state in ENDED:
        return f"{STATE_NAMES[state]}. Hồ sơ đã kết thúc."
    return _under_way(case, workflow, agency)


def _under_way(case: Case, workflow: Workflow, agency: str) -> str:
    stage = current_stage(case, workflow)
    place = f"ở bước “{stage.label}”" if stage else f"ở {agency}"
    due = f", dự kiến trả kết quả {when(case.due_at)}" if case.due_at else ""
    sorry = f" Chúng tôi xin lỗi vì chậm so với hẹn {when(case.promised_due_at)}." if case.promised_due_at else ""
    return f"Hồ sơ đang {place}{due}.{sorry}"


_DONE_WELL = {
    State.FINISHED: "Hồ sơ đã giải quyết xong. Bạn tải kết quả về ngay tại đây.",
    State.RETURNED: "Bạn đã nhận kết quả. Bạn có thể tải lại bất cứ lúc nào.",
}
_FOR_OUTSIDERS = {
    State.SUPPLEMENT: "Hồ sơ cần bổ sung. Người nộp hãy đăng nhập để xem cần thêm những gì.",
    State.FINISHED: "Hồ sơ đã có kết quả. Người nộp hãy đăng nhập để tải về.",
    State.RETURNED: "Hồ sơ đã trả kết quả.",
}


def national_status(case: Case) -> str:
    """The national status with its number."""
    number, name = NATIONAL[State(case.state)]
    return f"{number} – {name}"
