"""Made-up data that every template of a paper can be set with: to try a template, and to look at each of them."""

from __future__ import annotations

from typing import Any

_PASSAGE = {"place": "Thụ lý và dự thảo kết quả", "ended_with": "Trình dự thảo", "began": "08:05 10/03/2026",
            "ended_by": "Chuyên Viên Mẫu", "spent": "3 giờ 20 phút", "result": "trước hạn"}  # fmt: skip
_PAPER = {"name": "Giấy chứng sinh", "kind": "Bản chính", "sheets": "1"}
_CASE = {"reference": "H37.21-260310-0001", "procedure": "Đăng ký khai sinh", "papers": [_PAPER],
         "limit": "1 ngày làm việc", "accepted": "08:00 thứ Ba 10/3/2026", "due": "17:00 thứ Ba 10/3/2026",
         "returning": "trực tuyến"}  # fmt: skip
_FILE = {"paper": "Giấy chứng sinh", "name": "giấy chứng sinh.pdf", "pages": 1, "size": 12345, "sha256": "0" * 64}
_ROW = {"reference": "H37.21-260310-0001", "procedure": "Đăng ký khai sinh", "owner": "Nguyễn Thị Ậm Ợ",
        "received": "10/3", "due": "10/3", "finished": "10/3", "returned": "11/3", "ways": "trực tuyến"}  # fmt: skip
_LINE = {"kind": "fee", "label": "Phí", "full_vnd": 50000, "amount_vnd": 25000, "because": "Người cao tuổi"}


def example() -> dict[str, Any]:
    """A fresh copy."""
    return {
        "reference": "H37.21-260310-0001", "procedure": "Đăng ký khai sinh",
        "agency": "Ủy ban nhân dân phường Tam Thanh", "parent_agency": "Ủy ban nhân dân tỉnh Lạng Sơn",
        "number": "12/2026", "place_and_date": "Tam Thanh, ngày 10 tháng 03 năm 2026",
        "lookup_url": "https://dichvucong.example.vn/kiem-tra/ABCDEFGHJK", "check_at": "dichvucong.example.vn/kiem-tra",
        "paper_code": "ABCDE-FGHJK", "check_code": "234567", "footer": "Văn bản thử.", "is_draft": False,
        "signer": "Trần Thị Hường", "signer_title": "KT. CHỦ TỊCH\nPHÓ CHỦ TỊCH", "beneficiary": "Nguyễn Thị Ậm Ợ",
        "submitted_on": "10/03/2026", "valid_until": "", "is_granted": True,
        "decision": "Đồng ý giải quyết.\nTheo Luật Hộ tịch.",
        "rows": [["Họ, chữ đệm, tên", "Nguyễn Thị Ậm Ợ"], ["Quê quán", "Xã Chi Lăng, tỉnh Lạng Sơn"]],
        "owner": "Nguyễn Thị Ậm Ợ", "submitter": "Nguyễn Văn A", "address": "Phường Tam Thanh", "phone": "0912 000 000",
        "reason": "Thiếu giấy chứng sinh.", "points": ["Bản chụp giấy chứng sinh rõ hơn", "Số điện thoại"],
        "until": "17:00 thứ Sáu 13/3/2026", "accepted_on": "10/03/2026", "promised": "17:00 10/3", "due": "17:00 12/3",
        "accepted": "08:00 10/3", "coordinating": "Công an phường Tam Thanh", "passages": [_PASSAGE], "cases": [_CASE],
        "lookup_code": "ABCD2345", "submitted": "07:55 10/3", "answer_before": "17:00 10/3", "files": [_FILE],
        "form": "Tờ khai đăng ký khai sinh", "declaration": "Tôi cam đoan những lời khai trên là đúng.",
        "sections": [{"title": "Người yêu cầu", "rows": [["Họ tên", "Nguyễn Văn A"]]}], "period": "Tháng 3 năm 2026",
        "receiver": "Nguyễn Văn A", "receiver_proof": "Căn cước 020090001234", "returned": "09:00 11/3",
        "r": {"form": "01BLP0-001", "symbol": "LS-26E", "receipt_number": "0000012", "state": "issued",
              "end_reason": "",
              "agency": "Ủy ban nhân dân phường Tam Thanh", "tax_code": "4900000000", "payer": "Nguyễn Văn A",
              "address": "Phường Tam Thanh", "reference": "H37.21-260310-0001", "procedure": "Đăng ký khai sinh",
              "paid_on": "10/03/2026", "lines": [_LINE], "total_vnd": 25000, "in_words": "Hai mươi lăm nghìn đồng",
              "issued_on": "10/03/2026", "provider_number": ""},
    }  # fmt: skip


def example_of(paper: str) -> dict[str, Any]:
    """The data for one template; the register of cases has rows of its own kind."""
    return {**example(), "rows": [_ROW]} if paper == "register" else example()
