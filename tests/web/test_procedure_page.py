"""The page of a procedure, its checklist, and the ways to find it without searching."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.cases.handling import handling_times
from portal.cases.lifecycle import Action
from portal.cases.models import Case
from portal.publishing import actions
from portal.web.app import create_app
from tests.publishing.test_versions import publish
from tests.support.desk import CODE, PATH, Desk
from tests.web.test_access import sign_in

CONSTITUENTS = (
    "Trình tự thực hiện", "Cách nộp", "Cần chuẩn bị", "Thời hạn", "Ai làm thủ tục này", "Cơ quan tiếp nhận",
    "Bạn nhận được", "Phí, lệ phí", "Yêu cầu, điều kiện", "Căn cứ pháp lý", "Cơ quan xử lý thế nào",
)  # fmt: skip


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_everything_that_is_to_be_published_has_its_place(client: FlaskClient) -> None:
    page = client.get(f"/thu-tuc/{CODE}").text
    for title in CONSTITUENTS:
        assert title in page, title
    assert "chưa có dữ liệu" in page
    assert page.count("Nộp hồ sơ trực tuyến") == 1
    assert "mặc định của cổng" in page


def test_what_an_editor_wrote_is_shown(app: Flask, client: FlaskClient, desk: Desk) -> None:
    publish(
        desk, steps=["Điền tờ khai", "Chờ tin"], conditions=["Trẻ sinh tại tỉnh"], sets=2,
        fees=[
            {"amount_vnd": 8000, "kind": "charge", "channels": ["online"],
             "exemptions": [{"who": "Hộ nghèo", "percent_off": 100}, {"who": "Trẻ em", "percent_off": 50}]},
            {"amount_vnd": 15000, "kind": "charge", "channels": ["desk"]},
            {"amount_vnd": 20000, "kind": "charge", "channels": ["desk"], "valid_from": "2099-01-01"},
        ],
        service_level="partial", levels={"ubnd-05986": "information"},
    )  # fmt: skip
    page = re.sub(r"\s+", " ", client.get(f"/thu-tuc/{CODE}").text)
    for said in ("Điền tờ khai", "Trẻ sinh tại tỉnh", "8.000 đ", "Miễn: Hộ nghèo", "Giảm 50% còn 4.000 đ: Trẻ em",
                 "Sắp thay đổi", "Từ 01/01/2099", "Một phần (mức độ 3)",
                 "chỉ cung cấp thông tin", "Nộp trực tiếp: 2 bộ"):  # fmt: skip
        assert said in page, said


def test_linked_data_is_what_schema_org_asks(client: FlaskClient) -> None:
    page = client.get(f"/thu-tuc/{CODE}").text
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)[1])
    assert data["@type"] == "GovernmentService"
    assert data["identifier"] == CODE
    assert data["url"].endswith(f"/thu-tuc/{CODE}")
    assert len(data["provider"]) == 65
    assert data["availableChannel"]["serviceUrl"].endswith("/nop-ho-so")


def test_linked_data_cannot_break_out_of_its_element(app: Flask, client: FlaskClient, desk: Desk) -> None:
    publish(desk, name="</script><script>alert(1)</script>")
    page = client.get(f"/thu-tuc/{CODE}").text
    assert "<script>alert" not in page


def test_the_checklist_and_the_code(client: FlaskClient) -> None:
    page = client.get(f"/thu-tuc/{CODE}/chuan-bi").text
    assert page.count('type="checkbox"') > 10
    assert "Giấy chứng sinh" in page
    assert len(set(re.findall(r'type="checkbox" id="([^"]+)"', page))) == page.count('type="checkbox"')
    code = client.get(f"/thu-tuc/{CODE}/qr.svg")
    assert code.mimetype == "image/svg+xml"
    assert client.get("/thu-tuc/9.999999/qr.svg").status_code == 404


def test_every_procedure_has_a_page_and_a_checklist(client: FlaskClient) -> None:
    codes = [json.loads(line)["code"] for line in client.get("/api/v1/procedures.jsonl").text.splitlines()]
    for code in codes[::17]:
        assert client.get(f"/thu-tuc/{code}").status_code == 200
        assert client.get(f"/thu-tuc/{code}/chuan-bi").status_code == 200


@pytest.mark.parametrize(
    ("way", "known"), [("linh-vuc", "Hộ tịch"), ("co-quan", "Sở Tư pháp"), ("doi-tuong", "Doanh nghiệp")]
)
def test_browsing(client: FlaskClient, way: str, known: str) -> None:
    page = client.get(f"/thu-tuc/theo/{way}").text
    assert known in page
    counted = re.search(rf"{known} <span class=\"note\">\((\d+)\)", page)
    target = re.search(rf'href="([^"]+)"><span>{known} ', page)[1].replace("&amp;", "&")
    assert f"{counted[1]} thủ tục" in client.get(target).text
    assert client.get("/thu-tuc/theo/khac").status_code == 404


def test_filter_by_online_level(app: Flask, desk: Desk) -> None:
    publish(desk, service_level="partial")
    client = create_app(app.config["SETTINGS"]).test_client()
    assert "1 thủ tục" in client.get("/thu-tuc?muc=partial").text
    assert client.get("/api/v1/procedures?service_level=partial").json["items"][0]["code"] == CODE
    client.application.extensions["database"].dispose()


def test_where_nobody_takes_applications_online(client: FlaskClient, desk: Desk) -> None:
    publish(desk, service_level="information")
    page = client.get(f"/thu-tuc/{CODE}").text
    assert "Nộp hồ sơ trực tuyến" not in page
    assert "Chưa nhận hồ sơ trực tuyến" in page
    sign_in(client, "congdan")
    assert client.post(f"/thu-tuc/{CODE}/nop-ho-so", data={"agency": "ubnd-05986"}).status_code == 422


def test_real_times_leave_out_the_waits_for_the_applicant(client: FlaskClient, desk: Desk) -> None:
    start = desk.now
    for number in range(5):
        desk.now = start
        case = desk.case_at(Action.ROUTE)
        desk.now = start + timedelta(hours=1 + number / 2)
        case = desk.do(case, "chuyenvien", Action.REQUEST_SUPPLEMENT, details={"request": "Thiếu"})
        desk.now += timedelta(days=1)  # waits one day, which does not count
        case = desk.do(case, "congdan", Action.SUPPLY, details={"note": "Đã bổ sung"})
        for login, action, details in PATH[2:7]:
            case = desk.do(case, login, action, details=details)
        with desk.database.unit_of_work() as session:
            done = session.get_one(Case, case.id)
            assert done.handling_minutes == (60, 90, 120, 150, 150)[number]  # the last one over noon
            assert (handling_times(session, CODE, desk.now) is None) == (number < 4)
    with desk.database.unit_of_work() as session:
        times = handling_times(session, CODE, desk.now)
        assert (times.cases, times.median, times.p90) == (5, 120, 150)


def test_a_preview_shows_what_is_not_yet_in_force(app: Flask, desk: Desk) -> None:
    with desk.database.unit_of_work() as session:
        row = actions.open_draft(session, CODE, by=desk.actor("bientap"), now=desk.now)
    client = app.test_client()
    sign_in(client, "bientap")
    page = client.get(f"/quan-tri/phien-ban/{row.id}/xem").text
    assert "Bản xem trước" in page
    assert "Nộp hồ sơ trực tuyến" not in page


def test_a_search_without_result_helps_and_is_noted(app: Flask, client: FlaskClient) -> None:
    page = client.get("/thu-tuc?q=qwrtzp khai").text
    client.get("/thu-tuc?q=qwrtzpsdf")
    client.get("/thu-tuc?q=qwrtzpsdf&linh-vuc=ho-tich")  # narrowed too far: no failure of the words
    assert "khai sinh" in page
    sign_in(client, "bientap")
    board = client.get("/quan-tri/tim-kiem").text
    assert "qwrtzpsdf" in board
    assert "(1 lần" in board
    done = client.post("/quan-tri/tim-kiem/tu-dong-nghia", data={"say": "qwrtzpsdf", "code": CODE})
    assert done.status_code == 302
    assert "Không có lần tìm nào" in client.get("/quan-tri/tim-kiem").text
    assert client.post("/quan-tri/tim-kiem/tu-dong-nghia", data={"say": "", "code": CODE}).status_code == 422
    assert client.post("/quan-tri/tim-kiem/bo-qua", data={"say": "x"}).status_code == 302
