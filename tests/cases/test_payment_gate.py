"""Status 6: a financial duty stops the clock until the accountant confirms it, or the head takes the request back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.base.errors import Forbidden, Invalid
from portal.cases import invariants
from portal.cases.lifecycle import NATIONAL, Action, State
from portal.cases.models import Case
from portal.cases.permissions import actions_of
from portal.deadlines.calendar import provincial_calendar
from portal.notifications.models import Notice
from tests.cases.test_path import WORKFLOW
from tests.publishing.test_versions import publish
from tests.support.desk import Desk

ASK = {"charge": "150000", "request": "Lệ phí trước bạ, nộp tại kho bạc."}


def test_the_clock_stands_until_it_is_paid_and_runs_on(desk: Desk) -> None:
    publish(desk, promised_hours=24)  # RESTART after a supplement; money only stands in between
    case = desk.case_at(Action.ROUTE)
    due, calendar = case.due_at, provincial_calendar()
    desk.now += timedelta(hours=2)
    left = calendar.working_time(desk.now, due)
    case = desk.do(case, "chuyenvien", Action.REQUEST_PAYMENT, details=ASK)
    assert NATIONAL[State(case.state)][0] == 6
    assert (case.amount_due, case.due_at, case.previous_due_at) == (150_000, None, due)
    desk.now += timedelta(days=5)
    with desk.database.unit_of_work() as session:
        assert desk.waiting("ketoan") == [case.id]
        (notice,) = session.scalars(select(Notice).where(Notice.purpose == "case.payment_requested"))
        assert "150.000 đ" in notice.text
        assert not any(invariants.check(session).values())
    for login in ("chuyenvien", "congdan", "motcua", "truongphong"):
        with pytest.raises(Forbidden):
            desk.do(case, login, Action.CONFIRM_PAYMENT, details={"note": "x"})
    case = desk.do(case, "ketoan", Action.CONFIRM_PAYMENT, details={"note": "GNT 0123"})
    assert (case.state, case.stage, case.amount_due) == (State.IN_PROCESS, "examine", None)
    assert calendar.working_time(desk.now, case.due_at) == left
    case = desk.do(desk.do(case, "chuyenvien", Action.PROPOSE, details={"outcome": "granted", "decision": ""}),
                   "truongphong", Action.ENDORSE)  # fmt: skip
    assert case.assignee_id is not None


def test_the_desk_may_ask_before_it_accepts(desk: Desk) -> None:
    case = desk.do(desk.submit(), "motcua", Action.REQUEST_PAYMENT, details=ASK)
    desk.now += timedelta(days=1)
    case = desk.do(case, "ketoan", Action.CONFIRM_PAYMENT, details={"note": "0123"})
    assert case.state == State.SUBMITTED
    assert case.acceptance_due_at == provincial_calendar().add_working_hours(desk.now, 8)


@pytest.mark.parametrize("ask", [Action.REQUEST_PAYMENT, Action.REQUEST_SUPPLEMENT])
def test_the_head_takes_a_request_back(desk: Desk, ask: Action) -> None:
    publish(desk, promised_hours=24)
    case = desk.case_at(Action.ROUTE)
    due = case.due_at
    case = desk.do(case, "chuyenvien", ask, details=ASK)
    case = desk.do(case, "truongphong", Action.RECALL_REQUEST, details={"reason": "Hỏi nhầm"})
    assert (case.state, case.stage, case.due_at) == (State.IN_PROCESS, "examine", due)


@pytest.mark.parametrize("amount", ["", "0", "-5", "1.5", "mười", "1e9", "9999999999999999"])
def test_money_is_whole_dong(desk: Desk, amount: str) -> None:
    with pytest.raises(Invalid):
        desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.REQUEST_PAYMENT, details={**ASK, "charge": amount})


def test_the_accountant_has_nothing_else_to_do(desk: Desk) -> None:
    case: Case = desk.case_at(Action.ROUTE)
    assert actions_of(desk.actor("ketoan"), case, WORKFLOW, desk.now) == []
