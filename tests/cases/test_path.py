"""A case on its way: every step, every refusal, and what each transaction writes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from portal.base.clock import VIETNAM
from portal.base.errors import Forbidden, Invalid, NotFound, Refusal, Stale
from portal.cases import drafts, intake, queries
from portal.cases.lifecycle import OPTIONAL, TRANSITIONS, Action, State
from portal.cases.models import Case, CaseEvent
from portal.cases.permissions import actions_of, works_with
from portal.desk import queues
from portal.desk.queues import Queue
from portal.documents.models import Document
from portal.identity.actor import Actor
from portal.identity.models import Role
from portal.issuing.register import result_of
from portal.notifications.models import Notice
from portal.outbox.models import OutboxMessage
from services_catalog.loader import library
from tests.support.desk import DECISION, PATH, Desk

WORKFLOW = library().workflows["same-day-civil-status"]
LOGINS = ("congdan", "motcua", "chuyenvien", "truongphong", "lanhdao", "vanthu", "system")


def test_the_whole_path(desk: Desk) -> None:
    case = desk.case_at(Action.DELIVER)
    assert case.state == State.RETURNED
    assert case.is_granted
    assert case.finished_at is not None
    with desk.database.unit_of_work() as session:
        events = [event.event for event in queries.history(session, case)]
        result = result_of(session, case.id)
    assert events == ["case.submitted", *(TRANSITIONS[action].event for _, action, _ in PATH)]
    assert result is not None
    assert (result.number, result.year) == (1, 2026)


def test_a_transition_writes_state_event_notice_and_outbox_together(desk: Desk) -> None:
    case = desk.submit()
    before = _counts(desk)
    desk.do(case, "motcua", Action.ACCEPT)
    after = _counts(desk)
    assert {name: after[name] - before[name] for name in after} == {"events": 1, "notices": 1, "messages": 2}
    desk_due = desk.now.astimezone(VIETNAM).replace(hour=17, minute=30, second=0, microsecond=0)
    with desk.database.unit_of_work() as session:
        fresh = session.get_one(Case, case.id)
        assert fresh.state == State.ACCEPTED
        assert fresh.due_at == desk_due
        notice = session.scalars(select(Notice).order_by(Notice.id.desc())).first()
        assert notice is not None
        assert "17:30 thứ Ba 10/03/2026" in notice.text


def test_a_refused_transition_writes_nothing(desk: Desk) -> None:
    case = desk.submit()
    before = _counts(desk)
    with pytest.raises(Invalid):
        desk.do(case, "motcua", Action.DECLINE, details={"reason": "  "})
    with pytest.raises(Forbidden):
        desk.do(case, "chuyenvien", Action.ACCEPT)
    assert _counts(desk) == before


def _counts(desk: Desk) -> dict[str, int]:
    with desk.database.unit_of_work() as session:
        tables = {"events": CaseEvent, "notices": Notice, "messages": OutboxMessage}
        return {name: session.scalar(select(func.count()).select_from(t)) or 0 for name, t in tables.items()}


@pytest.mark.parametrize("reached", [None, *(action for _, action, _ in PATH)])
def test_only_the_holder_of_a_step_may_take_it(desk: Desk, reached: Action | None) -> None:
    """For each point of the path: what is offered is exactly what `perform` lets through."""
    case = desk.case_at(reached)
    index = [action for _, action, _ in PATH].index(reached) + 1 if reached else 0
    following = PATH[index] if index < len(PATH) else None
    for login in LOGINS:
        actor = desk.actor(login)
        offered = actions_of(actor, case, WORKFLOW, desk.now)
        if following and login == following[0]:
            assert following[1] in offered
        for action in Action:
            if action not in offered:
                with pytest.raises(Refusal):
                    desk.do(case, login, action, details={**DECISION, "reason": "x", "request": "x", "note": "x"})


def test_staff_of_other_agencies_see_nothing(desk: Desk) -> None:
    case = desk.submit()
    stranger = Actor(10_000, "Người khác", frozenset({("ubnd-05977", Role.RECEIVING_OFFICER)}))
    with desk.database.unit_of_work() as session:
        with pytest.raises(NotFound):
            queries.case_for(session, stranger, case.reference)
        assert desk.waiting(stranger) == []
        assert queues.page(session, stranger, Queue.ALL, desk.now).rows == []


def test_the_second_of_two_officers_is_told(desk: Desk) -> None:
    case = desk.submit()
    desk.do(case, "motcua", Action.ACCEPT, expected_version=case.version)
    with pytest.raises(Stale):
        desk.do(case, "motcua", Action.DECLINE, details={"reason": "x"}, expected_version=case.version)


def test_sending_twice_makes_one_case(desk: Desk) -> None:
    draft = desk.draft()
    actor = desk.actor("congdan")
    references = set()
    for _ in range(2):
        with desk.database.unit_of_work() as session:
            references.add(intake.submit(session, desk.storage, draft.id, by=actor, now=desk.now).reference)
    assert len(references) == 1
    with desk.database.unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 1


def test_an_incomplete_application_is_not_taken(desk: Desk) -> None:
    for draft, missing in ((desk.draft(answers=False), "chưa điền"), (desk.draft(paper=False), "Giấy chứng sinh")):
        with pytest.raises(Refusal, match=missing), desk.database.unit_of_work() as session:
            intake.submit(session, desk.storage, draft.id, by=desk.actor("congdan"), now=desk.now)


def test_the_papers_go_with_the_case(desk: Desk) -> None:
    case = desk.submit()
    with desk.database.unit_of_work() as session:
        documents = session.scalars(select(Document).where(Document.case_id == case.id)).all()
        assert len(documents) == 1
        assert desk.storage.get(documents[0].sha256).startswith(b"%PDF")


def test_a_supplement_stops_the_clock_and_starts_it_anew(desk: Desk) -> None:
    case = desk.case_at(Action.ROUTE)
    first_due = case.due_at
    case = desk.do(case, "chuyenvien", Action.REQUEST_SUPPLEMENT, details={"request": "Ảnh mờ.\nChụp lại."})
    assert (case.state, case.due_at, case.previous_due_at) == (State.SUPPLEMENT, None, first_due)
    desk.now += timedelta(days=2)
    case = desk.do(case, "congdan", Action.SUPPLY, details={"note": "Đã chụp lại"})
    assert (case.state, case.stage, case.request_to_applicant) == (State.IN_PROCESS, "examine", None)
    assert case.due_at == first_due + timedelta(days=2)
    assert case.previous_due_at == first_due


def test_a_supplement_that_the_desk_asked_for_comes_back_to_the_desk(desk: Desk) -> None:
    case = desk.submit()
    first_due = case.acceptance_due_at
    desk.do(case, "motcua", Action.REQUEST_SUPPLEMENT, details={"request": "Thiếu giấy."})
    desk.now += timedelta(days=1)
    case = desk.do(case, "congdan", Action.SUPPLY, details={"note": "Đã thêm"})
    assert (case.state, case.stage) == (State.SUBMITTED, None)
    assert case.acceptance_due_at == first_due + timedelta(days=1)


def test_a_review_may_send_back_and_the_same_officer_gets_it(desk: Desk) -> None:
    case = desk.case_at(Action.PROPOSE)
    assert case.stage == "review"
    case = desk.do(case, "truongphong", Action.SEND_BACK, details={"reason": "Sai tên"})
    assert case.stage == "examine"
    assert case.assignee_id == desk.actor("chuyenvien").account_id
    case = desk.do(case, "chuyenvien", Action.PROPOSE, details={"outcome": "refused", "decision": "Không đủ."})
    assert case.is_granted is False


def test_withdrawal_ends_where_the_signature_is(desk: Desk) -> None:
    case = desk.case_at(Action.ENDORSE)
    assert Action.WITHDRAW in actions_of(desk.actor("congdan"), case, WORKFLOW, desk.now)
    case = desk.do(case, "lanhdao", Action.APPROVE)
    with pytest.raises(Refusal, match="không rút được"):
        desk.do(case, "congdan", Action.WITHDRAW, details={"reason": "x"})


def test_history_cannot_be_changed(desk: Desk) -> None:
    desk.submit()
    for statement in ("UPDATE case_events SET event = 'x'", "DELETE FROM case_events", "TRUNCATE case_events CASCADE"):
        with pytest.raises(DBAPIError, match="append-only"), desk.database.unit_of_work() as session:
            session.execute(text(statement))


def test_work_goes_to_the_least_loaded(desk: Desk) -> None:
    from portal.identity.actions import appoint, create_account
    from portal.runtime import demo

    with desk.database.unit_of_work() as session:
        second = create_account(session, login="chuyenvien2", password="x", full_name="Chuyên Viên Hai", now=desk.now)
        appoint(session, second, demo.AGENCY, Role.CASE_OFFICER, desk.now)
        ids = {desk.account(session, "chuyenvien").id, second.id}
    assignees = [desk.case_at(Action.ROUTE).assignee_id for _ in range(4)]
    assert set(assignees[:2]) == ids
    assert set(assignees[2:]) == ids


def test_a_draft_is_its_owner_s_alone(desk: Desk) -> None:
    draft = desk.draft()
    with desk.database.unit_of_work() as session, pytest.raises(NotFound):
        drafts.draft_for(session, desk.actor("motcua"), draft.id)


@pytest.mark.parametrize("reached", [None, *(action for _, action, _ in PATH)])
def test_a_case_is_in_the_queue_of_just_those_who_can_do_something(desk: Desk, reached: Action | None) -> None:
    case = desk.case_at(reached)
    for login in LOGINS[1:-1]:
        actor = desk.actor(login)
        waits = case.id in desk.waiting(actor)
        assert waits == bool(set(actions_of(actor, case, WORKFLOW, desk.now)) - OPTIONAL), login


def test_a_stage_key_means_one_role_in_all_processes() -> None:
    stages = {
        (stage.key, stage.role, stage.does) for workflow in library().workflows.values() for stage in workflow.stages
    }
    assert len({key for key, _, _ in stages}) == len(stages)


@pytest.mark.parametrize("reached", [None, Action.ROUTE, Action.ENDORSE, Action.RELEASE], ids=str)
def test_nobody_handles_their_own_case(desk: Desk, reached: Action | None) -> None:
    """Whoever has applied is an applicant to the desk, too, whatever positions they hold."""
    case = desk.case_at(reached)
    officers = {None: "motcua", Action.ROUTE: "chuyenvien", Action.ENDORSE: "lanhdao", Action.RELEASE: "motcua"}
    officer = desk.actor(officers[reached])
    assert case.id in desk.waiting(officer)
    with desk.database.unit_of_work() as session:
        session.get_one(Case, case.id).applicant_id = officer.account_id
    with desk.database.unit_of_work() as session:
        row = session.get_one(Case, case.id)
        assert set(actions_of(officer, row, WORKFLOW, desk.now)) <= {Action.WITHDRAW, Action.DELIVER}
        assert not works_with(officer, row)
    assert case.id not in desk.waiting(officer)


def test_a_case_is_given_to_somebody_else_than_its_applicant(desk: Desk) -> None:
    case = desk.case_at(Action.ACCEPT)
    with desk.database.unit_of_work() as session:
        session.get_one(Case, case.id).applicant_id = desk.actor("chuyenvien").account_id
    assert desk.do(case, "system", Action.ROUTE).assignee_id is None
