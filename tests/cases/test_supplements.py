"""Supplements, the conversation, following by a code, and typing for somebody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.base.errors import Forbidden, Invalid, NotFound, Refusal
from portal.cases import again, conversation, drafts, following, intake, supplements
from portal.cases.following_models import LookupCode
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case, CasePerson, Draft, PersonRole
from portal.documents import uploads
from portal.identity.actor import SYSTEM
from portal.notifications.models import Message
from portal.runtime import demo
from tests.support.answers import BIRTH, PDF, flat
from tests.support.desk import CODE, Desk

ASK = {"request": "Nơi sinh ghi thiếu.", "fields": "child_birth_place", "papers": "0"}


@pytest.fixture
def asked(desk: Desk) -> Case:
    return desk.do(desk.submit(), "motcua", Action.REQUEST_SUPPLEMENT, details=ASK)


def change(desk: Desk, case: Case, **texts: str) -> None:
    with desk.database.unit_of_work() as session:
        draft = supplements.draft_of(session, session.get_one(Case, case.id), desk.actor("congdan"), desk.now)
        drafts.put(draft, texts, desk.now)


def send(desk: Desk, case: Case, note: str = "", login: str = "congdan") -> Case:
    with desk.database.unit_of_work() as session:
        return supplements.send(session, desk.storage, case.id, by=desk.actor(login), note=note,
                                expected_version=None, now=desk.now)  # fmt: skip


def test_an_answer_changes_what_was_asked_and_says_what_changed(desk: Desk, asked: Case) -> None:
    assert (asked.asked_fields, len(asked.asked_papers)) == (["child_birth_place"], 1)
    before = asked.answers
    change(desk, asked, child_birth_place="Trạm y tế xã Chi Lăng")
    with desk.database.unit_of_work() as session:
        draft = session.scalars(select(Draft).where(Draft.case_id == asked.id)).one()
        file = uploads.prepare(uploads.Incoming("mới.pdf", PDF + b"%2"), uploads.Checks(5))
        uploads.add(session, desk.storage, file, draft_id=draft.id, slot=0, now=desk.now)
        with pytest.raises(Refusal, match="phần bổ sung"):  # it is no application of its own
            intake.submit(session, desk.storage, draft.id, by=desk.actor("congdan"), now=desk.now)
    case = send(desk, asked)
    assert case.state == State.SUBMITTED
    assert (case.asked_fields, case.asked_papers) == ([], [])
    assert case.answers == {**before, "child_birth_place": "Trạm y tế xã Chi Lăng"}
    with desk.database.unit_of_work() as session:
        assert [d.file_name for d in uploads.of_case(session, case.id)] == ["mới.pdf"]
        assert [d.file_name for d in uploads.of_case(session, case.id, replaced=True)] == ["chung-sinh.pdf"]
        assert session.scalar(select(func.count()).select_from(Draft).where(Draft.case_id.is_not(None))) == 0
    with pytest.raises(Refusal):
        send(desk, case)


def test_nothing_at_all_is_no_answer_and_words_alone_are(desk: Desk, asked: Case) -> None:
    with pytest.raises(Invalid) as caught:
        send(desk, asked)
    assert set(caught.value.errors) == {"note"}
    assert send(desk, asked, "Tôi không có giấy này.").state == State.SUBMITTED


def test_what_is_wrong_is_told_at_its_question_and_nothing_is_sent(desk: Desk, asked: Case) -> None:
    change(desk, asked, child_birth_place="", requester_phone="12")
    with pytest.raises(Invalid) as caught:
        send(desk, asked)
    assert set(caught.value.errors) == {"child_birth_place", "requester_phone"}
    with desk.database.unit_of_work() as session:
        assert session.get_one(Case, asked.id).state == State.SUPPLEMENT


def test_what_was_wrong_before_and_not_asked_for_does_not_block(desk: Desk, asked: Case) -> None:
    with desk.database.unit_of_work() as session:
        case = session.get_one(Case, asked.id)
        case.answers = {name: value for name, value in case.answers.items() if name != "child_sex"}
    change(desk, asked, child_birth_place="Tại nhà")
    assert send(desk, asked).answers["child_birth_place"] == "Tại nhà"


def test_a_corrected_name_reaches_the_people_of_the_case(desk: Desk) -> None:
    details = {**ASK, "fields": "requester_name,requester_phone,receive_by"}
    case = desk.do(desk.submit(), "motcua", Action.REQUEST_SUPPLEMENT, details=details)
    post = {"post_name": "Vi Văn C", "post_phone": "0987654321", "post_address__province": "20"}
    change(desk, case, requester_name="Nguyễn Văn Đúng", requester_phone="0987654321", receive_by="post", **post)
    with pytest.raises(Invalid) as caught:  # what is asked for because of it is asked for now
        send(desk, case)
    assert set(caught.value.errors) == {"post_address__commune"}
    change(desk, case, post_address__commune="Đông Kinh")
    case = send(desk, case)
    assert (case.contact_name, case.contact_phone) == ("Nguyễn Văn Đúng", "+84987654321")
    with desk.database.unit_of_work() as session:
        names = {role: session.get_one(CasePerson, (case.id, role)).name for role in ("owner", "contact", "addressee")}
        assert names == {"owner": "Nguyễn Văn Đúng", "contact": "Nguyễn Văn Đúng", "addressee": "Vi Văn C"}
        assert session.get_one(CasePerson, (case.id, "submitter")).name != "Nguyễn Văn Đúng"


def test_officers_are_offered_what_applies_alone(desk: Desk) -> None:
    with pytest.raises(Invalid):
        desk.do(desk.submit(), "motcua", Action.REQUEST_SUPPLEMENT, details={**ASK, "fields": "post_name"})


def test_half_of_an_address_is_no_silent_change(desk: Desk, asked: Case) -> None:
    change(desk, asked, child_birth_place="Tại nhà", requester_residence__province="01",
           requester_residence__commune="", requester_residence__detail="Số 1")  # fmt: skip
    with pytest.raises(Invalid) as caught:
        send(desk, asked)
    assert set(caught.value.errors) == {"requester_residence__commune"}


def test_only_the_applicant_answers(desk: Desk, asked: Case) -> None:
    for login in ("motcua", "bientap"):
        with pytest.raises(NotFound):
            send(desk, asked, "x", login)


def test_a_question_has_a_clock_that_the_answer_stops(desk: Desk) -> None:
    case = desk.submit()

    def say(login: str, text: str) -> None:
        with desk.database.unit_of_work() as session:
            conversation.say(session, case.id, text, by=desk.actor(login), now=desk.now)

    say("congdan", "Khi nào xong?")
    with desk.database.unit_of_work() as session:
        due = session.get_one(Case, case.id).answer_due_at
    assert due is not None
    desk.now += timedelta(minutes=5)
    say("congdan", "Tôi hỏi lại.")
    with desk.database.unit_of_work() as session:
        assert session.get_one(Case, case.id).answer_due_at == due
    say("motcua", "Chiều nay.")
    with desk.database.unit_of_work() as session:
        row = session.get_one(Case, case.id)
        assert row.answer_due_at is None
        assert row.version == case.version, "talk moves nothing"
        assert [m.is_staff for m in conversation.messages_of(session, row)] == [False, False, True]
    for text in ("", " ", "x" * 5001):
        with pytest.raises(Invalid):
            say("congdan", text)
    with pytest.raises(NotFound):
        say("bientap", "x")
    with pytest.raises(Forbidden), desk.database.unit_of_work() as session:
        conversation.say(session, case.id, "x", by=SYSTEM, now=desk.now)


def test_a_code_opens_the_case_to_who_has_the_phone_and_to_nobody_else(desk: Desk) -> None:
    case = desk.submit()

    def ask(reference: str, number: str) -> str:
        with desk.database.unit_of_work() as session:
            key = following.ask(session, reference, number, desk.now)
            code = session.scalars(select(LookupCode).where(LookupCode.key == key)).one()
            for _ in range(2):  # a task may run twice
                following.plan(session, code.id, True, desk.now)
        return key

    def opens(key: str, code: str) -> bool:
        with desk.database.unit_of_work() as session:
            return following.case_shown(session, key, code, "secret", desk.now) is not None

    def sent() -> list[Message]:
        with desk.database.unit_of_work() as session:
            return list(session.scalars(select(Message).where(Message.purpose == "code").order_by(Message.id)))

    key = ask(case.reference, "+84912345678")
    (message,) = sent()
    code = following.digits(key, "secret")
    assert (message.text, message.address) == ("", "+84912345678")  # the code is nowhere to be read
    with desk.database.unit_of_work() as session:
        assert code in (following.text_of(session, message.code_id or 0, "secret", desk.now) or "")
        assert following.text_of(session, message.code_id or 0, "secret", desk.now + timedelta(minutes=11)) is None
    assert opens(key, f" {code[:3]} {code[3:]} ")
    assert not opens("x", code)
    for reference, number in ((case.reference, "+84999999999"), ("H37.21-200101-0001", "+84912345678"), ("x", "x")):
        other = ask(reference, number)
        assert not opens(other, following.digits(other, "secret")), "a code that nobody was sent opens nothing"
    assert len(sent()) == 1
    key = ask(case.reference, "+84912345678")
    assert not any(opens(key, f"{n:06}") for n in range(5) if f"{n:06}" != following.digits(key, "secret"))
    assert not opens(key, following.digits(key, "secret")), "too many tries"
    ask(case.reference, "+84912345678")
    ask(case.reference, "+84912345678")
    assert len(sent()) == 3, "a phone is not flooded"
    desk.now += timedelta(hours=2)
    key = ask(case.reference, "+84912345678")
    desk.now += timedelta(minutes=11)
    assert not opens(key, following.digits(key, "secret"))
    with desk.database.unit_of_work() as session:
        desk.now += timedelta(days=2)
        following.forget_old(session, desk.now)
        assert session.scalar(select(func.count()).select_from(LookupCode)) == 0


def test_who_types_for_somebody_is_recorded_and_the_case_is_the_citizens(desk: Desk) -> None:
    officer = desk.actor("motcua")
    with desk.database.unit_of_work() as session:
        draft = drafts.begin(session, desk.account(session, "motcua"), CODE, demo.AGENCY, desk.now, is_assisted=True)
        assert draft.typed == {}
        draft.typed = flat(BIRTH)
        file = uploads.prepare(uploads.Incoming("a.pdf", PDF), uploads.Checks(5))
        uploads.add(session, desk.storage, file, draft_id=draft.id, slot=0, now=desk.now)
    with desk.database.unit_of_work() as session:
        case = intake.submit(session, desk.storage, draft.id, by=officer, now=desk.now)
        citizen = desk.account(session, "congdan")
        assert (case.typed_by, case.channel) == (officer.account_id, "desk")
        assert case.applicant_id == citizen.id, "the one whose number was typed sees it"
        submitter = session.get_one(CasePerson, (case.id, PersonRole.SUBMITTER))
        assert submitter.name == BIRTH["requester"]["requester_name"]


def test_applying_again_takes_the_answers_along(desk: Desk) -> None:
    case = desk.submit()
    with desk.database.unit_of_work() as session:
        row = session.get_one(Case, case.id)
        draft = again.begin_from(session, row, desk.account(session, "congdan"), desk.now)
        assert drafts.checked(draft, desk_form(session, draft), desk.now).values == row.answers
        with pytest.raises(NotFound):
            again.begin_from(session, row, desk.account(session, "motcua"), desk.now)


def desk_form(session, draft: Draft):
    from portal.publishing import queries

    return queries.version(session, draft.version_id).form


def test_what_was_said_once_stands_in_the_next_form(desk: Desk) -> None:
    with desk.database.unit_of_work() as session:
        account = desk.account(session, "congdan")
        own = {**BIRTH["requester"], "requester_name": account.full_name, "requester_email": "a@vidu.vn"}
        draft = desk.draft()
        row = session.get_one(Draft, draft.id)
        row.typed = {**flat(BIRTH), **own, "requester_residence__detail": "Số 9"}
    with desk.database.unit_of_work() as session:
        intake.submit(session, desk.storage, draft.id, by=desk.actor("congdan"), now=desk.now)
        later = drafts.begin(session, desk.account(session, "congdan"), "1.001612", demo.AGENCY, desk.now)
        assert later.typed["requester_email"] == "a@vidu.vn"
        assert later.typed["requester_residence__detail"] == "Số 9"
        assert later.typed["owner_name"] == account.full_name


def test_the_desk_that_typed_for_somebody_answers_for_them(desk: Desk, asked: Case) -> None:
    with desk.database.unit_of_work() as session:
        case = session.get_one(Case, asked.id)
        case.typed_by, case.applicant_id = desk.actor("motcua").account_id, None
        with pytest.raises(NotFound):
            supplements.draft_of(session, case, desk.actor("chuyenvien"), desk.now)
    case = send(desk, asked, "Người dân mang giấy đến.", "motcua")
    assert case.state == State.SUBMITTED


def test_looking_at_a_supplement_takes_it_from_nobody(desk: Desk, asked: Case) -> None:
    """The applicant fills it in while the desk that typed the application looks, and both go on."""
    with desk.database.unit_of_work() as session:
        session.get_one(Case, asked.id).typed_by = desk.actor("motcua").account_id
    people = [desk.actor(login) for login in ("congdan", "motcua")]
    with desk.database.unit_of_work() as session:
        case = session.get_one(Case, asked.id)
        opened = [supplements.draft_of(session, case, person, desk.now).id for person in people]
    assert opened[0] == opened[1]
    for person in people:
        with desk.database.unit_of_work() as session:
            assert drafts.draft_for(session, person, opened[0]).id == opened[0]
    with desk.database.unit_of_work() as session, pytest.raises(NotFound):
        drafts.draft_for(session, desk.actor("chuyenvien"), opened[0])
