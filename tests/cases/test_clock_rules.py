"""Supplements, rescheduling and stopping: what happens to the clocks, and who may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.base.clock import local_day
from portal.base.errors import Forbidden, Invalid, Refusal
from portal.cases.lateness import is_late
from portal.cases.lifecycle import NATIONAL, Action, State
from portal.cases.words import status_sentence
from portal.deadlines.calendar import provincial_calendar
from services_catalog.loader import library
from tests.publishing.test_versions import publish
from tests.support.desk import PATH, Desk

ASK = {"request": "Thiếu giấy"}
GIVEN = {"note": "Đã thêm"}


def test_the_clock_runs_on_where_the_procedure_says_so(desk: Desk) -> None:
    publish(desk, after_supplement="resume", promised_hours=24)
    case = desk.case_at(Action.ROUTE)
    due = case.due_at
    calendar = provincial_calendar()
    desk.now += timedelta(hours=2)
    left = calendar.working_time(desk.now, due)
    case = desk.do(case, "chuyenvien", Action.REQUEST_SUPPLEMENT, details=ASK)
    assert case.due_at is None
    desk.now += timedelta(days=6)
    case = desk.do(case, "congdan", Action.SUPPLY, details=GIVEN)
    assert calendar.working_time(desk.now, case.due_at) == left
    assert case.previous_due_at == due


def test_the_clock_begins_anew_by_default(desk: Desk) -> None:
    publish(desk, promised_hours=24)
    case = desk.case_at(Action.ROUTE)
    desk.now += timedelta(days=2)
    case = desk.do(case, "chuyenvien", Action.REQUEST_SUPPLEMENT, details=ASK)
    desk.now += timedelta(days=2)
    case = desk.do(case, "congdan", Action.SUPPLY, details=GIVEN)
    assert provincial_calendar().working_time(desk.now, case.due_at) == timedelta(hours=24)


@pytest.mark.parametrize(("last", "login"), [(None, "motcua"), (Action.ROUTE, "chuyenvien")])
def test_each_unit_asks_once_and_the_head_a_second_time(desk: Desk, last: Action | None, login: str) -> None:
    case = desk.do(desk.case_at(last), login, Action.REQUEST_SUPPLEMENT, details=ASK)
    case = desk.do(case, "congdan", Action.SUPPLY, details=GIVEN)
    with pytest.raises(Forbidden, match="lãnh đạo phòng"):
        desk.do(case, login, Action.REQUEST_SUPPLEMENT, details=ASK)
    case = desk.do(case, "truongphong", Action.REQUEST_SUPPLEMENT, details=ASK)
    assert case.state == State.SUPPLEMENT
    case = desk.do(case, "congdan", Action.SUPPLY, details=GIVEN)
    assert case.state == (State.IN_PROCESS if last else State.SUBMITTED)


def test_the_desk_may_decline_once_the_time_to_answer_is_over(desk: Desk) -> None:
    publish(desk, supplement_days=5)
    case = desk.do(desk.submit(), "motcua", Action.REQUEST_SUPPLEMENT, details=ASK)
    assert local_day(case.supplement_due_at) == local_day(desk.now) + timedelta(days=6)  # the fifth is a Sunday
    with pytest.raises(Refusal, match="Chưa hết thời hạn"):
        desk.do(case, "motcua", Action.DECLINE, details={"reason": "Quá hạn"})
    desk.now += timedelta(days=7)
    assert desk.waiting("motcua") == [case.id]
    case = desk.do(case, "motcua", Action.DECLINE, details={"reason": "Quá hạn bổ sung"})
    assert NATIONAL[State(case.state)][0] == 3


def test_a_case_is_put_off_once_with_an_apology_and_stays_late(desk: Desk) -> None:
    case = desk.case_at(Action.ROUTE)
    first = case.due_at
    new_day = local_day(first) + timedelta(days=7)
    details = {"new_day": new_day.isoformat(), "reason": "Chờ xác minh"}
    with pytest.raises(Forbidden):
        desk.do(case, "chuyenvien", Action.RESCHEDULE, details=details)
    for wrong in ({**details, "new_day": local_day(first).isoformat()}, {**details, "new_day": "mai"}, {}):
        with pytest.raises(Invalid):
            desk.do(case, "truongphong", Action.RESCHEDULE, details=wrong)
    case = desk.do(case, "truongphong", Action.RESCHEDULE, details=details)
    assert local_day(case.due_at) == new_day
    told = status_sentence(case, library().workflows["same-day-civil-status"], "Phường")
    assert "xin lỗi" in told
    assert (case.promised_due_at, case.state, case.stage) == (first, State.IN_PROCESS, "examine")
    with pytest.raises(Refusal, match="một lần"):
        desk.do(case, "truongphong", Action.RESCHEDULE, details=details)
    desk.now = first + timedelta(days=1)
    for login, action, given in PATH[2:7]:
        case = desk.do(case, login, action, details=given)
    assert case.finished_at < case.due_at
    assert is_late(case, desk.now)


def test_stopping_is_a_status_of_its_own(desk: Desk) -> None:
    case = desk.case_at(Action.ROUTE)
    with pytest.raises(Forbidden):
        desk.do(case, "chuyenvien", Action.DISCONTINUE, details={"reason": "Trùng"})
    with pytest.raises(Invalid):
        desk.do(case, "truongphong", Action.DISCONTINUE, details={})
    case = desk.do(case, "truongphong", Action.DISCONTINUE, details={"reason": "Hồ sơ trùng"})
    assert NATIONAL[State(case.state)] == (8, "Dừng xử lý")
    assert case.handling_minutes is None  # no result: not in the figures of real times
