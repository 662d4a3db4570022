"""Opinions of other agencies, in parallel, each with its own due time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.base.errors import Forbidden, Invalid, Refusal
from portal.cases import invariants, queries
from portal.cases.automatic import lapse
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case
from portal.cases.opinions import opinions_of, overdue
from portal.cases.permissions import actions_of
from portal.deadlines.calendar import provincial_calendar
from portal.identity.actions import appoint
from portal.identity.models import Role
from portal.notifications.models import Notice
from tests.cases.test_path import WORKFLOW
from tests.support.desk import DECISION, Desk

FIRST, SECOND = "so-tu-phap", "so-tai-chinh"
ASK = {"agency": FIRST, "agency_2": SECOND, "question": "Có vướng mắc gì không?", "days": "2"}
ANSWER = {"agency": FIRST, "opinion": "agree", "answer": "Không vướng mắc."}


@pytest.fixture
def asked(desk: Desk) -> Case:
    with desk.database.unit_of_work() as session:
        appoint(session, desk.account(session, "bientap"), FIRST, Role.CASE_OFFICER, desk.now)
        appoint(session, desk.account(session, "duyetdanhmuc"), SECOND, Role.HEAD, desk.now)
    return desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.CONSULT, details=ASK)


def test_both_are_asked_at_once_and_told(desk: Desk, asked: Case) -> None:
    assert asked.asked_keys == [FIRST, SECOND]
    with desk.database.unit_of_work() as session:
        due = {opinion.due_at for opinion in opinions_of(session, asked)}
        told = session.scalars(select(Notice.recipient_id).where(Notice.purpose.startswith("case.consulted"))).all()
        expected = {desk.account(session, login).id for login in ("bientap", "duyetdanhmuc")}
    assert due == {provincial_calendar().add_working_days(desk.now, 2)}
    assert set(told) == expected


def test_the_stage_waits_until_all_have_answered(desk: Desk, asked: Case) -> None:
    with pytest.raises(Refusal, match="còn chờ"):
        desk.do(asked, "chuyenvien", Action.PROPOSE, details=DECISION)
    case = desk.do(asked, "bientap", Action.GIVE_OPINION, details=ANSWER)
    assert case.asked_keys == [SECOND]
    with pytest.raises(Forbidden):
        desk.do(case, "bientap", Action.GIVE_OPINION, details=ANSWER)  # once
    case = desk.do(
        case, "duyetdanhmuc", Action.GIVE_OPINION, details={**ANSWER, "agency": SECOND, "opinion": "disagree"}
    )
    assert desk.do(case, "chuyenvien", Action.PROPOSE, details=DECISION).stage == "review"
    with desk.database.unit_of_work() as session:
        assert [o.agrees for o in opinions_of(session, case)] == [True, False]
        assert not any(invariants.check(session).values())


def test_each_speaks_for_their_own_agency(desk: Desk, asked: Case) -> None:
    with pytest.raises(Invalid):
        desk.do(asked, "bientap", Action.GIVE_OPINION, details={**ANSWER, "agency": SECOND})
    with pytest.raises(Forbidden):
        desk.do(asked, "motcua", Action.GIVE_OPINION, details=ANSWER)


def test_it_waits_in_the_queue_of_those_who_are_asked(desk: Desk, asked: Case) -> None:
    for login in ("bientap", "duyetdanhmuc"):
        actor = desk.actor(login)
        assert actions_of(actor, asked, WORKFLOW, desk.now) == [Action.GIVE_OPINION]
        with desk.database.unit_of_work() as session:
            assert desk.waiting(actor) == [asked.id]
            assert queries.case_for(session, actor, asked.reference).id == asked.id


def test_silence_is_recorded_once_and_the_stage_goes_on(desk: Desk, asked: Case) -> None:
    case = desk.do(asked, "bientap", Action.GIVE_OPINION, details=ANSWER)
    late = provincial_calendar().add_working_days(desk.now, 2) + timedelta(minutes=1)
    with desk.database.unit_of_work() as session:
        assert overdue(session, late - timedelta(minutes=2)) == []
        assert overdue(session, late) == [(case.id, SECOND)]
    for _ in range(2):
        with desk.database.unit_of_work() as session:
            lapse(session, case.id, SECOND, late)
    with desk.database.unit_of_work() as session:
        fresh = session.get_one(Case, case.id)
        closed = [e for e in queries.history(session, fresh) if e.event == "case.opinion_closed"]
        assert len(closed) == 1
        assert "không có ý kiến" in closed[0].details["reason"]
        assert fresh.asked_keys == []
        assert not any(invariants.check(session).values())
    with pytest.raises(Refusal):  # too late
        desk.do(case, "duyetdanhmuc", Action.GIVE_OPINION, details={**ANSWER, "agency": SECOND})


def test_the_officer_may_wait_no_longer(desk: Desk, asked: Case) -> None:
    case = desk.do(asked, "chuyenvien", Action.CLOSE_OPINION, details={"agency": SECOND, "reason": "Hỏi nhầm"})
    assert case.asked_keys == [FIRST]


def test_one_agency_is_asked_once_at_a_time(desk: Desk, asked: Case) -> None:
    with pytest.raises(Invalid):
        desk.do(asked, "chuyenvien", Action.CONSULT, details={**ASK, "agency_2": ""})
    case = desk.do(asked, "bientap", Action.GIVE_OPINION, details=ANSWER)
    again = desk.do(case, "chuyenvien", Action.CONSULT, details={**ASK, "agency_2": ""})
    assert again.asked_keys == [SECOND, FIRST]


@pytest.mark.parametrize("days", ["0", "31", "-1", "hai", "", "²", "9" * 5000])
def test_days_are_days(desk: Desk, asked: Case, days: str) -> None:
    with pytest.raises(Invalid):
        desk.do(asked, "chuyenvien", Action.CONSULT, details={**ASK, "agency": "so-noi-vu", "days": days})


def test_when_the_case_ends_nobody_is_waited_for(desk: Desk, asked: Case) -> None:
    case = desk.do(asked, "congdan", Action.WITHDRAW, details={"reason": "Thôi"})
    assert case.state == State.WITHDRAWN
    with desk.database.unit_of_work() as session:
        assert all(opinion.closed_at for opinion in opinions_of(session, case))
        assert overdue(session, desk.now + timedelta(days=30)) == []
        assert not any(invariants.check(session).values())
