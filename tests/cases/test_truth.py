"""What is always true of cases, and that it is noticed where it is not; work that is stuck or parked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update

from portal.cases import invariants, stuck
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case
from portal.issuing.models import OutgoingPaper
from portal.notifications.models import Notice
from portal.outbox import actions as outbox
from portal.outbox.models import OutboxDelivery, OutboxMessage
from portal.outbox.queries import troubled
from tests.support.desk import Desk
from tests.support.work import fail_until_parked

UNSEAL = "ALTER TABLE case_events DISABLE TRIGGER case_events_append_only"


def broken(desk: Desk) -> set[str]:
    with desk.database.unit_of_work() as session:
        return {name for name, cases in invariants.check(session).items() if cases}


@pytest.mark.parametrize("last", [None, Action.ACCEPT, Action.ROUTE, Action.PROPOSE, Action.APPROVE, Action.ISSUE])
def test_everything_is_true_at_every_step(desk: Desk, last: Action | None) -> None:
    desk.case_at(last)
    assert broken(desk) == set()


def test_everything_is_true_of_cases_at_different_steps(desk: Desk) -> None:
    for last in (Action.RELEASE, Action.PROPOSE, None):
        desk.case_at(last)
    assert {name for name in broken(desk) if "tệp" not in name} == set()  # no worker has made the file


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ('UPDATE case_events SET details = \'{"reason": "khác"}\' WHERE number = 2', "chuỗi"),
        ("DELETE FROM notices; DELETE FROM case_events WHERE number = 2", "chuỗi"),
        ("DELETE FROM notices; DELETE FROM case_events WHERE number = 3", "lịch sử không bị cắt"),
        ("UPDATE cases SET asked_keys = '{so-tu-phap}'", "hồ sơ chờ đúng"),
        ("UPDATE cases SET open_children = 1", "hồ sơ chờ đúng"),
        ("UPDATE cases SET party_keys = '{so-tu-phap}'", "cơ quan đang xử lý"),
        ("UPDATE case_events SET at = at + interval '1 second' WHERE number = 1", "chuỗi"),
        ("UPDATE case_events SET to_state = 'returned' WHERE number = 2", "mọi lần chuyển"),
        ("UPDATE cases SET state = 'finished'", "trạng thái"),
        ("UPDATE cases SET stage = NULL", "chỉ hồ sơ"),
        ("UPDATE cases SET accepted_at = NULL", "mốc"),
        ("DELETE FROM outbox_deliveries; DELETE FROM outbox_messages", "sự kiện nào"),
        ("DELETE FROM notices", "sự kiện phải báo"),
        ("DELETE FROM outbox_messages WHERE topic = 'notice.created'", "thông báo nào gửi"),
    ],
)
def test_what_was_tampered_with_is_noticed(desk: Desk, statement: str, rule: str) -> None:
    desk.case_at(Action.ROUTE)
    with desk.database.unit_of_work() as session:
        session.execute(text(UNSEAL))
        for part in statement.split("; "):
            session.execute(text(part))
    assert any(name.startswith(rule) for name in broken(desk)), broken(desk)


def test_a_result_without_its_file_is_noticed(desk: Desk) -> None:
    desk.case_at(Action.RELEASE)
    with desk.database.unit_of_work() as session:
        session.execute(update(OutgoingPaper).values(sha256=None))
    assert any(name.startswith("hồ sơ có kết quả") for name in broken(desk))


def test_the_commands_say_so(desk: Desk, app: Flask) -> None:
    desk.case_at(Action.ROUTE)
    run = app.test_cli_runner()
    assert run.invoke(args=["cases", "verify"]).exit_code == 0
    assert "Không có gì kẹt" in run.invoke(args=["cases", "stuck"]).output
    with desk.database.unit_of_work() as session:
        session.execute(delete(Notice))
    done = run.invoke(args=["cases", "verify"])
    assert done.exit_code == 1
    assert "✗ sự kiện phải báo thì có thông báo: 1 hồ sơ" in done.output


def test_a_case_that_was_lost_on_the_way_is_found_and_set_going_once(desk: Desk) -> None:
    case = desk.case_at(Action.ACCEPT)
    with desk.database.unit_of_work() as session:
        session.execute(delete(OutboxMessage))  # lost
        assert stuck.stuck(session, desk.now) == []  # not yet long
        later = desk.now + timedelta(minutes=3)
        assert [found.reference for found in stuck.stuck(session, later)] == [case.reference]
        assert stuck.set_going(session, later) == [case.reference]
        assert stuck.set_going(session, later) == []  # it is under way
        topics = session.scalars(select(OutboxMessage.topic)).all()
    assert topics == ["case.accepted"]


def test_poison_is_parked_shown_and_tried_again(desk: Desk, app: Flask) -> None:
    desk.case_at(Action.ACCEPT)
    with desk.database.unit_of_work() as session:
        _, tasks = outbox.relay(session, {"case.accepted": ["cases.route_case"]}, desk.now)
        ((_, delivery_id, _),) = tasks
        fail_until_parked(session, delivery_id, desk.now)
        ever = desk.now + timedelta(days=9)
        assert outbox.due(session, ever) == []
        assert outbox.take_delivery(session, delivery_id, desk.now) is None
        (work,) = troubled(session)
        assert (work.is_parked, work.listener, work.last_error) == (True, "cases.route_case", "ValueError")
    run = app.test_cli_runner()
    shown = run.invoke(args=["cases", "stuck"])
    assert shown.exit_code == 1
    assert "đã dừng thử" in shown.output
    assert run.invoke(args=["cases", "stuck", "--retry", str(delivery_id)]).exit_code == 0
    assert run.invoke(args=["cases", "stuck", "--retry", "999999"]).exit_code == 1
    with desk.database.unit_of_work() as session:
        assert session.get_one(OutboxDelivery, delivery_id).parked_at is None
        assert troubled(session) == []


def test_work_that_kills_whoever_takes_it_is_parked_too(desk: Desk) -> None:
    desk.case_at(Action.ACCEPT)
    with desk.database.unit_of_work() as session:
        _, [(_, delivery_id, _)] = outbox.relay(session, {"case.accepted": ["cases.route_case"]}, desk.now)
        assert fail_until_parked(session, delivery_id, desk.now, error=None) == outbox.MOST_TRIES
        (work,) = troubled(session)
        assert work.last_error == "không báo lại"


def test_a_notice_that_lost_its_message_is_sent_after_all(desk: Desk) -> None:
    desk.submit()
    later = desk.now + timedelta(minutes=3)
    with desk.database.unit_of_work() as session:
        assert stuck.send_lost_notices(session, later) == 0
        session.execute(delete(OutboxMessage).where(OutboxMessage.topic == "notice.created"))
        assert stuck.send_lost_notices(session, desk.now) == 0
        assert stuck.send_lost_notices(session, later) == 1
        assert stuck.send_lost_notices(session, later) == 0


def test_the_states_of_the_machine_are_those_that_only_it_leaves() -> None:
    from portal.cases.lifecycle import OPTIONAL, TRANSITIONS, By

    ways = {s: [t for t in TRANSITIONS.values() if s in t.sources and t.action not in OPTIONAL] for s in State}
    automatic = {state for state, found in ways.items() if found and all(t.by == (By.SYSTEM,) for t in found)}
    assert automatic == set(stuck._AUTOMATIC)


def test_cases_are_read_in_batches(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "_AT_ONCE", 2)
    for _ in range(5):
        desk.submit()
    with desk.database.unit_of_work() as session:
        assert [len(batch) for batch in invariants._batches(session)] == [2, 2, 1]
        assert session.query(Case).count() == 5
    assert broken(desk) == set()
