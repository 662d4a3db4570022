"""Pages and API through the front door, without browser or workers."""

from __future__ import annotations

import re

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from portal.base.errors import Refusal
from portal.cases.lifecycle import Action
from portal.runtime.demo import AGENCY, PASSWORD
from portal.web.security import content_policy
from tests.support.desk import Desk
from tests.web.test_access import sign_in


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def citizen(client: FlaskClient) -> FlaskClient:
    sign_in(client, "congdan")
    return client


def test_the_api_lists_and_shows(client: FlaskClient) -> None:
    listed = client.get("/api/v1/procedures?q=dang%20ky%20khai%20sinh&limit=3").json
    assert listed["items"][0]["code"] == "1.001193"
    assert listed["items"][0]["name"] == "Thủ tục đăng ký khai sinh"
    assert listed["total"] >= len(listed["items"]) == 3
    assert client.get("/api/v1/procedures").json["total"] == 1016
    one = client.get("/api/v1/procedures/1.001193").json
    assert one["code"] == "1.001193"
    assert len(one["agencies"]) == 65
    assert client.get("/api/v1/procedures/1.001193.000.00.00.H37").json == one


@pytest.mark.parametrize("path", ["/api/v1/procedures/9.999999", "/api/v1/procedures/xyz", "/api/v1/nothing"])
def test_the_api_says_no_in_json(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json["error"]["message"]


@pytest.mark.parametrize("limit", ["0", "101", "x", "-1", "", "٣٠٠"])
def test_the_api_refuses_odd_limits(client: FlaskClient, limit: str) -> None:
    answer = client.get("/api/v1/procedures", query_string={"limit": limit})
    assert answer.status_code == 422
    assert "limit" in answer.json["error"]["message"]


def test_search_finds_without_accents_and_codes_go_straight(client: FlaskClient) -> None:
    page = client.get("/thu-tuc?q=dang+ky+khai+sinh").text
    assert page.index("/thu-tuc/1.001193") < page.index("/thu-tuc/1.000689")
    assert client.get("/thu-tuc?q=1.001193.000.00.00.H37").location == "/thu-tuc/1.001193"
    assert client.get("/thu-tuc/1.001193.000.00.00.H37").location == "/thu-tuc/1.001193"
    assert "Không thấy thủ tục nào" in client.get("/thu-tuc?q=xyzzy").text


def test_unknown_values_are_said_to_be_unknown(client: FlaskClient) -> None:
    assert "chưa có dữ liệu" in client.get("/thu-tuc/1.000894").text


def test_headers_protect(client: FlaskClient) -> None:
    for path in ("/", "/thu-tuc/1.001193", "/khong-co", "/api/v1/procedures"):
        headers = client.get(path).headers
        assert headers["Content-Security-Policy"] == content_policy(client.application.config["SETTINGS"])
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Request-ID"]


def test_what_people_type_is_shown_as_text(client: FlaskClient) -> None:
    page = client.get("/thu-tuc", query_string={"q": "<script>alert(1)</script>"}).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_signing_in_leads_to_our_pages_only(client: FlaskClient) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    for target, expected in (("/thu-tuc/1.001193", "/thu-tuc/1.001193"), ("//evil.example", "/ho-so"),
                             ("https://evil.example/", "/ho-so"), ("/\\evil.example", "/ho-so"),
                             ("javascript:alert(1)", "/ho-so")):  # fmt: skip
        fresh = client.application.test_client()
        answer = fresh.post(
            "/dang-nhap", query_string={"next": target}, data={"login": "congdan", "password": PASSWORD}
        )
        assert answer.location == expected


def test_wrong_passwords_are_limited_and_tell_nothing(client: FlaskClient) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    texts = set()
    for login in ("congdan", "khong-co-ai"):
        answer = client.post("/dang-nhap", data={"login": login, "password": "sai"})
        assert answer.status_code == 422
        assert "Tên đăng nhập hoặc mật khẩu không đúng." in answer.text
        texts.add(len(answer.text.replace(login, "")))
    assert len(texts) == 1
    statuses = [client.post("/dang-nhap", data={"login": "congdan", "password": "sai"}).status_code for _ in range(12)]
    assert statuses[-1] == 429


def test_wrong_answers_come_back_with_what_was_typed(citizen: FlaskClient) -> None:
    answer = citizen.post("/thu-tuc/1.001193/nop-ho-so", data={"agency": AGENCY})
    step = answer.location
    page = citizen.post(step, data={"requester_name": "Nguyễn 4", "requester_phone": "12"})
    assert page.status_code == 422
    assert "Nguyễn 4" in page.text
    assert "Họ tên chỉ gồm chữ cái" in page.text
    assert 'aria-invalid="true"' in page.text


def test_an_agency_that_does_not_offer_is_refused_at_the_field(citizen: FlaskClient) -> None:
    for agency in ("", "so-xay-dung", "2021-178", "x" * 1000):
        answer = citizen.post("/thu-tuc/1.001193/nop-ho-so", data={"agency": agency})
        assert answer.status_code == 422
        assert 'href="#agency"' in answer.text


def test_wrong_files_are_refused_and_good_ones_kept(citizen: FlaskClient) -> None:
    import io

    from tests.support.answers import PDF

    draft = citizen.post("/thu-tuc/1.001193/nop-ho-so", data={"agency": AGENCY}).location.split("/")[2]
    files = [(io.BytesIO(PDF), "tot.pdf"), (io.BytesIO(b"MZ\x90"), "xau.exe")]
    answer = citizen.post(f"/ho-so-nhap/{draft}/giay-to/0", data={"files": files})
    assert answer.status_code == 422
    assert "xau.exe: Không nhận loại tệp này" in answer.text
    assert "tot.pdf" in citizen.get(f"/ho-so-nhap/{draft}/giay-to").text
    assert citizen.post(f"/ho-so-nhap/{draft}/giay-to/99", data={}).status_code == 404


def test_a_file_that_is_too_large_is_refused_at_its_paper_and_the_others_kept(citizen: FlaskClient) -> None:
    import io

    from tests.support.answers import PDF

    draft = citizen.post("/thu-tuc/1.001193/nop-ho-so", data={"agency": AGENCY}).location.split("/")[2]
    files = [(io.BytesIO(PDF + b"0" * 21 * 1024 * 1024), "to.pdf"), (io.BytesIO(PDF), "vua.pdf")]
    answer = citizen.post(f"/ho-so-nhap/{draft}/giay-to/0", data={"files": files})
    assert answer.status_code == 422
    assert "to.pdf: Tệp lớn hơn 20 MB" in answer.text
    assert "vua.pdf" in citizen.get(f"/ho-so-nhap/{draft}/giay-to").text


def test_a_body_no_page_asks_for_is_refused_in_words(citizen: FlaskClient) -> None:
    import io

    answer = citizen.post("/tra-cuu", data={"file": (io.BytesIO(b"0" * 22 * 1024 * 1024), "to.pdf")})
    assert answer.status_code == 413
    assert "Mỗi tệp nhận đến 20 MB" in answer.text


def test_an_incomplete_draft_cannot_be_sent(citizen: FlaskClient) -> None:
    draft = citizen.post("/thu-tuc/1.001193/nop-ho-so", data={"agency": AGENCY}).location.split("/")[2]
    assert citizen.post(f"/ho-so-nhap/{draft}/gui").status_code == 422  # not declared
    answer = citizen.post(f"/ho-so-nhap/{draft}/gui", data={"declared": "1"})
    assert answer.status_code == 409
    assert "chưa điền xong" in answer.text


def test_every_procedure_can_be_opened_and_begun(citizen: FlaskClient) -> None:
    codes = [item["code"] for offset in range(0, 1016, 100)
             for item in citizen.get(f"/api/v1/procedures?limit=100&offset={offset}").json["items"]]  # fmt: skip
    assert len(set(codes)) == 1016
    for code in codes[::11]:
        assert citizen.get(f"/thu-tuc/{code}").status_code == 200
        agency = citizen.get(f"/api/v1/procedures/{code}").json["agencies"][0]["key"]
        begun = citizen.post(f"/thu-tuc/{code}/nop-ho-so", data={"agency": agency})
        assert begun.status_code == 302
        assert citizen.get(begun.location).status_code == 200


def test_others_cases_do_not_exist(desk: Desk, app: Flask) -> None:
    from portal.identity.actions import create_account

    case = desk.submit()
    with desk.database.unit_of_work() as session:
        create_account(session, login="nguoikhac", password=PASSWORD, full_name="Người Khác", now=desk.now)
    other = app.test_client()
    sign_in(other, "nguoikhac")
    for path in ("", "/ket-qua.pdf"):
        assert other.get(f"/ho-so/{case.reference}{path}").status_code == 404
    for path in ("/rut", "/bo-sung", "/nhan-ket-qua"):
        assert other.post(f"/ho-so/{case.reference}{path}").status_code == 404


def test_the_public_lookup_needs_both_codes_and_shows_no_person(desk: Desk, client: FlaskClient) -> None:
    case = desk.case_at(Action.ROUTE)
    client.application.config["WTF_CSRF_ENABLED"] = False
    page = client.post("/tra-cuu", data={"reference": case.reference, "lookup_code": case.lookup_code.lower()})
    assert page.status_code == 200
    assert "dự kiến trả kết quả 17:30 thứ Ba 10/03/2026" in page.text
    for personal in ("Nguyễn Văn A", "0912", "84912345678", "020090001234"):
        assert personal not in page.text
    wrong = client.post("/tra-cuu", data={"reference": case.reference, "lookup_code": "SAI"})
    assert wrong.status_code == 404


def test_the_desk_offers_what_may_be_done_and_tells_the_slower_of_two(desk: Desk, app: Flask) -> None:
    case = desk.submit()
    officer = app.test_client()
    sign_in(officer, "motcua")
    page = officer.get(f"/can-bo/ho-so/{case.reference}").text
    assert f"/can-bo/ho-so/{case.reference}/accept" in page
    assert "/approve" not in page
    desk.do(case, "motcua", Action.ACCEPT)
    late = officer.post(f"/can-bo/ho-so/{case.reference}/decline", data={"version": case.version, "reason": "x"})
    assert late.status_code == 409
    assert "vừa được người khác xử lý" in late.text


def test_a_reason_that_is_missing_is_asked_for_at_the_field(desk: Desk, app: Flask) -> None:
    case = desk.submit()
    officer = app.test_client()
    sign_in(officer, "motcua")
    answer = officer.post(f"/can-bo/ho-so/{case.reference}/decline", data={"version": case.version})
    assert answer.status_code == 422
    assert 'id="decline-reason-error"' in answer.text
    assert officer.post(f"/can-bo/ho-so/{case.reference}/fly").status_code == 404


def test_drafts_of_results_are_marked_and_files_are_shown(desk: Desk, app: Flask) -> None:
    case = desk.case_at(Action.PROPOSE)
    officer = app.test_client()
    sign_in(officer, "truongphong")
    assert officer.get(f"/can-bo/ho-so/{case.reference}/du-thao.pdf").mimetype == "application/pdf"
    page = officer.get(f"/can-bo/ho-so/{case.reference}").text
    file = next(part for part in page.split('"') if "/tep/" in part)
    answer = officer.get(file)
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert "script" not in answer.headers["Content-Security-Policy"]


def test_requests_are_logged_without_personal_data(client: FlaskClient) -> None:
    with capture_logs([structlog.contextvars.merge_contextvars]) as events:
        client.get("/thu-tuc?q=nguyen+van+a", headers={"X-Request-ID": "abcdefgh-1234"})
    event = next(event for event in events if event["event"] == "request")
    assert (event["path"], event["status"], event["request_id"]) == ("/thu-tuc", 200, "abcdefgh-1234")
    assert "nguyen" not in str(event)


def test_health_says_what_is_missing(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json == {"database": "ok", "broker": "ok", "worker": "no answer"}


def test_a_bug_is_a_page_and_not_a_trace(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.web.public import views

    monkeypatch.setattr(views.publishing, "common", lambda *a: 1 / 0)
    answer = app.test_client().get("/")
    assert answer.status_code == 500
    assert "Hệ thống gặp lỗi" in answer.text
    assert "ZeroDivision" not in answer.text


def test_refusals_have_a_status() -> None:
    from portal.base.errors import Forbidden, Invalid, NotFound, Stale
    from portal.web.errors import status_of

    kinds = (NotFound(), Forbidden(), Stale("x"), Invalid({"a": "b"}), Refusal("x", "y"))
    assert [status_of(kind) for kind in kinds] == [404, 403, 409, 422, 409]


def test_a_sent_draft_is_closed(desk: Desk, app: Flask) -> None:
    import io

    from tests.support.answers import PDF

    case = desk.submit()
    client = app.test_client()
    sign_in(client, "congdan")
    for path in ("giay-to", "to-khai/child", "xem-lai"):
        assert client.get(f"/ho-so-nhap/{case.draft_id}/{path}").location == f"/ho-so/{case.reference}"
    late = client.post(f"/ho-so-nhap/{case.draft_id}/giay-to/0", data={"files": (io.BytesIO(PDF + b"x"), "muon.pdf")})
    assert late.status_code in (302, 422)
    assert "muon.pdf" not in client.get(f"/ho-so/{case.reference}").text
    assert (
        client.post(f"/ho-so-nhap/{case.draft_id}/gui", data={"declared": "1"}).location == f"/ho-so/{case.reference}"
    )


def test_a_supplement_sends_files_and_note_together(desk: Desk, app: Flask) -> None:
    import io

    from tests.support.answers import PDF

    case = desk.submit()
    desk.do(case, "motcua", Action.REQUEST_SUPPLEMENT, details={"request": "Ảnh mờ, chụp lại."})
    client = app.test_client()
    sign_in(client, "congdan")
    address = f"/ho-so/{case.reference}/bo-sung"
    assert "Ảnh mờ, chụp lại." in client.get(f"/ho-so/{case.reference}").text
    page = client.get(address).text
    place = re.search(r"/ho-so-nhap/[0-9a-f-]+/giay-to/0", page)[0]
    wrong = client.post(place, data={"files": (io.BytesIO(b"MZ"), "xau.exe"), "from": "supplement"})
    assert wrong.status_code == 422
    assert 'id="tep-0-error"' in wrong.text
    assert client.post(address, data={"note": ""}).status_code == 422
    kept = client.post(place, data={"files": (io.BytesIO(PDF + b"2"), "chụp lại.pdf"), "from": "supplement"})
    assert kept.status_code == 302
    sent = client.post(address, data={"note": "Đã chụp lại"})
    assert sent.location == f"/ho-so/{case.reference}"
    page = client.get(sent.location).text
    assert "Đã gửi phần bổ sung." in page
    assert "chụp lại.pdf" in page
    assert "Chờ tiếp nhận" in page


def test_a_refusal_needs_its_reason_and_shows_it(desk: Desk, app: Flask) -> None:
    case = desk.case_at(Action.ROUTE)
    officer = app.test_client()
    sign_in(officer, "chuyenvien")
    address = f"/can-bo/ho-so/{case.reference}/propose"
    assert officer.post(address, data={"outcome": "refused", "decision": ""}).status_code == 422
    assert officer.post(address, data={"outcome": "refused", "decision": "Thiếu căn cứ."}).status_code == 302
    for login, action in (("truongphong", Action.ENDORSE), ("lanhdao", Action.APPROVE), ("vanthu", Action.ISSUE),
                          ("system", Action.RELEASE)):  # fmt: skip
        case = desk.do(case, login, action)
    client = app.test_client()
    sign_in(client, "congdan")
    page = client.get(f"/ho-so/{case.reference}").text
    assert "Không được giải quyết" in page
    assert "Thiếu căn cứ." in page


def test_agreeing_needs_no_words(desk: Desk) -> None:
    case = desk.case_at(Action.ROUTE)
    case = desk.do(case, "chuyenvien", Action.PROPOSE, details={"outcome": "granted"})
    assert (case.is_granted, case.decision) == (True, "")


def test_a_lost_session_leads_back_to_the_page_of_the_form(app: Flask) -> None:
    client = app.test_client()
    answer = client.post(
        "/ho-so-nhap/00000000-0000-0000-0000-000000000000/to-khai/child",
        headers={"Referer": "http://localhost/ho-so-nhap/00000000-0000-0000-0000-000000000000/to-khai/child"},
    )
    assert answer.status_code == 401
    assert "next=/ho-so-nhap/" in answer.text.replace("%2F", "/")
    assert "Phiên làm việc đã hết hạn" in answer.text


def test_spaces_do_not_get_around_the_limit_of_tries(client: FlaskClient) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    tries = [client.post("/dang-nhap", data={"login": "vanthu" + " " * n, "password": "sai"}) for n in range(12)]
    assert tries[-1].status_code == 429


@pytest.mark.parametrize("path", ["/thu-tuc/%00", "/api/v1/procedures/%00", "/thu-tuc?q=%00"])
def test_nul_is_no_bug(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in (200, 404)
    client.application.config["WTF_CSRF_ENABLED"] = False
    assert client.post("/dang-nhap", data={"login": "a\0b", "password": "\0"}).status_code == 422


def test_behind_a_proxy_each_visitor_has_limits_of_their_own(settings) -> None:
    import dataclasses

    from portal.web.app import create_app

    app = create_app(dataclasses.replace(settings, trusted_proxies=1))
    app.config["WTF_CSRF_ENABLED"] = False
    data = {"reference": "H37.01-260310-0001", "lookup_code": "x"}
    statuses = [
        app.test_client().post("/tra-cuu", data=data, headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code
        for n in range(25)
    ]
    assert set(statuses) == {404}
    app.extensions["database"].dispose()


def test_the_error_page_needs_no_database(app: Flask) -> None:
    client = app.test_client()
    sign_in(client, "congdan")
    app.extensions["database"].dispose()
    app.extensions["database"] = type(app.extensions["database"])("postgresql://x@127.0.0.1:1/x")
    answer = client.get("/ho-so")
    assert answer.status_code == 503
    assert "Hệ thống đang bận" in answer.text


def test_results_are_narrowed_with_counts_that_come_true(client: FlaskClient) -> None:
    import re

    page = client.get("/thu-tuc?q=ho+tich").text
    choices = re.findall(r'<li><a href="([^"]+)">([^<(]+) \((\d+)\)</a></li>', page)
    assert {"Cấp xã", "Công dân Việt Nam"} <= {label for _, label, _ in choices}
    for address, _, count in choices:
        narrowed = client.get(address.replace("&amp;", "&")).text
        assert f">{count} thủ tục" in narrowed.replace("\n", ""), address
        assert "Bỏ lọc" in narrowed


def test_suggestions_come_while_typing(client: FlaskClient) -> None:
    assert client.get("/thu-tuc/goi-y?q=k").json == []
    items = client.get("/thu-tuc/goi-y?q=dang ky khai s").json
    assert items[0] == {"name": "Đăng ký khai sinh", "href": "/thu-tuc/1.001193"}


def test_life_events_lead_to_procedures(client: FlaskClient) -> None:
    import re

    home = client.get("/").text
    keys = re.findall(r"/viec/([a-z-]+)", home)
    assert len(keys) >= 10
    for key in keys:
        assert client.get(f"/viec/{key}").text.count('class="card"') >= 3
    assert client.get("/viec/khong-co").status_code == 404
