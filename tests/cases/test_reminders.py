"""Results that lie ready."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from portal.cases import invariants
from portal.cases.lifecycle import Action
from portal.cases.reminders import MOST, remind
from portal.notifications.models import Notice
from services_catalog.loader import library
from tests.support.desk import Desk

WEEK = timedelta(days=library().defaults.remind_days, minutes=1)


def reminded(desk: Desk) -> int:
    with desk.database.unit_of_work() as session:
        return remind(session, desk.now)


def test_people_are_reminded_again_and_then_left_in_peace(desk: Desk) -> None:
    desk.case_at(Action.RELEASE)
    assert reminded(desk) == 0
    for _ in range(MOST):
        desk.now += WEEK
        assert reminded(desk) == 1
        assert reminded(desk) == 0
    desk.now += 10 * WEEK
    assert reminded(desk) == 0
    with desk.database.unit_of_work() as session:
        notices = session.scalars(select(Notice).where(Notice.purpose == "case.reminded")).all()
        assert len(notices) == MOST
        assert all("chưa nhận" in notice.text and notice.phone for notice in notices)
        assert not [rule for rule, found in invariants.check(session).items() if found and "tệp" not in rule]


def test_who_has_fetched_it_is_not_reminded(desk: Desk) -> None:
    desk.case_at(Action.DELIVER)
    desk.case_at(Action.APPROVE)
    desk.now += 2 * WEEK
    assert reminded(desk) == 0
