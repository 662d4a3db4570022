"""Versions in plain Vietnamese."""

from __future__ import annotations

from portal.publishing.models import ImportState, Origin, VersionState

VERSION_STATE_NAMES = {
    VersionState.DRAFT: "Đang soạn",
    VersionState.PROPOSED: "Chờ duyệt",
    VersionState.APPROVED: "Đã duyệt, chờ đến ngày",
    VersionState.PUBLISHED: "Đang áp dụng",
    VersionState.SUPERSEDED: "Đã được thay thế",
    VersionState.WITHDRAWN: "Đã hủy",
}
VERSION_EVENT_NAMES = {
    "opened": "Bắt đầu soạn",
    "saved": "Lưu bản nháp",
    "proposed": "Gửi duyệt",
    "sent_back": "Trả lại để sửa",
    "approved": "Duyệt",
    "discarded": "Bỏ bản nháp",
    "undone": "Hoàn tác",
    "imported": "Nhập từ tệp",
}
IMPORT_STATE_NAMES = {
    ImportState.SHOWN: "Đang xem",
    ImportState.PROPOSED: "Chờ duyệt",
    ImportState.APPLIED: "Đã áp dụng",
    ImportState.DISCARDED: "Đã bỏ",
}
ORIGIN_NAMES = {
    Origin.FILE: "Dữ liệu đi kèm hệ thống",
    Origin.EDITOR: "Soạn trên cổng",
    Origin.IMPORT: "Nhập từ tệp",
}
