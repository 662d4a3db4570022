"""Stages as data: other agencies, conditions, the machine, and one person for several of them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from portal.base.clock import local_day
from portal.base.errors import Forbidden, NotFound, Refusal
from portal.cases import queries, stuck
from portal.cases.automatic import lapse, reassign
from portal.cases.lifecycle import MACHINE, Action, State
from portal.cases.models import Case
from portal.desk import queues
from portal.desk.queues import Queue
from portal.identity import delegations
from portal.identity.actions import appoint, close_account
from portal.identity.actor import SYSTEM, Actor
from portal.identity.models import Role
from portal.issuing.register import result_of
from portal.outbox.models import OutboxMessage
from portal.runtime.demo import AGENCY
from tests.publishing.test_versions import publish
from tests.support.desk import DECISION, Desk

OTHER = "so-tu-phap"


def stage(key: str, role: str, does: str, hours: int = 1, **more: Any) -> dict[str, Any]:
    return {"key": key, "label": f"Bước {key}", "role": role, "does": does, "hours": hours, **more}


RECEIVE = stage("receive", "receiving_officer", "receive")
EXAMINE = stage("examine", "case_officer", "propose", 3)
REVIEW = stage("review", "head", "endorse")
APPROVE = stage("approve", "approver", "approve", 2)
ISSUE = stage("issue", "clerk", "issue")


def with_stages(desk: Desk, *stages: dict[str, Any]) -> None:
    publish(desk, stages=list(stages), promised_hours=sum(s["hours"] for s in stages))


def officer(desk: Desk, login: str, agency: str, role: Role) -> None:
    with desk.database.unit_of_work() as session:
        appoint(session, desk.account(session, login), agency, role, desk.now)


def test_a_stage_may_be_at_another_agency(desk: Desk) -> None:
    officer(desk, "bientap", OTHER, Role.APPROVER)
    with_stages(desk, RECEIVE, EXAMINE, {**APPROVE, "agency": OTHER}, ISSUE)
    case = desk.case_at(Action.ROUTE)
    other = desk.actor("bientap")
    with desk.database.unit_of_work() as session, pytest.raises(NotFound):
        queries.case_for(session, other, case.reference)
    case = desk.do(case, "chuyenvien", Action.PROPOSE, details=DECISION)
    assert case.stage_agency_key == OTHER
    with desk.database.unit_of_work() as session:
        assert desk.waiting(other) == [case.id]
        assert case.id not in {
            row.case.id for row in queues.page(session, desk.actor("lanhdao"), Queue.MINE, desk.now).rows
        }
    with pytest.raises(Forbidden):
        desk.do(case, "lanhdao", Action.APPROVE)
    case = desk.do(case, "bientap", Action.APPROVE)
    assert (case.stage_agency_key, case.stage) == (AGENCY, "issue")
    case = desk.do(case, "vanthu", Action.ISSUE)
    with desk.database.unit_of_work() as session:
        result = result_of(session, case.id)
        assert result is not None
        assert result.agency_key == AGENCY
        assert queries.case_for(session, other, case.reference).id == case.id  # it took part


def test_a_stage_of_the_parent_agency_is_found(desk: Desk) -> None:
    with_stages(desk, RECEIVE, EXAMINE, {**APPROVE, "agency": "@parent"}, ISSUE)
    case = desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.PROPOSE, details=DECISION)
    assert case.stage_agency_key == "ubnd-tinh"


@pytest.mark.parametrize(("outcome", "following"), [("granted", "approve"), ("refused", "review")])
def test_a_stage_whose_condition_does_not_hold_is_left_out(desk: Desk, outcome: str, following: str) -> None:
    with_stages(desk, RECEIVE, EXAMINE, {**REVIEW, "when": "outcome = refused"}, APPROVE, ISSUE)
    case = desk.case_at(Action.ROUTE)
    case = desk.do(case, "chuyenvien", Action.PROPOSE, details={"outcome": outcome, "decision": "Vì vậy"})
    assert case.stage == following
    if outcome == "refused":
        case = desk.do(case, "truongphong", Action.ENDORSE)
    case = desk.do(case, "lanhdao", Action.SEND_BACK, details={"reason": "Xem lại"})
    assert case.stage == ("review" if outcome == "refused" else "examine")


def test_a_condition_may_ask_for_an_answer(desk: Desk) -> None:
    with_stages(desk, RECEIVE, EXAMINE, {**REVIEW, "when": "child_sex != female"}, APPROVE, ISSUE)
    case = desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.PROPOSE, details=DECISION)
    assert case.answers["child_sex"] == "female"
    assert case.stage == "approve"


def test_it_may_be_sent_back_to_any_earlier_stage(desk: Desk) -> None:
    case = desk.case_at(Action.ENDORSE)
    case = desk.do(case, "lanhdao", Action.SEND_BACK, details={"reason": "Sai tên", "to": "examine"})
    assert case.stage == "examine"
    with desk.database.unit_of_work() as session:
        assert case.assignee_id == desk.account(session, "chuyenvien").id
    for nonsense in ("approve", "issue", "receive", "x"):
        again = desk.do(case, "chuyenvien", Action.PROPOSE, details=DECISION)
        with pytest.raises(Refusal) as refusal:
            desk.do(again, "truongphong", Action.SEND_BACK, details={"reason": "Sai", "to": nonsense})
        assert refusal.value.code == "invalid"
        case = desk.do(again, "truongphong", Action.SEND_BACK, details={"reason": "Sai"})


def test_the_machine_gives_the_number_where_the_stage_is_its_own(desk: Desk) -> None:
    with_stages(desk, RECEIVE, EXAMINE, APPROVE, {**ISSUE, "automatic": True})
    case = desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.PROPOSE, details=DECISION)
    with pytest.raises(Refusal):
        desk.do(case, "system", Action.APPROVE)  # that stage is people's
    case = desk.do(case, "lanhdao", Action.APPROVE)
    assert case.stage_role == MACHINE
    with pytest.raises(Forbidden):
        desk.do(case, "vanthu", Action.ISSUE)
    with desk.database.unit_of_work() as session:
        topics = session.scalars(select(OutboxMessage.topic).where(OutboxMessage.subject_id == case.id)).all()
        assert topics.count("stage.automatic") == 1
        late = desk.now.replace(hour=9)
        assert [found.id for found in stuck.stuck(session, late)] == [case.id]
    assert desk.do(case, "system", Action.ISSUE).state == State.ISSUING


def test_the_machine_does_not_finish_the_stages_of_people(desk: Desk) -> None:
    case = desk.case_at(Action.APPROVE)
    with pytest.raises(Forbidden):
        desk.do(case, "system", Action.ISSUE)


def test_options_of_a_stage_are_all_it_may_do(desk: Desk) -> None:
    with_stages(desk, RECEIVE, {**EXAMINE, "options": ["opinion"]}, APPROVE, ISSUE)
    case = desk.case_at(Action.ROUTE)
    with pytest.raises(Refusal, match="Bước này không được"):
        desk.do(case, "chuyenvien", Action.REQUEST_SUPPLEMENT, details={"request": "Thêm"})
    with pytest.raises(Refusal, match="Bước này không được"):
        desk.do(case, "chuyenvien", Action.REQUEST_PAYMENT, details={"charge": "1", "request": "Nộp"})
    ask = {"agency": OTHER, "question": "Có vướng không?", "days": "2"}
    assert desk.do(case, "chuyenvien", Action.CONSULT, details=ask).asked_keys == [OTHER]


def test_several_stages_of_one_person_in_one_go(desk: Desk) -> None:
    for role in (Role.HEAD, Role.APPROVER):
        officer(desk, "chuyenvien", AGENCY, role)
    case = desk.case_at(Action.ROUTE)
    case = desk.do(case, "chuyenvien", Action.PROPOSE, details=DECISION, through=True)
    assert case.stage == "issue"  # the clerk is somebody else
    with desk.database.unit_of_work() as session:
        events = [event.event for event in queries.history(session, case)]
    assert events[-3:] == ["case.proposed", "case.endorsed", "case.approved"]


def test_only_what_is_asked_for_is_done_in_one_go(desk: Desk) -> None:
    officer(desk, "chuyenvien", AGENCY, Role.HEAD)
    case = desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.PROPOSE, details=DECISION)
    assert case.stage == "review"


def test_a_head_gives_the_case_to_another_officer(desk: Desk) -> None:
    officer(desk, "bientap", AGENCY, Role.CASE_OFFICER)
    case = desk.case_at(Action.ROUTE)
    with desk.database.unit_of_work() as session:
        first, second = (desk.account(session, login).id for login in ("chuyenvien", "bientap"))
    assert case.assignee_id == first
    with pytest.raises(Refusal):
        desk.do(case, "truongphong", Action.ASSIGN, details={"officer": "999999"})
    case = desk.do(case, "truongphong", Action.ASSIGN, details={"officer": str(second)})
    with pytest.raises(Forbidden):
        desk.do(case, "chuyenvien", Action.PROPOSE, details=DECISION)
    assert desk.do(case, "bientap", Action.PROPOSE, details=DECISION).stage == "review"


def test_a_note_of_the_machine_does_not_make_a_page_stale(desk: Desk) -> None:
    from portal.cases import intake_check

    case = desk.submit()
    with desk.database.unit_of_work() as session:
        intake_check.check(session, case.id, desk.storage, desk.now)
    assert desk.do(case, "motcua", Action.ACCEPT, expected_version=case.version).state == State.ACCEPTED


def test_the_machine_sees_the_same_application_twice(desk: Desk) -> None:
    from portal.cases import intake_check

    first, second = desk.submit(), desk.submit()
    with desk.database.unit_of_work() as session:
        for case in (first, second, second):
            intake_check.check(session, case.id, desk.storage, desk.now)
        said = {case.id: [e.details["reason"] for e in queries.history(session, case) if e.event == "case.checked"]
                for case in (first, second)}  # fmt: skip
    assert said[first.id] == ["Không thấy gì cần lưu ý."]
    assert said[second.id] == [f"Cùng người, cùng thủ tục, đang giải quyết: {first.reference}."]


def test_nobody_is_the_system_by_being_from_elsewhere(desk: Desk) -> None:
    case = desk.submit()
    partner = Actor(None, "Cổng khác", origin="dvcqg")
    assert not partner.is_system
    assert SYSTEM.is_system
    with desk.database.unit_of_work() as session, pytest.raises(NotFound):
        queries.case_for(session, partner, case.reference)


def test_what_is_not_awaited_is_not_closed(desk: Desk) -> None:
    case = desk.case_at(Action.ROUTE)
    with desk.database.unit_of_work() as session:
        lapse(session, case.id, OTHER, desk.now)
        assert session.get_one(Case, case.id).version == case.version


def test_who_has_left_is_replaced_and_who_is_away_gets_nothing_new(desk: Desk) -> None:
    officer(desk, "vanthu", AGENCY, Role.CASE_OFFICER)
    case = desk.case_at(Action.ROUTE)
    today = local_day(desk.now)
    with desk.database.unit_of_work() as session:
        first, second = (desk.account(session, login).id for login in ("chuyenvien", "vanthu"))
        assert case.assignee_id == first
        assert stuck.without_officer(session, desk.now) == []
        close_account(session, "chuyenvien")
        assert stuck.without_officer(session, desk.now) == [case.id]
        for _ in range(2):
            reassign(session, case.id, desk.now)
        assert session.get_one(Case, case.id).assignee_id == second
        assert stuck.without_officer(session, desk.now) == []
        position = next(p for p in desk.account(session, "vanthu").positions if p.role == Role.CASE_OFFICER)
        officer_again = desk.account(session, "motcua")
        appoint(session, officer_again, AGENCY, Role.CASE_OFFICER, desk.now)
        delegations.delegate(session, position.id, "motcua", today, today, "Nghỉ phép", title=None,
                             by=desk.actor("vanthu"), now=desk.now)  # fmt: skip
    for _ in range(2):
        fresh = desk.case_at(Action.ROUTE)
        assert fresh.assignee_id == officer_again.id


def test_the_second_agency_may_ask_for_a_supplement_of_its_own(desk: Desk) -> None:
    officer(desk, "bientap", OTHER, Role.CASE_OFFICER)
    second = stage("second", "case_officer", "endorse", agency=OTHER, options=["supplement"])
    with_stages(desk, RECEIVE, EXAMINE, second, APPROVE, ISSUE)
    ask, given = {"request": "Thêm"}, {"note": "Đây"}
    case = desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.REQUEST_SUPPLEMENT, details=ask)
    case = desk.do(case, "congdan", Action.SUPPLY, details=given)
    case = desk.do(case, "chuyenvien", Action.PROPOSE, details=DECISION)
    case = desk.do(case, "bientap", Action.REQUEST_SUPPLEMENT, details=ask)
    case = desk.do(case, "congdan", Action.SUPPLY, details=given)
    assert (case.stage, case.stage_agency_key) == ("second", OTHER)
    with pytest.raises(Forbidden):  # but once
        desk.do(case, "bientap", Action.REQUEST_SUPPLEMENT, details=ask)


def test_money_is_confirmed_where_it_was_asked_for(desk: Desk) -> None:
    officer(desk, "bientap", OTHER, Role.CASE_OFFICER)
    officer(desk, "duyetdanhmuc", OTHER, Role.ACCOUNTANT)
    second = stage("second", "case_officer", "endorse", agency=OTHER, options=["payment"])
    with_stages(desk, RECEIVE, EXAMINE, second, APPROVE, ISSUE)
    case = desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.PROPOSE, details=DECISION)
    case = desk.do(case, "bientap", Action.REQUEST_PAYMENT, details={"charge": "1000", "request": "Nộp"})
    assert desk.waiting("duyetdanhmuc") == [case.id]
    assert desk.waiting("ketoan") == []
    with pytest.raises(Forbidden):
        desk.do(case, "ketoan", Action.CONFIRM_PAYMENT, details={"note": "x"})
    assert desk.do(case, "duyetdanhmuc", Action.CONFIRM_PAYMENT, details={"note": "x"}).stage == "second"


def test_only_finishing_a_stage_goes_on_to_the_next(desk: Desk) -> None:
    for role in (Role.HEAD, Role.APPROVER):
        officer(desk, "chuyenvien", AGENCY, role)
    case = desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.PROPOSE, details=DECISION, through=True)
    case = desk.do(case, "vanthu", Action.SEND_BACK, details={"reason": "Sai"}, through=True)
    assert case.stage == "approve"
