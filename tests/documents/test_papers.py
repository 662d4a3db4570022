"""Result papers: right words, real PDF/A, nothing injected."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from portal.base.errors import NotFound
from portal.cases.lifecycle import Action
from portal.cases.models import Case
from portal.cases.paper import apology_data, paper_data
from portal.documents import papers
from portal.issuing.register import result_of
from services_catalog.loader import load_catalog
from tests.support.desk import Desk

BASE = "http://127.0.0.1:8000"


def words(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_every_result_paper_of_the_catalogue_has_a_template() -> None:
    wanted = {p.result_paper for p in load_catalog().procedures.values()}
    assert wanted <= {template.stem for template in papers.TEMPLATES.glob("*.typ")}


def test_a_birth_certificate_says_what_was_declared_and_decided(desk: Desk) -> None:
    case = desk.case_at(Action.ISSUE)
    with desk.database.unit_of_work() as session:
        data = paper_data(session, session.get_one(Case, case.id), BASE, result_of(session, case.id))
    text = words(papers.render("birth-certificate", data))
    for said in ("GIẤY KHAI SINH", "Nguyễn Thị Ậm Ợ", "05/03/2026", "Tày", case.reference, "Số: 1/2026",
                 "Tam Thanh, ngày 10 tháng 03 năm 2026", "Lãnh Đạo Mẫu",
        "CHỦ TỊCH", "chưa có chữ ký số"):  # fmt: skip
        assert said in text
    assert "DỰ THẢO" not in text


def test_a_draft_says_that_it_is_one(desk: Desk) -> None:
    case = desk.case_at(Action.PROPOSE)
    with desk.database.unit_of_work() as session:
        data = paper_data(session, session.get_one(Case, case.id), BASE)
    assert "DỰ THẢO" in words(papers.render("birth-certificate", data))


def test_the_apology_says_what_was_promised_and_what_is_promised_now(desk: Desk) -> None:
    case = desk.case_at(Action.ROUTE)
    desk.do(case, "truongphong", Action.RESCHEDULE, details={"new_day": "2026-03-20", "reason": "Chờ xác minh"})
    with desk.database.unit_of_work() as session:
        fresh = session.get_one(Case, case.id)
        data = apology_data(session, fresh, BASE)
        other = desk.submit()
        with pytest.raises(NotFound):
            apology_data(session, session.get_one(Case, other.id), BASE)
    text = words(papers.render("apology", data))
    for said in ("PHIẾU XIN LỖI", "17:30 thứ Ba 10/03/2026", "17:30 thứ Sáu 20/03/2026", "Chờ xác minh",
                 case.reference, "Trưởng Phòng Mẫu", "Tam Thanh, ngày 10 tháng 03 năm 2026"):  # fmt: skip
        assert said in text
    assert "Số:" not in text


@pytest.mark.parametrize("paper", ["decision", "birth-certificate", "apology"])
def test_text_is_never_code(paper: str) -> None:
    nasty = '#panic("x") $x$ *b* _i_ <tag> @ref \\ " } ] )'
    data = {
        "reference": nasty, "procedure": nasty, "agency": nasty, "parent_agency": nasty, "number": nasty,
        "place_and_date": nasty, "beneficiary": nasty, "submitted_on": nasty, "is_granted": False, "decision": nasty,
        "rows": [(nasty, nasty)], "signer_title": nasty, "signer": nasty, "lookup_url": BASE, "footer": nasty,
        "is_draft": False, "accepted_on": nasty, "promised": nasty, "due": nasty, "reason": nasty,
    }  # fmt: skip
    assert '#panic("x")' in words(papers.render(paper, data))


def test_a_long_decision_runs_over_pages() -> None:
    data = {
        "reference": "H37.01-260310-0001", "procedure": "Thủ tục", "agency": "Cơ quan", "parent_agency": "",
        "number": "1/2026", "place_and_date": "Lạng Sơn", "beneficiary": "Nguyễn Văn A", "submitted_on": "10/03/2026",
        "is_granted": True, "decision": "\n".join(["Một đoạn văn dài về kết quả."] * 150), "rows": [],
        "signer_title": "Chủ tịch", "signer": "Nguyễn Văn B", "lookup_url": BASE, "footer": "x", "is_draft": False,
    }  # fmt: skip
    pdf = papers.render("decision", data)
    assert len(PdfReader(io.BytesIO(pdf)).pages) > 2
    assert b"pdfaid" in pdf or "pdfaid" in str(PdfReader(io.BytesIO(pdf)).xmp_metadata.stream.get_data())
