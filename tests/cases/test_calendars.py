"""Calendars of agencies, declared days and outages: what they do to due times, promised ones too."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.base.clock import VIETNAM, local
from portal.base.errors import Forbidden, Invalid
from portal.cases import invariants, queries, shifts
from portal.cases.lateness import is_late
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case
from portal.cases.opinions import opinions_of
from portal.cases.shift_models import ClockShift, ShiftedCase
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
    desk.now += timedelta(minutes=1)
    with desk.database.unit_of_work() as session:
        return shifts.declare_day(session, agency, day, worked, "TB 12", by=desk.actor("quantri"), now=desk.now)


def outage(desk: Desk, agency: str | None, began: str, ended: str) -> ClockShift:
    with desk.database.unit_of_work() as session:
        return shifts.declare_outage(session, agency, at(began), at(ended), "Mất điện", by=desk.actor("quantri"),
                                     now=desk.now)  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=VIETNAM)


def shift_all(desk: Desk) -> int:
    """Let the machine do all there is to do; returns how many cases it looked at."""
    with desk.database.unit_of_work() as session:
        before = session.scalar(select(func.count()).select_from(ShiftedCase)) or 0
    going = 1
    while going:
        with desk.database.unit_of_work() as session:
            going = shifts.shift_next(session, desk.now)
    with desk.database.unit_of_work() as session:
        assert session.scalar(select(ClockShift.id).where(ClockShift.finished_at.is_(None))) is None
        return (session.scalar(select(func.count()).select_from(ShiftedCase)) or 0) - before


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
    declare(desk, None, date(2026, 3, 14))  # a Saturday
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
        ((_, count, failed),) = shifts.shifts_declared(session)
        assert (count, failed) == (3, 0)
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
     ("01-01T08:00", "03-09T07:00", "x", "ended_at"), ("03-09T08:00", "03-09T09:00", " ", "reason")],
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


def pause(desk: Desk, case: Case) -> Case:
    return desk.do(case, "chuyenvien", Action.REQUEST_PAYMENT, details={"charge": "1000", "request": "Nộp"})


def resume(desk: Desk, case: Case) -> Case:
    return desk.do(case, "ketoan", Action.CONFIRM_PAYMENT, details={"note": "GNT 1"})


def test_what_is_left_in_a_pause_is_left_whatever_is_declared_meanwhile(desk: Desk) -> None:
    publish(desk, promised_hours=24)
    case = desk.case_at(Action.ROUTE)
    desk.now += timedelta(hours=1)
    pause(desk, case)
    declare(desk, None, date(2026, 3, 12))
    shift_all(desk)
    desk.now += timedelta(minutes=30)
    back = resume(desk, case)
    with desk.database.unit_of_work() as session:
        assert calendar_of(session, AGENCY).working_time(desk.now, back.due_at) == timedelta(hours=23)


def test_calendar_days_stay_calendar_days_in_a_pause(desk: Desk) -> None:
    publish(desk, workflow="standard", promised_hours=None, time_limits=[{"value": 30, "unit": "days"}])
    desk.now = at("04-14T09:00")
    case = desk.case_at(Action.ROUTE)
    desk.now = at("04-24T09:00")  # twenty days left, holidays among them
    pause(desk, case)
    desk.now = at("05-05T09:00")
    assert local(resume(desk, case).due_at) == at("05-25T17:30")


def test_who_begins_after_the_declaration_is_not_put_off_twice(desk: Desk) -> None:
    publish(desk, promised_hours=24)
    filed = desk.submit()
    desk.now += timedelta(minutes=1)
    declare(desk, None, WEDNESDAY)
    desk.now += timedelta(minutes=1)
    case = desk.do(filed, "motcua", Action.ACCEPT)  # counted without that day already
    shift_all(desk)
    assert fresh(desk, case).due_at == case.due_at


def test_an_hour_is_given_back_once_however_often_it_is_declared(desk: Desk) -> None:
    publish(desk, promised_hours=24)
    case = desk.case_at(Action.ROUTE)
    desk.now += timedelta(hours=3)
    outage(desk, None, "03-10T10:00", "03-10T11:00")
    outage(desk, AGENCY, "03-10T10:00", "03-10T11:00")
    outage(desk, AGENCY, "03-10T10:30", "03-10T11:30")
    shift_all(desk)
    with desk.database.unit_of_work() as session:
        given = calendar_of(session, AGENCY).working_time(case.due_at, fresh(desk, case).due_at)
    assert given == timedelta(minutes=90)


def test_a_day_that_is_taken_back_and_declared_again_is_given_back_once(desk: Desk) -> None:
    publish(desk, promised_hours=24)
    case = desk.case_at(Action.ROUTE)
    for worked in (False, True, False):
        desk.now += timedelta(minutes=1)
        declare(desk, None, WEDNESDAY, worked=worked)
    shift_all(desk)
    assert local(fresh(desk, case).due_at) == at("03-16T09:00")


def test_who_works_on_saturdays_loses_one_and_who_does_not_does_not(desk: Desk) -> None:
    publish(desk, promised_hours=40)
    six_days = OfficeHours(working_days=(0, 1, 2, 3, 4, 5), sessions=((time(8), time(16)),), same_day_cutoff=time(15))
    set_hours(desk, AGENCY, date(2026, 3, 1), six_days)
    case = desk.case_at(Action.ROUTE)
    assert local(case.due_at) == at("03-16T09:00")
    desk.now += timedelta(minutes=1)
    declare(desk, None, date(2026, 3, 14))
    shift_all(desk)
    assert local(fresh(desk, case).due_at) == at("03-17T09:00")


def test_the_applicants_days_move_by_what_lies_within_them(desk: Desk) -> None:
    case = desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.REQUEST_SUPPLEMENT, details={"request": "Thêm"})
    desk.now += timedelta(days=10)
    outage(desk, None, "02-01T08:00", "02-20T08:00")
    shift_all(desk)
    assert fresh(desk, case).supplement_due_at == case.supplement_due_at
    outage(desk, None, "03-12T08:00", "03-13T08:00")
    shift_all(desk)
    assert fresh(desk, case).supplement_due_at > case.supplement_due_at
    with desk.database.unit_of_work() as session:
        text = session.scalar(select(Notice.text).where(Notice.purpose == "case.clock_shifted"))
    assert "hạn bổ sung" in text


def test_silence_on_a_day_off_is_no_silence(desk: Desk) -> None:
    ask = {"agency": POLICE, "question": "Có vướng không?", "days": "2"}
    case = desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.CONSULT, details=ask)
    desk.now += timedelta(minutes=1)
    declare(desk, None, date(2026, 3, 12))
    shift_all(desk)
    with desk.database.unit_of_work() as session:
        (opinion,) = opinions_of(session, case)
        assert local(opinion.due_at) == at("03-13T17:30")


def test_one_case_that_fails_does_not_keep_the_others_waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [desk.submit() for _ in range(3)]
    real = shifts._shift

    def broken(session: Session, shift: ClockShift, case: Case, now: datetime) -> None:
        if case.id == cases[1].id:
            raise ValueError
        real(session, shift, case, now)

    monkeypatch.setattr(shifts, "_shift", broken)
    desk.now += timedelta(hours=2)
    outage(desk, None, "03-10T09:30", "03-10T10:30")
    assert shift_all(desk) == 3
    moved = [fresh(desk, case).acceptance_due_at > case.acceptance_due_at for case in cases]
    assert moved == [True, False, True]
    with desk.database.unit_of_work() as session:
        ((_, count, failed),) = shifts.shifts_declared(session)
    assert (count, failed) == (2, 1)


@pytest.mark.parametrize("day", ["9999-12-30", "9999-12-31", "2206-03-20"])
def test_no_promise_beyond_a_year(desk: Desk, day: str) -> None:
    case = desk.case_at(Action.ROUTE)
    with pytest.raises(Invalid):
        desk.do(case, "truongphong", Action.RESCHEDULE, details={"new_day": day, "reason": "x"})


@pytest.mark.parametrize(
    ("began", "ended"), [("0001-01-01T00:00", "0001-01-02T00:00"), ("9999-12-30T00:00", "9999-12-31T00:00")]
)
def test_no_outage_out_of_this_world(desk: Desk, began: str, ended: str) -> None:
    span = [datetime.fromisoformat(text).replace(tzinfo=VIETNAM) for text in (began, ended)]
    with desk.database.unit_of_work() as session, pytest.raises(Invalid):
        shifts.declare_outage(session, None, *span, "x", by=desk.actor("quantri"), now=desk.now)


def test_lateness_is_judged_when_the_work_is_done_and_not_when_it_is_handed_over(desk: Desk) -> None:
    case = desk.case_at(Action.RELEASE)
    desk.now += timedelta(days=30)
    case = desk.do(case, "congdan", Action.DELIVER)
    assert case.finished_at < case.due_at < case.returned_at
    assert not is_late(case, desk.now)


def test_a_pause_does_not_mend_a_broken_promise(desk: Desk) -> None:
    publish(desk, promised_hours=8)
    case = desk.case_at(Action.ROUTE)
    desk.now += timedelta(days=7)
    assert is_late(case, desk.now)
    pause(desk, case)
    case = resume(desk, case)
    assert is_late(case, desk.now)
