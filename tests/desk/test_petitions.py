"""Asking the head for what only they decide, questions of applicants as work, and comments to the next stage."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.base.clock import now
from portal.base.errors import Forbidden, Invalid, Refusal
from portal.cases import conversation, petitions, supplements
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case, Draft
from portal.cases.waiting import Work
from portal.desk import bulk, checklist, queues
from portal.desk.queues import Queue
from portal.desk.wanted import NOBODY, Wanted
from portal.documents import uploads
from portal.documents.models import Document, Source
from portal.notifications.models import Notice
from portal.runtime import demo
from tests.documents.test_uploads import photo
from tests.support.answers import PDF
from tests.support.browsing import client_of
from tests.support.desk import CODE, DECISION, Desk

WISH = {"petition": "reschedule", "request": "Chờ xác minh nơi thường trú.", "new_day": "2026-04-10"}


def count(desk: Desk, login: str, work: Work) -> int:
    with desk.database.unit_of_work() as session:
        return queues.counts(session, desk.actor(login), desk.now).get(work, 0)


def inbox(desk: Desk, login: str) -> list[str]:
    with desk.database.unit_of_work() as session:
        account = desk.account(session, login).id
        return list(session.scalars(select(Notice.text).where(Notice.recipient_id == account).order_by(Notice.id)))


def test_the_head_is_asked_for_a_later_day_and_gives_it(desk: Desk) -> None:
    case = desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.PETITION, details=WISH)
    assert (case.petition, case.state, count(desk, "truongphong", Work.DECIDE)) == ("reschedule", State.IN_PROCESS, 1)
    assert "hẹn lại" in inbox(desk, "truongphong")[-1]
    with desk.database.unit_of_work() as session:
        asked = petitions.last_petition(session, session.get_one(Case, case.id))
        assert asked is not None and asked.details["request"] == WISH["request"]
    with pytest.raises(Forbidden):  # once is enough
        desk.do(case, "lanhdao", Action.PETITION, details=WISH)
    case = desk.do(case, "truongphong", Action.RESCHEDULE, details={"new_day": "2026-04-10", "reason": "Chờ xác minh"})
    assert (case.petition, count(desk, "truongphong", Work.DECIDE)) == (None, 0)


def test_the_head_does_not_agree(desk: Desk) -> None:
    case = desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.PETITION, details=WISH)
    with pytest.raises(Forbidden):
        desk.do(case, "chuyenvien", Action.REFUSE_PETITION, details={"reason": "Thôi"})
    case = desk.do(case, "truongphong", Action.REFUSE_PETITION, details={"reason": "Làm kịp được."})
    assert case.petition is None
    assert "không đồng ý" in inbox(desk, "chuyenvien")[-1]
    desk.do(case, "chuyenvien", Action.PETITION, details=WISH)  # and may ask again


def test_what_is_asked_ends_where_the_case_goes_on(desk: Desk) -> None:
    case = desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.PETITION, details=WISH)
    case = desk.do(case, "chuyenvien", Action.PROPOSE, details=DECISION)
    assert (case.petition, count(desk, "truongphong", Work.DECIDE)) == (None, 0)


def test_a_second_supplement_is_asked_of_the_head(desk: Desk) -> None:
    case = desk.do(desk.submit(), "motcua", Action.REQUEST_SUPPLEMENT, details={"request": "Thiếu trang"})
    with desk.database.unit_of_work() as session:
        supplements.send(session, desk.storage, case.id, by=desk.actor("congdan"), note="Đã thêm",
                         expected_version=None, now=desk.now)  # fmt: skip
    more = {"petition": "request_supplement", "request": "Vẫn thiếu trang 2"}
    case = desk.do(case, "motcua", Action.PETITION, details=more)
    assert count(desk, "truongphong", Work.DECIDE) == 1
    case = desk.do(case, "truongphong", Action.REQUEST_SUPPLEMENT, details={"request": "Vẫn thiếu trang 2"})
    assert (case.petition, case.state) == (None, State.SUPPLEMENT)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"petition": "request_supplement"}, "petition"),  # nobody has asked yet: they may ask themselves
        ({"petition": "discontinue"}, "petition"),
        ({"request": ""}, "request"),
        ({"new_day": ""}, "new_day"),
        ({"new_day": "mai"}, "new_day"),
    ],
)
def test_wrong_petitions(desk: Desk, given: dict[str, str], wrong: str) -> None:
    case = desk.case_at(Action.ROUTE)
    with pytest.raises(Invalid) as raised:
        desk.do(case, "chuyenvien", Action.PETITION, details=WISH | given)
    assert set(raised.value.errors) == {wrong}


def test_nothing_to_ask_for_at_the_desk(desk: Desk) -> None:
    with pytest.raises(Refusal):
        desk.do(desk.submit(), "motcua", Action.PETITION, details=WISH)


def test_a_question_is_work_until_it_is_answered(desk: Desk) -> None:
    first, asked = desk.case_at(Action.ROUTE), desk.case_at(Action.ROUTE)
    with desk.database.unit_of_work() as session:
        conversation.say(session, asked.id, "Bao giờ xong?", by=desk.actor("congdan"), now=desk.now)
    assert (count(desk, "motcua", Work.ANSWER), count(desk, "motcua", Work.RECEIVE)) == (1, 0)
    with desk.database.unit_of_work() as session:  # it is due before what the case itself is due
        asked_case = session.get_one(Case, asked.id)
        session.refresh(asked_case, ["queue_at"])
        assert asked_case.queue_at == min(asked_case.answer_due_at, asked_case.due_at)  # type: ignore[type-var]
    with desk.database.unit_of_work() as session:
        conversation.say(session, asked.id, "Thứ Sáu.", by=desk.actor("motcua"), now=desk.now)
    assert count(desk, "motcua", Work.ANSWER) == 0
    assert first.id in desk.waiting("chuyenvien")


def test_an_opinion_is_ordered_by_when_it_is_due(desk: Desk) -> None:
    case = desk.case_at(Action.ROUTE)
    question = {"agency": demo.POLICE, "agency_2": "so-noi-vu", "question": "Đã đăng ký chưa?", "days": "1"}
    case = desk.do(case, "chuyenvien", Action.CONSULT, details=question)
    with desk.database.unit_of_work() as session:
        found = session.get_one(Case, case.id)
        session.refresh(found, ["queue_at"])
        assert found.opinion_due_at is not None and found.queue_at == min(found.opinion_due_at, found.due_at)  # type: ignore[type-var]
    for key in (demo.POLICE, "so-noi-vu"):
        case = desk.do(case, "chuyenvien", Action.CLOSE_OPINION, details={"agency": key, "reason": "Không cần nữa"})
        assert (case.opinion_due_at is None) == (key == "so-noi-vu")


def test_cases_that_nobody_has(desk: Desk) -> None:
    case = desk.case_at(Action.ROUTE)
    with desk.database.unit_of_work() as session:
        actor = desk.actor("truongphong")
        wanted = Wanted.of({"assignee": NOBODY})
        assert queues.page(session, actor, Queue.OPEN, desk.now, wanted).rows == []
        session.get_one(Case, case.id).assignee_id = None
        session.flush()
        assert [r.case.id for r in queues.page(session, actor, Queue.OPEN, desk.now, wanted).rows] == [case.id]


def test_the_rest_of_the_papers_is_good(desk: Desk) -> None:
    case = desk.submit()
    with desk.database.unit_of_work() as session:
        checklist.tick(session, case.id, {"rest": "1"}, by=desk.actor("motcua"), expected_version=None, now=desk.now)
    with desk.database.unit_of_work() as session:
        papers = checklist.papers_of(session, session.get_one(Case, case.id))
        assert [bool(p.check and p.check.verdict == "accepted") for p in papers] == [bool(p.files) for p in papers]


def test_numbers_are_told_of_several_cases(desk: Desk) -> None:
    case = desk.case_at(Action.APPROVE)
    with desk.database.unit_of_work() as session:
        version = session.get_one(Case, case.id).version
    chosen = [(case.reference, version)]
    done = bulk.run(desk.database.unit_of_work, desk.actor("vanthu"), chosen, Action.ISSUE, {}, desk.now)
    assert [(one.refusal, one.said) for one in done] == [(None, f"số 1/{desk.now.year}")]


def test_on_the_screen(app: Flask, desk: Desk) -> None:
    """Comments reach the next stage and not the applicant; drafts are seen before; the queue is where one was."""
    app.config["WTF_CSRF_ENABLED"] = False
    desk.now = now()
    case, other = desk.case_at(Action.ROUTE), desk.case_at(Action.ROUTE)
    with desk.database.unit_of_work() as session:
        ids = {login: desk.account(session, login).id for login in ("chuyenvien", "truongphong", "congdan", "motcua")}
    officer = client_of(app, ids["chuyenvien"])
    address = f"/can-bo/ho-so/{case.reference}"
    paper = officer.post(f"{address}/xem-truoc", data=DECISION)
    assert (paper.status_code, paper.mimetype) == (200, "application/pdf")
    with desk.database.unit_of_work() as session:
        assert session.get_one(Case, case.id).decision is None  # a look keeps nothing
    assert client_of(app, ids["motcua"]).post(f"{address}/xem-truoc", data=DECISION).status_code == 404
    officer.get("/can-bo?due=soon")
    answer = officer.post(
        f"{address}/propose", data={**DECISION, "comment": "Đã gọi điện hỏi.", "then": other.reference}
    )
    assert answer.location == f"/can-bo/ho-so/{other.reference}"
    answer = officer.post(f"/can-bo/ho-so/{other.reference}/propose", data={**DECISION, "then": "H37-000000-0000"})
    assert answer.location == "/can-bo?due=soon"
    assert "Đã gọi điện hỏi." in client_of(app, ids["truongphong"]).get(address).text
    assert "Đã gọi điện hỏi." not in client_of(app, ids["congdan"]).get(f"/ho-so/{case.reference}").text


def test_at_the_counter(app: Flask, desk: Desk) -> None:
    """The officer finds the procedure; what is added there is a scan that waits to be compared with the paper."""
    app.config["WTF_CSRF_ENABLED"] = False
    with desk.database.unit_of_work() as session:
        ids = {login: desk.account(session, login).id for login in ("motcua", "chuyenvien")}
    officer = client_of(app, ids["motcua"])
    assert f"/thu-tuc/{CODE}/nop-ho-so" in officer.get("/can-bo/tai-quay?q=khai sinh").text
    assert f"/thu-tuc/{CODE}/nop-ho-so" in officer.get(f"/can-bo/tai-quay?q={CODE}").text
    assert "Không tìm thấy" in officer.get("/can-bo/tai-quay?q=qqqqzzzz").text
    assert "nop-ho-so" not in client_of(app, ids["chuyenvien"]).get("/can-bo/tai-quay?q=khai sinh").text
    officer.post(f"/thu-tuc/{CODE}/nop-ho-so", data={"agency": demo.AGENCY, "who": "assisted"})
    with desk.database.unit_of_work() as session:
        draft = session.scalars(select(Draft).where(Draft.is_assisted)).one()
    answer = officer.post(f"/ho-so-nhap/{draft.id}/giay-to/0", data={"files": (io.BytesIO(PDF), "quet.pdf")})
    assert answer.status_code == 302
    with desk.database.unit_of_work() as session:
        assert session.scalars(select(Document.source)).all() == [Source.SCANNED]


def test_a_photo_at_the_counter_stays_a_scan(desk: Desk) -> None:
    draft = desk.draft(paper=False)
    with desk.database.unit_of_work() as session:
        file = uploads.prepare(uploads.Incoming("anh.jpg", photo()), uploads.Checks(20))
        uploads.add(session, desk.storage, file, draft_id=draft.id, slot=0, now=desk.now, source=Source.SCANNED)
        uploads.combine_photos(session, desk.storage, draft.id, desk.now + timedelta(seconds=1))
    with desk.database.unit_of_work() as session:
        assert [(d.media_type, d.source) for d in session.scalars(select(Document))] == [
            ("application/pdf", Source.SCANNED)
        ]
