"""The fixed terms in Vietnamese, for people and for tables."""

from __future__ import annotations

from services_catalog.model import TimeLimit
from services_catalog.terms import (
    AfterSupplement,
    Audience,
    Channel,
    FeeKind,
    ServiceLevel,
    StageAction,
    StageOption,
    StageRole,
    TimeUnit,
)
from services_catalog.workflow import HOURS_OF_A_DAY

AUDIENCE_NAMES = {
    Audience.CITIZEN: "Công dân Việt Nam",
    Audience.OVERSEAS_VIETNAMESE: "Người Việt Nam ở nước ngoài",
    Audience.FOREIGNER: "Người nước ngoài",
    Audience.OFFICIAL: "Cán bộ, công chức, viên chức",
    Audience.ENTERPRISE: "Doanh nghiệp",
    Audience.COOPERATIVE: "Hợp tác xã",
    Audience.ORGANIZATION: "Tổ chức",
    Audience.FOREIGN_ORGANIZATION: "Tổ chức nước ngoài",
}
CHANNEL_NAMES = {Channel.ONLINE: "Trực tuyến", Channel.DESK: "Trực tiếp", Channel.POST: "Bưu chính"}
RETURN_NAMES = {
    Channel.ONLINE: "Bản điện tử trên cổng",
    Channel.DESK: "Bản giấy tại bộ phận một cửa",
    Channel.POST: "Bản giấy qua bưu chính",
}
UNIT_NAMES = {
    TimeUnit.WORKING_HOURS: "giờ làm việc",
    TimeUnit.WORKING_DAYS: "ngày làm việc",
    TimeUnit.DAYS: "ngày",
    TimeUnit.MONTHS: "tháng",
}
# The old words are what many people still look for; they are labels, not a mechanical mapping.
LEVEL_NAMES = {
    ServiceLevel.FULL: "Toàn trình (mức độ 4)",
    ServiceLevel.PARTIAL: "Một phần (mức độ 3)",
    ServiceLevel.INFORMATION: "Chỉ cung cấp thông tin (mức độ 1, 2)",
}
AFTER_SUPPLEMENT_NAMES = {
    AfterSupplement.RESTART: "Tính lại từ đầu",
    AfterSupplement.RESUME: "Tính tiếp phần còn lại",
}
FEE_KIND_NAMES = {FeeKind.FEE: "Phí", FeeKind.CHARGE: "Lệ phí"}
STAGE_ROLE_NAMES = {
    StageRole.RECEIVING_OFFICER: "Cán bộ một cửa",
    StageRole.CASE_OFFICER: "Chuyên viên thụ lý",
    StageRole.HEAD: "Lãnh đạo phòng",
    StageRole.APPROVER: "Lãnh đạo phê duyệt",
    StageRole.CLERK: "Văn thư",
}
STAGE_ACTION_NAMES = {
    StageAction.RECEIVE: "Tiếp nhận",
    StageAction.PROPOSE: "Thụ lý, đề xuất",
    StageAction.ENDORSE: "Xem xét, đồng ý",
    StageAction.APPROVE: "Phê duyệt",
    StageAction.ISSUE: "Cấp số, phát hành",
}

STAGE_OPTION_NAMES = {
    StageOption.SUPPLEMENT: "Yêu cầu bổ sung",
    StageOption.PAYMENT: "Yêu cầu nộp tiền",
    StageOption.OPINION: "Lấy ý kiến cơ quan khác",
    StageOption.LINKED_CASE: "Lập hồ sơ liên thông",
}


def money(amount: int) -> str:
    """ "230.000 đ"; nothing to pay is "Miễn phí"."""
    return f"{amount:,}".replace(",", ".") + " đ" if amount else "Miễn phí"


def time_limit(limit: TimeLimit) -> str:
    """ "5 ngày làm việc" """
    return f"{limit.value} {UNIT_NAMES[limit.unit]}"


def working_hours(hours: int) -> str:
    """Exactly: "3 ngày làm việc", "9 giờ làm việc"."""
    return f"{hours // HOURS_OF_A_DAY} ngày làm việc" if hours % HOURS_OF_A_DAY == 0 else f"{hours} giờ làm việc"


def office_time(minutes: int) -> str:
    """Office time in words people use: "3 giờ làm việc", "2,5 ngày làm việc"; rounded up to halves."""
    unit, size = ("ngày", HOURS_OF_A_DAY * 60) if minutes >= HOURS_OF_A_DAY * 60 else ("giờ", 60)
    halves = max(1, -(-2 * minutes // size))
    return f"{halves // 2}{',5' if halves % 2 else ''} {unit} làm việc"


def channels(names: tuple[Channel, ...]) -> str:
    """ "trực tuyến, bưu chính" """
    return ", ".join(CHANNEL_NAMES[name].lower() for name in names)
