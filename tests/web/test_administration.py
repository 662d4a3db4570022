"""Pages of configuration and operation: calendars, outages, delegations, what is stuck."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.base.clock import local_day, now
from portal.cases.lifecycle import Action
from portal.cases.shift_models import ClockShift
from portal.deadlines.models import CalendarDay, OfficeHoursRow
from portal.identity.models import Delegation, Role
from portal.outbox import actions as outbox
from portal.outbox.models import OutboxDelivery
from portal.outbox.ticks import note_tick
from portal.runtime.demo import AGENCY
from tests.support.desk import Desk
from tests.support.work import fail_until_parked
from tests.web.test_access import sign_in


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_the_year_is_shown_with_its_days_off(client: FlaskClient) -> None:
    sign_in(client, "quantri")
    page = client.get("/quan-tri/lich?nam=2026").text
    assert page.count('class="month"') == 12
    assert "07:30–11:30" in page
    assert client.get("/quan-tri/lich?co-quan=khong-co").status_code == 404
    assert client.get("/quan-tri/lich?nam=99999999999999").status_code == 200


def test_days_and_hours_are_declared_in_the_browser(desk: Desk, client: FlaskClient) -> None:
    sign_in(client, "quantri")
    day = {"co-quan": AGENCY, "day": "2031-03-11", "kind": "off", "note": "TB 5"}
    assert client.post("/quan-tri/lich/ngay", data=day).status_code == 302
    hours = {"co-quan": AGENCY, "valid_from": "2031-01-01", "weekday": ["0", "5"], "opens_1": "07:00",
             "closes_1": "11:00", "opens_2": "", "closes_2": "", "cutoff": "10:00"}  # fmt: skip
    assert client.post("/quan-tri/lich/gio", data=hours).status_code == 302
    with desk.database.unit_of_work() as session:
        (declared,) = session.scalars(select(CalendarDay))
        assert (declared.agency_key, declared.is_worked) == (AGENCY, False)
        (row,) = session.scalars(select(OfficeHoursRow))
        assert row.hours["working_days"] == [0, 5]
    page = client.get(f"/quan-tri/lich?co-quan={AGENCY}&nam=2031").text
    assert "TB 5" in page
    assert client.post(f"/quan-tri/lich/gio/{row.id}/xoa", data={"co-quan": AGENCY}).status_code == 302
    with desk.database.unit_of_work() as session:
        assert session.scalars(select(OfficeHoursRow)).all() == []


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("lich/ngay", {"day": "", "kind": "off", "note": "x"}, "Hãy chọn ngày."),
        ("lich/ngay", {"day": "2031-03-11", "kind": "", "note": "x"}, "Hãy chọn nghỉ hay làm việc."),
        ("lich/ngay", {"day": "2031-03-11", "kind": "off", "note": " "}, "Hãy ghi căn cứ"),
        ("lich/gio", {"valid_from": "2031-01-01"}, "ít nhất một ngày"),
        ("lich/gio", {"weekday": "0", "opens_1": "07:00", "closes_1": "11:00", "cutoff": "10:00"}, "ngày bắt đầu"),
        ("lich/gio", {"weekday": "0", "opens_1": "11:00", "closes_1": "07:00", "cutoff": "10:00",
                      "valid_from": "2031-01-01"}, "giờ sau phải muộn hơn"),
        ("lich/gio", {"weekday": "0", "opens_1": "xx", "closes_1": "", "cutoff": "10:00",
                      "valid_from": "2031-01-01"}, "bắt đầu và kết thúc"),
        ("su-co", {"began_at": "", "ended_at": "x", "reason": "x"}, "Hãy ghi ngày giờ."),
        ("su-co", {"began_at": "2026-03-10T08:00", "ended_at": "2026-03-10T07:00", "reason": "x"}, "sau lúc bắt đầu"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_the_field(client: FlaskClient, path: str, data: dict[str, str], said: str) -> None:
    sign_in(client, "quantri")
    answer = client.post(f"/quan-tri/{path}", data=data)
    assert answer.status_code == 422
    assert said in answer.text


def test_an_outage_is_declared_and_shown(desk: Desk, client: FlaskClient) -> None:
    sign_in(client, "quantri")
    data = {"co-quan": "", "began_at": "2026-03-10T08:00", "ended_at": "2026-03-10T10:00", "reason": "Đứt cáp"}
    assert client.post("/quan-tri/su-co", data=data).status_code == 302
    assert "Đứt cáp" in client.get("/quan-tri/su-co").text
    with desk.database.unit_of_work() as session:
        (shift,) = session.scalars(select(ClockShift))
        assert shift.ended_at - shift.began_at == timedelta(hours=2)


def test_a_leader_delegates_and_takes_it_back(desk: Desk, client: FlaskClient) -> None:
    sign_in(client, "quantri")
    assert "Lãnh Đạo Mẫu: Lãnh đạo phê duyệt" in client.get(f"/quan-tri/uy-quyen?co-quan={AGENCY}").text
    assert "Lãnh Đạo Mẫu" not in client.get("/quan-tri/uy-quyen?co-quan=so-tu-phap").text
    sign_in(client, "lanhdao")
    with desk.database.unit_of_work() as session:
        position = next(p for p in desk.account(session, "lanhdao").positions if p.agency_key == AGENCY)
    today = local_day(now())
    data = {"position": position.id, "login": "truongphong", "valid_from": today.isoformat(),
            "valid_to": (today + timedelta(days=2)).isoformat(), "reason": "Đi họp", "title": "KT. X"}  # fmt: skip
    assert client.post("/quan-tri/uy-quyen", data={**data, "login": "congdan"}).status_code == 422
    assert client.post("/quan-tri/uy-quyen", data=data).status_code == 302
    assert "Trưởng Phòng Mẫu" in client.get("/quan-tri/uy-quyen").text
    with desk.database.unit_of_work() as session:
        (made,) = session.scalars(select(Delegation))
    assert client.post(f"/quan-tri/uy-quyen/{made.id}/thu-hoi").status_code == 302
    with desk.database.unit_of_work() as session:
        assert session.get_one(Delegation, made.id).revoked_at is not None
        assert not desk.actor("truongphong").has(Role.APPROVER, AGENCY)


def test_the_operator_sees_what_stands_still_and_has_it_tried_again(desk: Desk, client: FlaskClient) -> None:
    case = desk.case_at(Action.ACCEPT)  # long ago, and nothing is under way but what failed
    with desk.database.unit_of_work() as session:
        _, tasks = outbox.relay(session, {"case.accepted": ["cases.route_case"]}, desk.now)
        fail_until_parked(session, tasks[0][1], desk.now)
        note_tick(session, "cases.warn", 30, desk.now)
        note_tick(session, "outbox.resend_due", 5, now())
    sign_in(client, "vanhanh")
    page = client.get("/quan-tri/van-hanh").text
    assert case.reference in page
    assert "đã dừng thử" in page
    assert page.count("✕ chậm") == 1
    assert case.contact_name not in page
    assert client.post(f"/quan-tri/van-hanh/viec/{tasks[0][1]}/lam-lai").status_code == 302
    assert client.post("/quan-tri/van-hanh/viec/999999/lam-lai").status_code == 404
    with desk.database.unit_of_work() as session:
        assert session.get_one(OutboxDelivery, tasks[0][1]).parked_at is None
    assert client.post("/quan-tri/van-hanh/ho-so-ket/lam-lai").status_code == 302
    assert client.get(f"/can-bo/ho-so/{case.reference}").status_code == 403
