"""Linked cases: another agency's case with its own code and clock, for which the first one waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from portal.base.errors import Invalid, Refusal
from portal.cases import invariants, queries, stuck
from portal.cases.automatic import child_ended, parent_ended
from portal.cases.lifecycle import Action, State
from portal.cases.linked import children_of, people_of
from portal.cases.models import Case, PersonRole
from portal.documents import uploads
from portal.notifications.models import Notice
from portal.outbox.models import OutboxMessage
from portal.runtime.demo import POLICE
from tests.support.desk import DECISION, PATH, Desk

RESIDENCE = "1.010039"  # điều chỉnh thông tin cư trú, at the police of the ward
REFER = {"procedure": RESIDENCE, "agency": POLICE, "note": "Nhập hộ khẩu cho cháu theo mẹ."}


@pytest.fixture
def pair(desk: Desk) -> tuple[Case, Case]:
    parent = desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.REFER, details=REFER)
    with desk.database.unit_of_work() as session:
        (child,) = children_of(session, parent)
    return parent, child


def run(desk: Desk, child: Case) -> Case:
    for login, action, details in PATH[:-1]:
        child = desk.do(child, login, action, details=details)
    return child


def test_the_child_has_what_the_parent_has(desk: Desk, pair: tuple[Case, Case]) -> None:
    parent, child = pair
    assert (child.agency_key, child.state, parent.open_children) == (POLICE, State.SUBMITTED, 1)
    assert child.reference != parent.reference
    assert child.answers["requester_name"] == parent.answers["requester_name"]
    assert child.answers["request"] == REFER["note"]
    with desk.database.unit_of_work() as session:
        assert [d.sha256 for d in uploads.of_case(session, child.id)] == [
            d.sha256 for d in uploads.of_case(session, parent.id)
        ]
        assert people_of(session, child.id)[PersonRole.OWNER] == people_of(session, parent.id)[PersonRole.OWNER]
        rows = queries.of_applicant(session, desk.actor("congdan"))
        assert [row.case.id for row in rows] == [parent.id]  # the child is shown with it
        told = session.scalars(select(Notice).where(Notice.case_id == child.id, Notice.phone.is_not(None))).all()
        assert told == []


def test_the_parent_waits_and_takes_the_result_over(desk: Desk, pair: tuple[Case, Case]) -> None:
    parent, child = pair
    with pytest.raises(Refusal, match="liên thông"):
        desk.do(parent, "chuyenvien", Action.PROPOSE, details=DECISION)
    child = run(desk, child)
    assert child.state == State.FINISHED
    with desk.database.unit_of_work() as session:
        topics = select(OutboxMessage.topic).where(OutboxMessage.subject_id == child.id)
        assert list(session.scalars(topics)).count("child.done") == 1
    for _ in range(2):
        with desk.database.unit_of_work() as session:
            child_ended(session, child.id, desk.now)
    with desk.database.unit_of_work() as session:
        fresh = session.get_one(Case, parent.id)
        noted = [e.details for e in queries.history(session, fresh) if e.event == "case.child_ended"]
        assert noted == [{"child": child.reference, "outcome": "đồng ý"}]
        assert session.get_one(Case, child.id).state == State.RETURNED
        assert not [rule for rule, found in invariants.check(session).items() if found and "kết quả" not in rule]
    assert desk.do(parent, "chuyenvien", Action.PROPOSE, details=DECISION).stage == "review"


@pytest.mark.parametrize("how", [Action.DECLINE, Action.DISCONTINUE])
def test_a_child_that_ends_badly_is_noted_as_well(desk: Desk, pair: tuple[Case, Case], how: Action) -> None:
    parent, child = pair
    if how is Action.DISCONTINUE:
        child = desk.do(child, "motcua", Action.ACCEPT)
    desk.do(child, "motcua" if how is Action.DECLINE else "truongphong", how, details={"reason": "Không đủ"})
    with desk.database.unit_of_work() as session:
        child_ended(session, child.id, desk.now)
        assert session.get_one(Case, parent.id).open_children == 0


def test_the_applicant_may_supply_but_not_withdraw_the_child(desk: Desk, pair: tuple[Case, Case]) -> None:
    _, child = pair
    with pytest.raises(Refusal):
        desk.do(child, "congdan", Action.WITHDRAW, details={"reason": "x"})
    child = desk.do(child, "motcua", Action.REQUEST_SUPPLEMENT, details={"request": "Thiếu sổ"})
    with desk.database.unit_of_work() as session:
        told = session.scalars(select(Notice.purpose).where(Notice.case_id == child.id)).all()
        assert told == ["case.supplement_requested"]
    assert desk.do(child, "congdan", Action.SUPPLY, details={"note": "Đây"}).state == State.SUBMITTED


def test_the_child_ends_with_its_parent(desk: Desk, pair: tuple[Case, Case]) -> None:
    parent, child = pair
    desk.do(parent, "congdan", Action.WITHDRAW, details={"reason": "Thôi"})
    for _ in range(2):
        with desk.database.unit_of_work() as session:
            parent_ended(session, parent.id, desk.now)
    with desk.database.unit_of_work() as session:
        assert session.get_one(Case, child.id).state == State.WITHDRAWN
        child_ended(session, child.id, desk.now)  # the parent is over: nothing to note, nothing fails
        assert session.get_one(Case, parent.id).state == State.WITHDRAWN


def test_an_agency_that_is_asked_may_have_a_linked_case_too(desk: Desk) -> None:
    ask = {"agency": POLICE, "question": "Có vướng không?", "days": "2"}
    case = desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.CONSULT, details=ask)
    assert desk.do(case, "chuyenvien", Action.REFER, details=REFER).open_children == 1


@pytest.mark.parametrize(
    "wrong", [{"procedure": "9.999999"}, {"agency": "so-tu-phap"}, {"agency": "x"}, {"note": " "}, {"procedure": ""}]
)
def test_what_cannot_be_opened_is_refused_whole(desk: Desk, wrong: dict[str, str]) -> None:
    case = desk.case_at(Action.ROUTE)
    with pytest.raises(Invalid):
        desk.do(case, "chuyenvien", Action.REFER, details={**REFER, **wrong})
    with desk.database.unit_of_work() as session:
        assert session.get_one(Case, case.id).open_children == 0
        assert session.scalars(select(Case)).all() == [session.get_one(Case, case.id)]


def test_a_done_child_whose_message_is_lost_is_found(desk: Desk, pair: tuple[Case, Case]) -> None:
    parent, child = pair
    child = run(desk, child)
    later = desk.now + timedelta(minutes=3)
    with desk.database.unit_of_work() as session:
        session.execute(delete(OutboxMessage).where(OutboxMessage.topic == "child.done"))
        assert child.reference in [case.reference for case in stuck.stuck(session, later)]
        assert stuck.set_going(session, later) == [child.reference]
        assert stuck.set_going(session, later) == []
        child_ended(session, child.id, later)
        assert stuck.stuck(session, later) == []
        assert session.get_one(Case, parent.id).open_children == 0
