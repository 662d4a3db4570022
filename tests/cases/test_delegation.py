"""Positions delegated by date: what the deputy may do, what is recorded, how they sign."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.base.clock import local_day
from portal.base.errors import Forbidden, Invalid, NotFound
from portal.cases import queries
from portal.cases.lifecycle import Action
from portal.cases.paper import paper_data
from portal.identity import delegations
from portal.identity.actions import appoint
from portal.identity.models import Delegation, Position, Role
from portal.identity.queries import deputies
from portal.runtime.demo import AGENCY
from tests.support.desk import DECISION, Desk


def lend(desk: Desk, of: str, role: Role, to: str, days: int = 3, *, by: str | None = None, **more: str) -> Delegation:
    today = local_day(desk.now)
    with desk.database.unit_of_work() as session:
        position = next(p for p in desk.account(session, of).positions if p.role == role and p.agency_key == AGENCY)
        return delegations.delegate(
            session, position.id, to, today, today + timedelta(days=days), more.get("reason", "Đi công tác"),
            title=more.get("title"), by=desk.actor(by or of), now=desk.now,
        )  # fmt: skip


def test_the_deputy_approves_and_it_says_for_whom(desk: Desk) -> None:
    case = desk.case_at(Action.ENDORSE)
    with pytest.raises(Forbidden):
        desk.do(case, "truongphong", Action.APPROVE)
    lend(desk, "lanhdao", Role.APPROVER, "truongphong", title="KT. CHỦ TỊCH, PHÓ CHỦ TỊCH")
    case = desk.do(case, "truongphong", Action.APPROVE)
    with desk.database.unit_of_work() as session:
        event = queries.history(session, case)[-1]
        assert event.actor_id == desk.account(session, "truongphong").id
        assert event.details["acted_for"] == str(desk.account(session, "lanhdao").id)
        signer = paper_data(session, case, "http://x")
    assert (signer["signer"], signer["signer_title"]) == ("Trưởng Phòng Mẫu", "KT. CHỦ TỊCH, PHÓ CHỦ TỊCH")


def test_the_deputy_does_what_is_assigned_to_the_one_who_is_away(desk: Desk) -> None:
    case = desk.case_at(Action.ROUTE)
    with pytest.raises(Forbidden):
        desk.do(case, "vanthu", Action.PROPOSE, details=DECISION)
    lend(desk, "chuyenvien", Role.CASE_OFFICER, "vanthu")
    assert case.id in desk.waiting("vanthu")
    assert desk.do(case, "vanthu", Action.PROPOSE, details=DECISION).stage == "review"


def test_a_colleague_with_the_same_role_needs_the_delegation_too(desk: Desk) -> None:
    with desk.database.unit_of_work() as session:
        appoint(session, desk.account(session, "vanthu"), AGENCY, Role.CASE_OFFICER, desk.now)
    case = desk.case_at(Action.ROUTE)
    with pytest.raises(Forbidden):
        desk.do(case, "vanthu", Action.PROPOSE, details=DECISION)
    lend(desk, "chuyenvien", Role.CASE_OFFICER, "vanthu")
    case = desk.do(case, "vanthu", Action.PROPOSE, details=DECISION)
    with desk.database.unit_of_work() as session:
        # It is their own role as well, but not their case.
        principal = desk.account(session, "chuyenvien").id
        assert queries.history(session, case)[-1].details["acted_for"] == str(principal)


@pytest.mark.parametrize("days_later", [-1, 4])
def test_before_and_after_it_nothing_is_lent(desk: Desk, days_later: int) -> None:
    lend(desk, "lanhdao", Role.APPROVER, "truongphong")
    desk.now += timedelta(days=days_later)
    assert not desk.actor("truongphong").has(Role.APPROVER, AGENCY)


def test_it_is_taken_back_at_once(desk: Desk) -> None:
    made = lend(desk, "lanhdao", Role.APPROVER, "truongphong")
    with desk.database.unit_of_work() as session:
        assert [a.login for a in deputies(session, AGENCY, Role.APPROVER, local_day(desk.now))] == ["truongphong"]
        with pytest.raises(NotFound):
            delegations.revoke(session, made.id, by=desk.actor("truongphong"), now=desk.now)
        delegations.revoke(session, made.id, by=desk.actor("lanhdao"), now=desk.now)
        assert deputies(session, AGENCY, Role.APPROVER, local_day(desk.now)) == []
    assert not desk.actor("truongphong").has(Role.APPROVER, AGENCY)


def test_what_was_lent_is_not_lent_further(desk: Desk) -> None:
    lend(desk, "lanhdao", Role.APPROVER, "truongphong")
    with pytest.raises(NotFound):
        lend(desk, "lanhdao", Role.APPROVER, "motcua", by="truongphong")


def test_who_loses_the_position_lends_nothing(desk: Desk) -> None:
    lend(desk, "lanhdao", Role.APPROVER, "truongphong")
    with desk.database.unit_of_work() as session:
        for position in desk.account(session, "lanhdao").positions:
            session.get_one(Position, position.id).valid_to = local_day(desk.now) - timedelta(days=1)
    assert not desk.actor("truongphong").has(Role.APPROVER, AGENCY)


def test_who_configures_may_do_it_for_others(desk: Desk) -> None:
    assert lend(desk, "lanhdao", Role.APPROVER, "truongphong", by="quantri").made_by is not None
    with desk.database.unit_of_work() as session:
        today = local_day(desk.now)
        mine = delegations.positions_to_delegate(session, desk.actor("lanhdao"), AGENCY, today)
        assert {p.account_id for p in mine} == {desk.account(session, "lanhdao").id}
        everybody = delegations.positions_to_delegate(session, desk.actor("quantri"), AGENCY, today)
        assert len(everybody) > len(mine)
        assert "congdan" not in delegations.colleagues(session, everybody)


@pytest.mark.parametrize(
    ("to", "days", "reason", "field"),
    [("congdan", 3, "x", "login"), ("lanhdao", 3, "x", "login"), ("ai-do", 3, "x", "login"),
     ("truongphong", -1, "x", "valid_to"), ("truongphong", 400, "x", "valid_to"), ("truongphong", 3, " ", "reason")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_at_the_field(desk: Desk, to: str, days: int, reason: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        lend(desk, "lanhdao", Role.APPROVER, to, days, reason=reason)
    assert set(refusal.value.errors) == {field}
