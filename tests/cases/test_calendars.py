"""Calendars of agencies, declared days and outages: what they do to due times, promised ones too."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from portal.base.clock import VIETNAM, local
from portal.base.errors import Forbidden, Invalid
from portal.cases import invariants, queries, shifts
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case, ClockShift, ShiftedCase
from portal.deadlines import actions
from portal.deadlines.calendar import provincial_calendar
from portal.deadlines.calendars import calendar_of
from portal.identity.actor import Actor
from portal.identity.models import Role
from portal.notifications.models import Notice
from portal.runtime.demo import AGENCY, POLICE
from services_catalog.reference import OfficeHours
from tests.publishing.test_versions import publish
from tests.support.desk import Desk

HALF_DAYS = OfficeHours(working_days=(0, 1, 2, 3, 4, 5), sessions=((time(7), time(11)),), same_day_cutoff=time(10))
WEDNESDAY = date(2026, 3, 11)  # the day after the cases here begin


def set_hours(desk: Desk, agency: str | None, since: date, hours: OfficeHours = HALF_DAYS) -> None:
    with desk.database.unit_of_work() as session:
        actions.set_hours(session, agency, since, hours, by=desk.actor("quantri"), now=desk.now)


def declare(desk: Desk, agency: str | None, day: date, *, worked: bool = False) -> ClockShift | None:
    with desk.database.unit_of_work() as session:
        return shifts.declare_day(session, agency, day, worked, "TB 12", by=desk.actor("quantri"), now=desk.now)


def outage(desk: Desk, agency: str | None, began: str, ended: str) -> ClockShift:
    with desk.database.unit_of_work() as session:
        return shifts.declare_outage(session, agency, at(began), at(ended), "Mất điện", by=desk.actor("quantri"),
                                     now=desk.now)  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=VIETNAM)


def shift_all(desk: Desk) -> int:
    total = 0
    while True:
        with desk.database.unit_of_work() as session:
            done = shifts.shift_next(session, desk.now)
            unfinished = session.scalar(select(ClockShift.id).where(ClockShift.finished_at.is_(None)))
        total += done
        if not done and not unfinished:
            return total


def fresh(desk: Desk, case: Case) -> Case:
    with desk.database.unit_of_work() as session:
        return session.get_one(Case, case.id)


def test_own_hours_before_those_of_the_province_before_the_shipped(desk: Desk) -> None:
    set_hours(desk, None, date(2026, 3, 16))
    early = OfficeHours(working_days=(0,), sessions=((time(5), time(6)),), same_day_cutoff=time(5))
    set_hours(desk, AGENCY, date(2026, 3, 23), early)
    with desk.database.unit_of_work() as session:
        mine, other = calendar_of(session, AGENCY), calendar_of(session, POLICE)
        for day, own, elsewhere in ((13, 17.5, 17.5), (16, 11, 11), (23, 6, 11)):
            for found, closes in ((mine, own), (other, elsewhere)):
                closing = found.closing(date(2026, 3, day))
                assert closing.hour + closing.minute / 60 == closes, (day, closing)


def test_an_agency_counts_by_its_own_hours(desk: Desk) -> None:
    publish(desk, promised_hours=24)
    set_hours(desk, AGENCY, date(2026, 3, 1))
    case = desk.case_at(Action.ACCEPT)  # Tuesday 09:00, four hours a day
    assert local(case.due_at) == at("03-17T09:00")
    assert local(case.acceptance_due_at) == at("03-12T09:00")


def test_hours_do_not_touch_what_was_promised(desk: Desk) -> None:
    case = desk.case_at(Action.ACCEPT)
    set_hours(desk, AGENCY, date(2026, 3, 1))
    assert fresh(desk, case).due_at == case.due_at


def test_a_day_off_puts_off_what_was_due_after_it_and_says_so(desk: Desk) -> None:
    publish(desk, promised_hours=24)
    case, elsewhere = desk.case_at(Action.ROUTE), provincial_calendar()
    assert local(case.due_at) == at("03-13T09:00")
    declare(desk, None, WEDNESDAY)
    assert shift_all(desk) == 1
    moved = fresh(desk, case)
    assert local(moved.due_at) == at("03-16T09:00")
    assert moved.next_warning_at > case.next_warning_at
    with desk.database.unit_of_work() as session:
        event = queries.history(session, moved)[-1]
        assert (event.event, event.details["reason"]) == ("case.clock_shifted", "TB 12")
        (record,) = session.scalars(select(ShiftedCase))
        assert (record.due_before, record.due_after) == (case.due_at, moved.due_at)
        assert (
            session.scalar(select(Notice.text).where(Notice.purpose == "case.clock_shifted")).count("16/03/2026") == 1
        )
        assert not any(invariants.check(session).values())
        assert not calendar_of(session, AGENCY).is_working_day(WEDNESDAY)
    assert elsewhere.is_working_day(WEDNESDAY)
    assert shift_all(desk) == 0  # once


def test_a_day_worked_hurries_nothing(desk: Desk) -> None:
    publish(desk, promised_hours=40)
    case = desk.case_at(Action.ROUTE)
    assert declare(desk, None, date(2026, 3, 14), worked=True) is None
    assert shift_all(desk) == 0
    assert fresh(desk, case).due_at == case.due_at
    again = desk.case_at(Action.ROUTE)
    assert again.due_at < case.due_at  # but new cases count it


def test_days_that_are_no_loss_put_nothing_off(desk: Desk) -> None:
    publish(desk, promised_hours=24)
    case = desk.case_at(Action.ROUTE)
    assert declare(desk, None, date(2026, 3, 14)) is None  # a Saturday
    declare(desk, None, date(2026, 3, 20))  # after it is due
    declare(desk, POLICE, WEDNESDAY)  # elsewhere
    shift_all(desk)
    assert fresh(desk, case).due_at == case.due_at


def test_an_agency_that_works_on_that_day_is_spared(desk: Desk) -> None:
    publish(desk, promised_hours=24)
    declare(desk, AGENCY, WEDNESDAY, worked=True)
    case = desk.case_at(Action.ROUTE)
    declare(desk, None, WEDNESDAY)
    shift_all(desk)
    assert fresh(desk, case).due_at == case.due_at


@pytest.mark.parametrize(("day", "due"), [(WEDNESDAY, "03-12T17:30"), (date(2026, 3, 12), "03-13T17:30")])
def test_calendar_days_move_only_at_their_end(desk: Desk, day: date, due: str) -> None:
    publish(desk, workflow="standard", promised_hours=None, time_limits=[{"value": 2, "unit": "days"}])
    case = desk.case_at(Action.ROUTE)
    assert local(case.due_at) == at("03-12T17:30")
    declare(desk, None, day)
    shift_all(desk)
    assert local(fresh(desk, case).due_at) == at(due)


def test_an_outage_gives_back_the_hours_that_were_lost(desk: Desk) -> None:
    publish(desk, promised_hours=24)
    running, filed = desk.case_at(Action.ROUTE), desk.submit()
    asked = desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.REQUEST_SUPPLEMENT, details={"request": "Thêm"})
    done = desk.case_at(Action.RELEASE)
    desk.now += timedelta(days=1, hours=2)
    outage(desk, None, "03-10T16:30", "03-11T10:30")  # four hours of the office
    desk.now += timedelta(minutes=1)
    later = desk.submit()
    assert shift_all(desk) == 3
    assert local(fresh(desk, running).due_at) == at("03-13T15:00")
    assert fresh(desk, filed).acceptance_due_at == provincial_calendar().add_working_hours(filed.acceptance_due_at, 4)
    assert fresh(desk, asked).supplement_due_at > asked.supplement_due_at
    assert fresh(desk, asked).previous_due_at == asked.previous_due_at  # it stood
    for untouched in (done, later):
        assert fresh(desk, untouched).due_at == untouched.due_at
    with desk.database.unit_of_work() as session:
        ((_, count),) = shifts.shifts_declared(session)
        assert count == 3
        assert not [rule for rule, found in invariants.check(session).items() if found and "tệp" not in rule]


def test_the_work_goes_on_where_it_was_interrupted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shifts, "AT_ONCE", 2)
    cases = [desk.submit() for _ in range(5)]
    desk.now += timedelta(hours=2)
    outage(desk, AGENCY, "03-10T09:30", "03-10T10:30")
    with desk.database.unit_of_work() as session:
        assert shifts.shift_next(session, desk.now) == 2
    with pytest.raises(RuntimeError), desk.database.unit_of_work() as session:
        shifts.shift_next(session, desk.now)
        raise RuntimeError  # killed before the commit
    assert shift_all(desk) == 3
    after = {fresh(desk, case).acceptance_due_at for case in cases}
    assert after == {provincial_calendar().add_working_hours(cases[0].acceptance_due_at, 1)}


def test_a_promise_that_was_broken_before_stays_broken(desk: Desk) -> None:
    publish(desk, promised_hours=24)
    case = desk.case_at(Action.ROUTE)
    desk.now += timedelta(days=6)  # Monday; due on Friday
    case = desk.do(case, "truongphong", Action.RESCHEDULE, details={"new_day": "2026-03-20", "reason": "Bận"})
    desk.now += timedelta(hours=5)
    outage(desk, None, "03-16T10:00", "03-16T11:00")
    shift_all(desk)
    moved = fresh(desk, case)
    assert moved.due_at > case.due_at
    assert moved.promised_due_at == case.promised_due_at


@pytest.mark.parametrize(
    ("began", "ended", "reason", "field"),
    [("03-10T08:00", "03-10T07:00", "x", "ended_at"), ("03-10T08:00", "03-20T07:00", "x", "ended_at"),
     ("01-01T08:00", "03-10T07:00", "x", "ended_at"), ("03-09T08:00", "03-09T09:00", " ", "reason")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(desk: Desk, began: str, ended: str, reason: str, field: str) -> None:
    with desk.database.unit_of_work() as session, pytest.raises(Invalid) as refusal:
        shifts.declare_outage(session, None, at(began), at(ended), reason, by=desk.actor("quantri"), now=desk.now)
    assert set(refusal.value.errors) == {field}


def test_each_configures_what_is_theirs(desk: Desk) -> None:
    local_one = Actor(1, "Ở phường", frozenset({(AGENCY, Role.CONFIGURATOR)}))
    with desk.database.unit_of_work() as session:
        actions.set_hours(session, AGENCY, date(2026, 4, 1), HALF_DAYS, by=local_one, now=desk.now)
        for agency in (None, POLICE):
            with pytest.raises(Forbidden):
                actions.set_hours(session, agency, date(2026, 4, 1), HALF_DAYS, by=local_one, now=desk.now)
            with pytest.raises(Forbidden):
                shifts.declare_outage(
                    session, agency, at("03-09T08:00"), at("03-09T09:00"), "x", by=local_one, now=desk.now
                )
        with pytest.raises(Forbidden):
            actions.declare_day(session, AGENCY, WEDNESDAY, False, "x", by=desk.actor("lanhdao"), now=desk.now)


def test_states_without_a_clock_are_left_alone(desk: Desk) -> None:
    case = desk.do(desk.submit(), "motcua", Action.DECLINE, details={"reason": "Sai"})
    desk.now += timedelta(hours=3)
    outage(desk, None, "03-10T09:30", "03-10T10:30")
    assert shift_all(desk) == 0
    assert fresh(desk, case).state == State.DECLINED
