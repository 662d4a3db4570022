"""Who is warned, when, and once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cases import invariants, warnings
from portal.cases.lifecycle import Action
from portal.cases.models import Case
from portal.cases.warnings import warn
from portal.deadlines.alerts import moments
from portal.deadlines.calendar import provincial_calendar
from portal.notifications.models import Notice
from portal.publishing import queries as publishing
from tests.publishing.test_versions import publish
from tests.support.desk import PATH, Desk


def warned(desk: Desk, at: datetime) -> set[str]:
    """The people who are warned by a sweep at this moment."""
    with desk.database.unit_of_work() as session:
        before = set(session.scalars(select(Notice.id)))
        warn(session, at)
        new = session.scalars(select(Notice).where(Notice.id.not_in(before))).all()
        assert all(notice.phone is None for notice in new)
        ids = {notice.recipient_id for notice in new}
        return {login for login in ("chuyenvien", "truongphong", "lanhdao", "congdan", "motcua")
                if desk.account(session, login).id in ids}  # fmt: skip


def ladder(case: Case) -> list[datetime]:
    return [moment for moment, _ in moments(provincial_calendar(), case.clock_started_at, case.due_at)]


def test_the_circle_widens_and_each_warning_comes_once(desk: Desk) -> None:
    publish(desk, promised_hours=80)
    case = desk.case_at(Action.ROUTE)
    officer, head = {"chuyenvien"}, {"chuyenvien", "truongphong"}
    expected = [officer, head, head, {*head, "lanhdao"}]
    rungs = ladder(case)
    assert len(rungs) == 4
    assert warned(desk, rungs[0] - timedelta(minutes=1)) == set()
    for moment, people in zip(rungs, expected, strict=True):
        assert warned(desk, moment) == people
        assert warned(desk, moment + timedelta(seconds=30)) == set()
    with desk.database.unit_of_work() as session:
        assert {name: found for name, found in invariants.check(session).items() if found} == {}


def test_of_what_was_missed_only_the_gravest_is_told(desk: Desk) -> None:
    publish(desk, promised_hours=80)
    rungs = ladder(desk.case_at(Action.ROUTE))
    assert warned(desk, rungs[-1] + timedelta(days=3)) == {"chuyenvien", "truongphong", "lanhdao"}
    with desk.database.unit_of_work() as session:
        notices = session.scalars(select(Notice).where(Notice.purpose == "case.warned")).all()
        assert len(notices) == 3
        assert all("đã quá hạn" in notice.text for notice in notices)


def test_a_paused_or_finished_case_warns_nobody(desk: Desk) -> None:
    publish(desk, promised_hours=80)
    paused = desk.case_at(Action.ROUTE)
    over = ladder(paused)[-1]
    desk.do(paused, "chuyenvien", Action.REQUEST_SUPPLEMENT, details={"request": "Thiếu"})
    done = desk.case_at(Action.ROUTE)
    for login, action, details in PATH[2:7]:
        done = desk.do(done, login, action, details=details)
    assert warned(desk, over + timedelta(days=30)) == set()


def test_a_new_due_time_has_a_ladder_of_its_own(desk: Desk) -> None:
    publish(desk, promised_hours=80)
    case = desk.case_at(Action.ROUTE)
    over = ladder(case)[-1]
    assert "lanhdao" in warned(desk, over)
    new_day = (over + timedelta(days=10)).date().isoformat()
    desk.now = over + timedelta(hours=1)
    case = desk.do(case, "truongphong", Action.RESCHEDULE, details={"new_day": new_day, "reason": "x"})
    with desk.database.unit_of_work() as session:
        assert session.get_one(Case, case.id).next_warning_at > desk.now
        assert publishing.version(session, case.version_id).workflow.promised_hours == 80


def test_who_is_late_again_after_the_apology_is_told_again(desk: Desk) -> None:
    publish(desk, promised_hours=80)
    case = desk.case_at(Action.ROUTE)
    over = ladder(case)[-1]
    assert "lanhdao" in warned(desk, over)
    desk.now = over + timedelta(hours=1)
    new_day = (over + timedelta(days=10)).date().isoformat()
    case = desk.do(case, "truongphong", Action.RESCHEDULE, details={"new_day": new_day, "reason": "x"})
    assert "lanhdao" in warned(desk, case.due_at)
    assert warned(desk, case.due_at + timedelta(days=1)) == set()


def test_what_was_used_before_a_pause_counts_and_is_not_said_twice(desk: Desk) -> None:
    publish(desk, promised_hours=80)
    case = desk.case_at(Action.ROUTE)
    half, most = ladder(case)[:2]
    assert warned(desk, half) == {"chuyenvien"}
    desk.now = half + timedelta(hours=1)
    desk.do(case, "chuyenvien", Action.REQUEST_PAYMENT, details={"charge": "1", "request": "x"})
    desk.now += timedelta(days=20)
    case = desk.do(case, "ketoan", Action.CONFIRM_PAYMENT, details={"note": "x"})
    rungs = ladder(case)
    assert rungs[0] < desk.now < rungs[1]
    assert provincial_calendar().working_time(desk.now, rungs[1]) < timedelta(
        hours=24
    )  # 80 % of the whole, not of the rest
    assert warned(desk, desk.now + timedelta(minutes=1)) == set()
    assert warned(desk, rungs[1]) == {"chuyenvien", "truongphong"}
    assert most < rungs[1]


def test_the_desk_is_warned_of_what_it_has_not_answered(desk: Desk) -> None:
    case = desk.submit()
    due = case.acceptance_due_at
    assert warned(desk, due - timedelta(minutes=1)) == {"motcua", "truongphong"}  # 80 % of the eight hours
    assert warned(desk, due) == {"motcua", "truongphong", "lanhdao"}
    desk.do(case, "motcua", Action.ACCEPT)
    with desk.database.unit_of_work() as session:
        assert session.get_one(Case, case.id).next_warning_at > due  # from now on it is the handling clock


def test_one_case_that_fails_does_not_silence_the_others(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(desk, promised_hours=80)
    first, second = desk.case_at(Action.ROUTE), desk.case_at(Action.ROUTE)
    real = warnings._warn

    def broken(session: Session, case: Case, now: datetime) -> bool:
        if case.id == first.id:
            raise ValueError
        return real(session, case, now)

    monkeypatch.setattr(warnings, "_warn", broken)
    assert warned(desk, ladder(second)[0]) == {"chuyenvien"}
    with desk.database.unit_of_work() as session:
        assert session.get_one(Case, first.id).next_warning_at == ladder(first)[0] + timedelta(hours=1)
