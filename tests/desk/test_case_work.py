"""What staff do about one case or several: ticks on papers, notes, looks, bulk actions, passages, slips."""

from __future__ import annotations

import io
from datetime import timedelta
from itertools import pairwise

import pytest
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.errors import Forbidden, Invalid, NotFound, Refusal, Stale
from portal.cases import queries
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case, CasePerson, PersonRole
from portal.deadlines.calendar import provincial_calendar
from portal.desk import bulk, checklist, looks, notes, slips, workload
from portal.desk.passages import passages
from portal.documents import papers, uploads
from portal.documents.pages import page_picture
from portal.notifications.models import Notice
from portal.publishing import queries as publishing
from portal.runtime import demo
from tests.support.answers import PDF
from tests.support.desk import PATH, Desk

URL = "https://dvc.vidu.vn"


def tick(desk: Desk, case: Case, login: str, *, version: int | None = None, **given: str) -> None:
    with desk.database.unit_of_work() as session:
        texts = {name.replace("_", "-"): text for name, text in given.items()}
        checklist.tick(session, case.id, texts, by=desk.actor(login), expected_version=version, now=desk.now)


def papers_of(desk: Desk, case: Case) -> list[checklist.Paper]:
    with desk.database.unit_of_work() as session:
        return checklist.papers_of(session, session.get_one(Case, case.id))


def test_one_request_from_all_ticked_faults(desk: Desk) -> None:
    case = desk.submit()
    tick(desk, case, "motcua", kind_0="copy", sheets_0="2", verdict_0="to_correct", reason_0="Mờ",
         verdict_1="to_correct", ready_1="Thiếu trang.", verdict_2="accepted")  # fmt: skip
    found = papers_of(desk, case)
    text, places = checklist.faults(found)
    assert places == [0, 1]
    assert text.splitlines() == [f"{found[0].name}: Mờ", f"{found[1].name}: Thiếu trang."]
    assert (found[0].check.kind, found[0].check.sheets) == ("copy", 2)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"verdict_0": "to_correct"}, "reason-0"),
        ({"sheets_0": "hai"}, "sheets-0"),
        ({"sheets_0": "0"}, "sheets-0"),
        ({"sheets_0": "٣"}, "sheets-0"),
        ({"sheets_0": "9" * 30}, "sheets-0"),
        ({"verdict_0": "to_correct", "reason_0": "x" * 1001}, "reason-0"),
    ],
)
def test_wrong_ticks_are_told_and_nothing_is_kept(desk: Desk, given: dict[str, str], wrong: str) -> None:
    case = desk.submit()
    with pytest.raises(Invalid) as told:
        tick(desk, case, "motcua", verdict_1="accepted", **given)
    assert list(told.value.errors) == [wrong]
    assert all(paper.check is None for paper in papers_of(desk, case))


def test_who_ticks(desk: Desk) -> None:
    case = desk.submit()
    for login in ("chuyenvien", "lanhdao", "congdan"):
        with pytest.raises(Forbidden):
            tick(desk, case, login, verdict_0="accepted")
    with pytest.raises(Stale):
        tick(desk, case, "motcua", version=case.version + 1, verdict_0="accepted")
    case = desk.case_at(Action.ROUTE)
    tick(desk, case, "chuyenvien", verdict_0="accepted")
    for login in ("motcua", "vanthu"):
        with pytest.raises(Forbidden):
            tick(desk, case, login, verdict_0="accepted")


def test_two_officers_do_not_undo_each_other(desk: Desk) -> None:
    case = desk.submit()
    tick(desk, case, "motcua", seen_0="", verdict_0="to_correct", reason_0="Mờ")
    with pytest.raises(Stale):  # from a page that was opened before
        tick(desk, case, "motcua", seen_0="", verdict_0="accepted")
    check = papers_of(desk, case)[0].check
    assert check is not None
    tick(desk, case, "motcua", seen_0=check.checked_at.isoformat(), verdict_0="accepted")
    assert not papers_of(desk, case)[0].is_wrong


def test_a_newer_file_is_looked_at_again(desk: Desk) -> None:
    case = desk.submit()
    tick(desk, case, "motcua", verdict_0="to_correct", reason_0="Mờ")
    desk.now += timedelta(hours=1)
    with desk.database.unit_of_work() as session:
        file = uploads.prepare(uploads.Incoming("moi.pdf", PDF + b"%"), uploads.Checks(20))
        uploads.add(session, desk.storage, file, draft_id=None, case_id=case.id, slot=0, now=desk.now)
    found = papers_of(desk, case)[0]
    assert found.is_newer
    assert not found.is_wrong
    tick(desk, case, "motcua", verdict_0="to_correct", reason_0="Mờ")
    assert papers_of(desk, case)[0].is_wrong


def test_notes_are_for_staff_and_call_colleagues(desk: Desk) -> None:
    case = desk.submit()

    def write(login: str, text: str) -> None:
        with desk.database.unit_of_work() as session:
            notes.write(session, case.id, text, by=desk.actor(login), now=desk.now)

    write("motcua", "Nhờ @chuyenvien, @ChuyenVien xem; email a@b.vn không gọi ai.")
    with desk.database.unit_of_work() as session:
        told = session.scalars(select(Notice).where(Notice.purpose.like("note.%"))).all()
        assert [notice.recipient_id for notice in told] == [desk.actor("chuyenvien").account_id]
        assert case.reference in told[0].text
        assert [note.text for note in notes.notes_of(session, case)]
    with pytest.raises(Invalid):
        write("motcua", "@congdan")
    for text in ("", " ", "x" * 5001):
        with pytest.raises(Invalid):
            write("motcua", text)
    for login in ("congdan", "bientap"):
        with pytest.raises(NotFound):
            write(login, "Tôi muốn xem")


def test_who_else_looks(desk: Desk) -> None:
    case = desk.submit()
    desk_officer, head = desk.actor("motcua"), desk.actor("truongphong")
    with desk.database.unit_of_work() as session:
        looks.look(session, case, desk_officer, desk.now)
        assert looks.others(session, case, head, desk.now) == [desk_officer.account_id]
        assert looks.others(session, case, desk_officer, desk.now) == []
        assert looks.others(session, case, head, desk.now + timedelta(minutes=2)) == []
        looks.stay(session, case, desk_officer, desk.now + timedelta(minutes=2))
        assert looks.others(session, case, head, desk.now + timedelta(minutes=2)) == [desk_officer.account_id]
        assert looks.looked_at(session, desk_officer, [case.id]) == {case.id}
        assert looks.looked_at(session, head, [case.id]) == set()
    desk.do(case, "motcua", Action.ACCEPT)
    with desk.database.unit_of_work() as session:
        looks.stay(session, case, desk_officer, desk.now)  # an old page that stays open is no look at the new state
        assert looks.looked_at(session, desk_officer, [case.id]) == set()


def test_nobody_signs_what_they_have_not_looked_at(desk: Desk) -> None:
    cases = [desk.case_at(Action.ENDORSE) for _ in range(3)]
    leader = desk.actor("lanhdao")
    with desk.database.unit_of_work() as session:
        for case in cases[:2]:
            looks.look(session, case, leader, desk.now)
        chosen = bulk.preview(session, leader, [c.reference for c in cases], Action.APPROVE, desk.now)
        assert [one.obstacle is None for one in chosen] == [True, True, False]
    seen = [(case.reference, case.version) for case in cases]
    outcomes = bulk.run(desk.database.unit_of_work, leader, seen, Action.APPROVE, {}, desk.now)
    assert [outcome.refusal is None for outcome in outcomes] == [True, True, False]
    assert [read(desk, case).stage_does for case in cases] == ["issue", "issue", "approve"]


def test_one_refused_case_does_not_touch_the_others(desk: Desk) -> None:
    cases = [desk.submit() for _ in range(3)]
    desk.do(cases[1], "motcua", Action.DECLINE, details={"reason": "Trùng"})
    seen = [*((case.reference, 1) for case in cases), ("H37.99-260310-0001", 1), ("x", 1)]
    outcomes = bulk.run(desk.database.unit_of_work, desk.actor("motcua"), seen, Action.ACCEPT, {}, desk.now)
    assert [outcome.refusal is None for outcome in outcomes] == [True, False, True, False, False]
    assert [read(desk, case).state for case in cases] == [State.ACCEPTED, State.DECLINED, State.ACCEPTED]
    again = bulk.run(desk.database.unit_of_work, desk.actor("motcua"), seen[:1], Action.ACCEPT, {}, desk.now)
    assert again[0].refusal
    assert "người khác" in again[0].refusal


def test_a_selection_has_an_end(desk: Desk) -> None:
    with desk.database.unit_of_work() as session:
        for references in ([], ["x"] * (bulk.MOST + 1)):
            with pytest.raises(Refusal):
                bulk.preview(session, desk.actor("motcua"), references, Action.ACCEPT, desk.now)
        assert bulk.preview(session, desk.actor("congdan"), ["H37.99-260310-0001"], Action.ACCEPT, desk.now) == []


def test_officers_to_whom_all_can_be_given(desk: Desk) -> None:
    cases = [desk.case_at(Action.ROUTE) for _ in range(2)]
    head = desk.actor("truongphong")
    with desk.database.unit_of_work() as session:
        chosen = bulk.preview(session, head, [case.reference for case in cases], Action.ASSIGN, desk.now)
        officers = bulk.officers_for(session, chosen, desk.now)
    assert list(officers.values()) == ["Chuyên Viên Mẫu"]


def test_where_the_time_went(desk: Desk) -> None:
    case = desk.submit()
    for login, action, details in PATH:
        desk.now += timedelta(hours=1)
        desk.do(case, login, action, details=details)
    with desk.database.unit_of_work() as session:
        row = session.get_one(Case, case.id)
        workflow = publishing.version(session, row.version_id).workflow
        went = passages(row, queries.history(session, row), workflow, provincial_calendar(), desk.now)
    assert [passage.stage for passage in went][2:6] == [stage.key for stage in workflow.stages[1:]]
    assert all(later.began_at == earlier.ended_at for earlier, later in pairwise(went))
    assert went[-1].ended_at == desk.now
    office = provincial_calendar().working_time(case.submitted_at, desk.now)
    assert abs(sum(passage.minutes for passage in went) - office / timedelta(minutes=1)) <= len(went)


def test_an_open_case_lies_somewhere_now(desk: Desk) -> None:
    case = desk.do(desk.case_at(Action.PROPOSE), "truongphong", Action.SEND_BACK, details={"reason": "Sai"})
    desk.now += timedelta(days=3)
    with desk.database.unit_of_work() as session:
        row = session.get_one(Case, case.id)
        workflow = publishing.version(session, row.version_id).workflow
        went = passages(row, queries.history(session, row), workflow, provincial_calendar(), desk.now)
    assert went[-1].stage == went[-3].stage
    assert went[-1].ended_at is None
    assert went[-1].is_over


def texts(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_slips(desk: Desk) -> None:
    case = desk.submit()
    tick(desk, case, "motcua", kind_0="certified", sheets_0="3", verdict_0="accepted")
    with desk.database.unit_of_work() as session:
        row = session.get_one(Case, case.id)
        for make in (slips.supplement_data, slips.refusal_data):
            with pytest.raises(NotFound):
                make(session, row, URL)
        with pytest.raises(NotFound):
            slips.intake_data(session, [row], URL)
    desk.do(case, "motcua", Action.ACCEPT)
    with desk.database.unit_of_work() as session:
        said = texts(papers.render("intake", slips.intake_data(session, [read_in(session, case)], URL)))
    title = "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ"
    for part in (title, case.reference, "Bản sao chứng thực", "3", "Cán Bộ Một Cửa Mẫu"):
        assert part in said, part
    asked = desk.do(desk.submit(), "motcua", Action.REQUEST_SUPPLEMENT, details={"request": "Thiếu ảnh\nThiếu chữ ký"})
    declined = desk.do(desk.submit(), "motcua", Action.DECLINE, details={"reason": "Sai nơi nộp"})
    with desk.database.unit_of_work() as session:
        said = texts(papers.render("supplement", slips.supplement_data(session, read_in(session, asked), URL)))
        assert "1. Thiếu ảnh" in said
        assert "2. Thiếu chữ ký" in said
        said = texts(papers.render("refusal", slips.refusal_data(session, read_in(session, declined), URL)))
        assert "Sai nơi nộp" in said
        control = slips.control_data(session, read_in(session, asked), URL, desk.now)
        assert "Yêu cầu bổ sung" in texts(papers.render("control", control))


def test_one_receipt_for_several_cases_of_one_person(desk: Desk) -> None:
    cases = [desk.do(desk.submit(), "motcua", Action.ACCEPT) for _ in range(2)]
    with desk.database.unit_of_work() as session:
        rows = [read_in(session, case) for case in cases]
        said = texts(papers.render("intake", slips.intake_data(session, rows, URL)))
        assert all(case.reference in said for case in cases)
        assert slips.by_submitter(session, rows) == [rows]
        person = session.get_one(CasePerson, (rows[1].id, PersonRole.SUBMITTER))
        person.name = "Người Khác"
        session.flush()
        assert slips.by_submitter(session, rows) == [[rows[0]], [rows[1]]]


def test_the_register(desk: Desk) -> None:
    case = desk.case_at(Action.DELIVER)
    day = case.submitted_at.date()
    with desk.database.unit_of_work() as session:
        rows = slips.register_rows(session, demo.AGENCY, day, day, limit=10)
        assert [row["reference"] for row in rows] == [case.reference]
        assert rows[0]["ways"] == "Trực tuyến / Trực tuyến"
        assert (
            slips.register_rows(session, demo.AGENCY, day - timedelta(days=9), day - timedelta(days=1), limit=9) == []
        )
        assert slips.register_rows(session, demo.POLICE, day, day, limit=10) == []


def test_the_load_of_a_unit(desk: Desk) -> None:
    for _ in range(2):
        desk.case_at(Action.ROUTE)
    head = desk.actor("truongphong")
    with desk.database.unit_of_work() as session:
        (load,) = workload.loads(session, head.led_agencies, desk.now)
        assert (load.name, load.open, load.late) == ("Chuyên Viên Mẫu", 2, 0)
        assert len(workload.at_risk(session, head, desk.now)) == 2
        desk.now += timedelta(days=5)
        (load,) = workload.loads(session, head.led_agencies, desk.now)
        assert (load.open, load.late) == (2, 2)
        late = workload.late(session, head, desk.now)
        assert len(late) == 2
        assert late[0].slowest[0].is_over


def test_pages_as_pictures() -> None:
    picture = page_picture(PDF, "application/pdf", 1, 900)
    assert picture.startswith(b"\x89PNG")
    with pytest.raises(Refusal):
        page_picture(b"%PDF-1.4 nothing", "application/pdf", 1, 900)
    for number in (0, 2, 10**9):
        with pytest.raises(NotFound):
            page_picture(PDF, "application/pdf", number, 900)


def read(desk: Desk, case: Case) -> Case:
    with desk.database.unit_of_work() as session:
        return session.get_one(Case, case.id)


def read_in(session: Session, case: Case) -> Case:
    return session.get_one(Case, case.id)
