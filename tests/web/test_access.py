"""Every route says who may use it, and keeps to it."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.runtime.demo import PASSWORD
from portal.web.access import Access, access_of, guard
from portal.web.app import create_app

# The reviewed list of addresses: a change here is a change of what the site offers, and to whom.
ROUTES = {
    ("GET", "/"): Access.PUBLIC,
    ("GET", "/thu-tuc"): Access.PUBLIC,
    ("GET", "/thu-tuc/<code>"): Access.PUBLIC,
    ("GET", "/thu-tuc/goi-y"): Access.PUBLIC,
    ("GET", "/thu-tuc/<code>/chuan-bi"): Access.PUBLIC,
    ("GET", "/thu-tuc/<code>/qr.svg"): Access.PUBLIC,
    ("GET", "/thu-tuc/theo/<way>"): Access.PUBLIC,
    ("GET", "/viec/<key>"): Access.PUBLIC,
    ("GET", "/kiem-tra"): Access.PUBLIC,
    ("GET", "/kiem-tra/<code>"): Access.PUBLIC,
    ("POST", "/kiem-tra"): Access.PUBLIC,
    ("POST", "/kiem-tra/ban-goc.pdf"): Access.PUBLIC,
    ("POST", "/kiem-tra/tep"): Access.PUBLIC,
    ("GET", "/can-bo/ky-so"): Access.STAFF,
    ("POST", "/can-bo/ky-so"): Access.STAFF,
    ("GET", "/can-bo/van-ban-di"): Access.STAFF,
    ("GET", "/can-bo/van-ban-di.xlsx"): Access.STAFF,
    ("GET", "/can-bo/van-ban-di/<int:paper_id>"): Access.STAFF,
    ("GET", "/can-bo/van-ban-di/<int:paper_id>.pdf"): Access.STAFF,
    ("POST", "/can-bo/van-ban-di/<int:paper_id>/thu-hoi"): Access.STAFF,
    ("POST", "/can-bo/van-ban-di/<int:paper_id>/gui"): Access.STAFF,
    ("GET", "/can-bo/van-ban-den"): Access.STAFF,
    ("POST", "/can-bo/ho-so/<reference>/sao-y"): Access.STAFF,
    ("POST", "/can-bo/ho-so/<reference>/buu-dien"): Access.STAFF,
    ("POST", "/can-bo/ho-so/<reference>/buu-dien/<int:order_id>/huy"): Access.STAFF,
    ("POST", "/ho-so/<reference>/buu-dien"): Access.SIGNED_IN,
    ("POST", "/ho-so/<reference>/buu-dien/<int:order_id>/huy"): Access.SIGNED_IN,
    ("GET", "/can-bo/van-ban-den/<int:exchanged_id>"): Access.STAFF,
    ("POST", "/can-bo/van-ban-den/<int:exchanged_id>"): Access.STAFF,
    ("GET", "/can-bo/van-ban-den/<int:exchanged_id>/tep/<int:number>"): Access.STAFF,
    ("GET", "/quan-tri/mau-giay"): Access.CONFIGURATION,
    ("POST", "/quan-tri/mau-giay"): Access.CONFIGURATION,
    ("POST", "/quan-tri/mau-giay/xem-thu.pdf"): Access.CONFIGURATION,
    ("GET", "/quan-tri/chung-thu-so"): Access.CONFIGURATION,
    ("POST", "/quan-tri/chung-thu-so"): Access.CONFIGURATION,
    ("POST", "/quan-tri/chung-thu-so/<int:certificate_id>/go"): Access.CONFIGURATION,
    ("GET", "/tra-cuu"): Access.PUBLIC,
    ("POST", "/tra-cuu"): Access.PUBLIC,
    ("POST", "/tra-cuu/gui-ma"): Access.PUBLIC,
    ("POST", "/tra-cuu/ma"): Access.PUBLIC,
    ("GET", "/dien-thoai-thu-nghiem"): Access.DEMO,
    ("POST", "/nhan/zalo"): Access.PROVIDER,
    ("GET", "/nhan/esms/<token>"): Access.PROVIDER,
    ("POST", "/nhan/speedsms/<token>"): Access.PROVIDER,
    ("GET", "/nhan/tin-nhan/<token>"): Access.PROVIDER,
    ("POST", "/nhan/tin-nhan/<token>"): Access.PROVIDER,
    ("GET", "/bao-tin"): Access.SIGNED_IN,
    ("POST", "/bao-tin"): Access.SIGNED_IN,
    ("GET", "/quan-tri/mau-tin"): Access.CONFIGURATION,
    ("POST", "/quan-tri/mau-tin"): Access.CONFIGURATION,
    ("POST", "/can-bo/ho-so/<reference>/thu-tien"): Access.STAFF,
    ("GET", "/can-bo/ho-so/<reference>/thu-tien/<int:payment_id>"): Access.STAFF,
    ("POST", "/ho-so-nhap/<uuid:draft_id>/le-phi"): Access.SIGNED_IN,
    ("GET", "/ho-so/<reference>/bien-lai/<int:receipt_id>.pdf"): Access.SIGNED_IN,
    ("GET", "/ho-so/<reference>/bien-lai/<int:receipt_id>.xml"): Access.SIGNED_IN,
    ("GET", "/ho-so/<reference>/nop-tien"): Access.SIGNED_IN,
    ("POST", "/ho-so/<reference>/nop-tien"): Access.SIGNED_IN,
    ("GET", "/ho-so/<reference>/nop-tien/<int:payment_id>"): Access.SIGNED_IN,
    ("POST", "/ho-so/<reference>/nop-tien/<int:payment_id>/da-chuyen"): Access.SIGNED_IN,
    ("GET", "/ke-toan"): Access.ACCOUNTING,
    ("POST", "/ke-toan/bien-lai/<int:receipt_id>/huy"): Access.ACCOUNTING,
    ("GET", "/ke-toan/bien-lai/<int:receipt_id>.pdf"): Access.ACCOUNTING,
    ("POST", "/ke-toan/nop-thua/<int:payment_id>/de-tru"): Access.ACCOUNTING,
    ("POST", "/ke-toan/bien-lai/<int:receipt_id>/thay"): Access.ACCOUNTING,
    ("GET", "/ke-toan/doi-soat"): Access.ACCOUNTING,
    ("POST", "/ke-toan/doi-soat"): Access.ACCOUNTING,
    ("GET", "/ke-toan/doi-soat/<int:day_id>"): Access.ACCOUNTING,
    ("POST", "/ke-toan/doi-soat/<int:day_id>/giai-trinh"): Access.ACCOUNTING,
    ("POST", "/ke-toan/doi-soat/<int:day_id>/khoa"): Access.ACCOUNTING,
    ("GET", "/ke-toan/hoan-tien"): Access.ACCOUNTING,
    ("POST", "/ke-toan/hoan-tien/<int:refund_id>/<decision>"): Access.ACCOUNTING,
    ("GET", "/ke-toan/nop/<int:payment_id>"): Access.ACCOUNTING,
    ("GET", "/ke-toan/nop/<int:payment_id>/chung-tu.pdf"): Access.ACCOUNTING,
    ("GET", "/ke-toan/nop/<int:payment_id>/anh-chuyen-khoan"): Access.ACCOUNTING,
    ("POST", "/ke-toan/nop/<int:payment_id>/hoan-tien"): Access.ACCOUNTING,
    ("POST", "/ke-toan/nop/<int:payment_id>/hoi"): Access.ACCOUNTING,
    ("POST", "/ke-toan/nop/<int:payment_id>/khong-thay"): Access.ACCOUNTING,
    ("POST", "/ke-toan/nop/<int:payment_id>/xac-nhan"): Access.ACCOUNTING,
    ("GET", "/ke-toan/xuat.xlsx"): Access.ACCOUNTING,
    ("GET", "/nhan/thanh-toan/<gateway>"): Access.PROVIDER,
    ("POST", "/nhan/thanh-toan/<gateway>"): Access.PROVIDER,
    ("GET", "/nop-tien/ve/<gateway>"): Access.PUBLIC,
    ("GET", "/quan-tri/tin-nhan"): Access.OPERATION,
    ("GET", "/quan-tri/zalo/cap-quyen"): Access.OPERATION,
    ("POST", "/quan-tri/tin-nhan/tim"): Access.OPERATION,
    ("GET", "/quan-tri/tin-nhan/<int:message_id>"): Access.OPERATION,
    ("POST", "/quan-tri/tin-nhan/<int:message_id>/gui-lai"): Access.OPERATION,
    ("GET", "/dang-nhap"): Access.PUBLIC,
    ("POST", "/dang-nhap"): Access.PUBLIC,
    ("GET", "/kich-hoat"): Access.PUBLIC,
    ("POST", "/kich-hoat"): Access.PUBLIC,
    ("POST", "/dang-xuat"): Access.SIGNED_IN,
    ("GET", "/thu-tuc/<code>/nop-ho-so"): Access.SIGNED_IN,
    ("POST", "/thu-tuc/<code>/nop-ho-so"): Access.SIGNED_IN,
    ("GET", "/ho-so-nhap/<uuid:draft_id>/to-khai/<key>"): Access.SIGNED_IN,
    ("POST", "/ho-so-nhap/<uuid:draft_id>/to-khai/<key>"): Access.SIGNED_IN,
    ("GET", "/ho-so-nhap/<uuid:draft_id>/giay-to"): Access.SIGNED_IN,
    ("POST", "/ho-so-nhap/<uuid:draft_id>/luu"): Access.SIGNED_IN,
    ("POST", "/ho-so-nhap/<uuid:draft_id>/giay-to/<int:number>"): Access.SIGNED_IN,
    ("POST", "/ho-so-nhap/<uuid:draft_id>/giay-to/<int:number>/dung-lai"): Access.SIGNED_IN,
    ("GET", "/ho-so-nhap/<uuid:draft_id>/tep/<uuid:document_id>"): Access.SIGNED_IN,
    ("POST", "/ho-so-nhap/<uuid:draft_id>/tai-len"): Access.SIGNED_IN,
    ("GET", "/ho-so-nhap/<uuid:draft_id>/tai-len/<uuid:upload_id>"): Access.SIGNED_IN,
    ("PATCH", "/ho-so-nhap/<uuid:draft_id>/tai-len/<uuid:upload_id>"): Access.SIGNED_IN,
    ("DELETE", "/ho-so-nhap/<uuid:draft_id>/tai-len/<uuid:upload_id>"): Access.SIGNED_IN,
    ("GET", "/ho-so-nhap/<uuid:draft_id>/le-phi"): Access.SIGNED_IN,
    ("GET", "/ho-so-nhap/<uuid:draft_id>/ve-ho-so"): Access.SIGNED_IN,
    ("POST", "/ho-so-nhap/<uuid:draft_id>/giay-to/<uuid:document_id>/xoa"): Access.SIGNED_IN,
    ("GET", "/ho-so-nhap/<uuid:draft_id>/xem-lai"): Access.SIGNED_IN,
    ("POST", "/ho-so-nhap/<uuid:draft_id>/gui"): Access.SIGNED_IN,
    ("POST", "/ho-so-nhap/<uuid:draft_id>/xoa"): Access.SIGNED_IN,
    ("GET", "/ho-so"): Access.SIGNED_IN,
    ("GET", "/ho-so/<reference>"): Access.SIGNED_IN,
    ("POST", "/ho-so/<reference>/rut"): Access.SIGNED_IN,
    ("GET", "/ho-so/<reference>/bo-sung"): Access.SIGNED_IN,
    ("POST", "/ho-so/<reference>/bo-sung"): Access.SIGNED_IN,
    ("POST", "/ho-so/<reference>/hoi"): Access.SIGNED_IN,
    ("POST", "/ho-so/<reference>/nop-lai"): Access.SIGNED_IN,
    ("GET", "/ho-so/<reference>/xac-nhan.pdf"): Access.SIGNED_IN,
    ("GET", "/ho-so/<reference>/tat-ca.zip"): Access.SIGNED_IN,
    ("GET", "/kho-giay-to"): Access.SIGNED_IN,
    ("POST", "/kho-giay-to"): Access.SIGNED_IN,
    ("GET", "/kho-giay-to/<uuid:paper_id>"): Access.SIGNED_IN,
    ("POST", "/kho-giay-to/<uuid:paper_id>"): Access.SIGNED_IN,
    ("POST", "/ho-so/<reference>/nhan-ket-qua"): Access.SIGNED_IN,
    ("GET", "/ho-so/<reference>/ket-qua.pdf"): Access.SIGNED_IN,
    ("GET", "/ho-so/<reference>/tep/<uuid:document_id>"): Access.SIGNED_IN,
    ("GET", "/can-bo"): Access.STAFF,
    ("GET", "/can-bo/<any('dang-mo', 'tat-ca'):which>"): Access.STAFF,
    ("POST", "/can-bo/tim"): Access.STAFF,
    ("GET", "/can-bo/viec-moi"): Access.STAFF,
    ("GET", "/can-bo/tai-quay"): Access.STAFF,
    ("POST", "/can-bo/cach-xem"): Access.STAFF,
    ("GET", "/can-bo/cach-xem/<int:view_id>"): Access.STAFF,
    ("POST", "/can-bo/cach-xem/<int:view_id>/xoa"): Access.STAFF,
    ("POST", "/can-bo/xuat"): Access.STAFF,
    ("POST", "/can-bo/nhieu-ho-so"): Access.STAFF,
    ("POST", "/can-bo/nhieu-ho-so/lam"): Access.STAFF,
    ("GET", "/can-bo/don-vi"): Access.LEADING,
    ("GET", "/can-bo/so-theo-doi"): Access.STAFF,
    ("GET", "/can-bo/so-theo-doi.pdf"): Access.STAFF,
    ("GET", "/can-bo/ho-so/<reference>"): Access.STAFF,
    ("POST", "/can-bo/ho-so/<reference>/<action>"): Access.STAFF,
    ("POST", "/can-bo/ho-so/<reference>/tra-loi"): Access.STAFF,
    ("POST", "/can-bo/ho-so/<reference>/xem-truoc"): Access.STAFF,
    ("POST", "/can-bo/ho-so/<reference>/ghi-chu"): Access.STAFF,
    ("POST", "/can-bo/ho-so/<reference>/giay-to"): Access.STAFF,
    ("POST", "/can-bo/ho-so/<reference>/dang-xem"): Access.STAFF,
    ("GET", "/can-bo/ho-so/<reference>/tep/<uuid:document_id>"): Access.STAFF,
    ("GET", "/can-bo/ho-so/<reference>/tep/<uuid:document_id>/trang-<int:number>.png"): Access.STAFF,
    ("GET", "/can-bo/ho-so/<reference>/du-thao.pdf"): Access.STAFF,
    ("GET", "/can-bo/ho-so/<reference>/du-thao-<int:number>.png"): Access.STAFF,
    ("GET", "/can-bo/ho-so/<reference>/ket-qua.pdf"): Access.STAFF,
    ("GET", "/can-bo/ho-so/<reference>/phieu/<slip_kind>.pdf"): Access.STAFF,
    ("GET", "/ho-so/<reference>/xin-loi.pdf"): Access.SIGNED_IN,
    ("GET", "/quan-tri/thu-tuc"): Access.CATALOG,
    ("GET", "/quan-tri/thu-tuc/moi"): Access.CATALOG,
    ("POST", "/quan-tri/thu-tuc/moi"): Access.CATALOG,
    ("GET", "/quan-tri/thu-tuc/<code>"): Access.CATALOG,
    ("POST", "/quan-tri/thu-tuc/<code>/soan"): Access.CATALOG,
    ("POST", "/quan-tri/thu-tuc/<code>/bai-bo"): Access.CATALOG,
    ("GET", "/quan-tri/phien-ban/<int:version_id>"): Access.CATALOG,
    ("POST", "/quan-tri/phien-ban/<int:version_id>/<decision>"): Access.CATALOG,
    ("GET", "/quan-tri/phien-ban/<int:version_id>/xem"): Access.CATALOG,
    ("GET", "/quan-tri/phien-ban/<int:version_id>/sua"): Access.CATALOG,
    ("POST", "/quan-tri/phien-ban/<int:version_id>/sua"): Access.CATALOG,
    ("GET", "/quan-tri/phien-ban/<int:version_id>/to-khai"): Access.CATALOG,
    ("POST", "/quan-tri/phien-ban/<int:version_id>/to-khai"): Access.CATALOG,
    ("GET", "/quan-tri/phien-ban/<int:version_id>/to-khai/<int:number>"): Access.CATALOG,
    ("POST", "/quan-tri/phien-ban/<int:version_id>/to-khai/<int:number>"): Access.CATALOG,
    ("GET", "/quan-tri/san-sang"): Access.CATALOG,
    ("GET", "/quan-tri/tim-kiem"): Access.CATALOG,
    ("POST", "/quan-tri/tim-kiem/tu-dong-nghia"): Access.CATALOG,
    ("POST", "/quan-tri/tim-kiem/bo-qua"): Access.CATALOG,
    ("POST", "/quan-tri/tim-kiem/tu-dong-nghia/<int:synonym_id>/xoa"): Access.CATALOG,
    ("GET", "/quan-tri/nhap-xuat"): Access.CATALOG,
    ("POST", "/quan-tri/nhap-xuat"): Access.CATALOG,
    ("GET", "/quan-tri/nhap-xuat/danh-muc.<kind>"): Access.CATALOG,
    ("GET", "/quan-tri/nhap-xuat/<int:import_id>"): Access.CATALOG,
    ("POST", "/quan-tri/nhap-xuat/<int:import_id>/<decision>"): Access.CATALOG,
    ("GET", "/quan-tri/lich"): Access.CONFIGURATION,
    ("POST", "/quan-tri/lich/ngay"): Access.CONFIGURATION,
    ("POST", "/quan-tri/lich/gio"): Access.CONFIGURATION,
    ("POST", "/quan-tri/lich/gio/<int:row_id>/xoa"): Access.CONFIGURATION,
    ("GET", "/quan-tri/su-co"): Access.CONFIGURATION,
    ("POST", "/quan-tri/su-co"): Access.CONFIGURATION,
    ("GET", "/quan-tri/uy-quyen"): Access.PERSONNEL,
    ("POST", "/quan-tri/uy-quyen"): Access.PERSONNEL,
    ("POST", "/quan-tri/uy-quyen/<int:delegation_id>/thu-hoi"): Access.PERSONNEL,
    ("GET", "/quan-tri/don-vi"): Access.CONFIGURATION,
    ("GET", "/quan-tri/don-vi/moi"): Access.CONFIGURATION,
    ("POST", "/quan-tri/don-vi/moi"): Access.CONFIGURATION,
    ("GET", "/quan-tri/don-vi/<agency_key>"): Access.CONFIGURATION,
    ("POST", "/quan-tri/don-vi/<agency_key>"): Access.CONFIGURATION,
    ("GET", "/quan-tri/nhap-can-bo"): Access.CONFIGURATION,
    ("GET", "/quan-tri/nhap-can-bo/mau.xlsx"): Access.CONFIGURATION,
    ("POST", "/quan-tri/nhap-can-bo"): Access.CONFIGURATION,
    ("GET", "/quan-tri/can-bo"): Access.CONFIGURATION,
    ("POST", "/quan-tri/can-bo"): Access.CONFIGURATION,
    ("GET", "/quan-tri/can-bo/<login>"): Access.CONFIGURATION,
    ("POST", "/quan-tri/can-bo/<login>/vi-tri"): Access.CONFIGURATION,
    ("POST", "/quan-tri/can-bo/<login>/vi-tri/<int:position_id>/thoi"): Access.CONFIGURATION,
    ("POST", "/quan-tri/can-bo/<login>/sua"): Access.CONFIGURATION,
    ("POST", "/quan-tri/can-bo/<login>/khoa"): Access.CONFIGURATION,
    ("POST", "/quan-tri/can-bo/<login>/ma"): Access.CONFIGURATION,
    ("GET", "/quan-tri/ly-do"): Access.CONFIGURATION,
    ("POST", "/quan-tri/ly-do"): Access.CONFIGURATION,
    ("POST", "/quan-tri/ly-do/<int:reason_id>/bo"): Access.CONFIGURATION,
    ("GET", "/quan-tri/nhat-ky"): Access.CONFIGURATION,
    ("GET", "/quan-tri/van-hanh"): Access.OPERATION,
    ("POST", "/quan-tri/van-hanh/viec/<int:delivery_id>/lam-lai"): Access.OPERATION,
    ("POST", "/quan-tri/van-hanh/ho-so-ket/lam-lai"): Access.OPERATION,
    ("GET", "/api/v1/procedures"): Access.PUBLIC,
    ("GET", "/api/v1/procedures/<code>"): Access.PUBLIC,
    ("GET", "/api/v1/procedures.jsonl"): Access.PUBLIC,
    ("GET", "/api/v1/procedures.csv"): Access.PUBLIC,
    ("GET", "/api/v1/openapi.json"): Access.PUBLIC,
    ("POST", "/api/v1/cases"): Access.PARTNER,
    ("GET", "/api/v1/cases"): Access.PARTNER,
    ("GET", "/api/v1/cases/<reference>"): Access.PARTNER,
    ("POST", "/api/v1/cases/<reference>/actions/<action>"): Access.PARTNER,
    ("GET", "/api/v1/cases/<reference>/result.pdf"): Access.PARTNER,
    ("GET", "/healthz"): Access.PUBLIC,
    ("GET", "/static/<path:filename>"): Access.PUBLIC,
}
CLOSED_TO_CITIZENS = frozenset(Access) - {
    Access.PUBLIC, Access.SIGNED_IN, Access.DEMO, Access.PARTNER, Access.PROVIDER,
}  # fmt: skip
_EXAMPLES = {
    "<code>": "1.001193",
    **{
        f"<int:{name}_id>": "999999999"
        for name in ("payment", "receipt", "refund", "day", "paper", "certificate", "exchanged", "order")
    },
    "<gateway>": "khong-co",
    "<uuid:draft_id>": str(uuid.uuid4()),
    "<uuid:document_id>": str(uuid.uuid4()),
    "<key>": "child",
    "<int:number>": "0",
    "<uuid:upload_id>": str(uuid.uuid4()),
    "<uuid:paper_id>": str(uuid.uuid4()),
    "<reference>": "H37.01-260310-0001",
    "<action>": "accept",
    "<int:version_id>": "999999999",
    "<decision>": "duyet",
    "<int:import_id>": "999999999",
    "<kind>": "xlsx",
    "<int:synonym_id>": "999999999",
    "<way>": "linh-vuc",
    "<int:row_id>": "999999999",
    "<int:delegation_id>": "999999999",
    "<int:delivery_id>": "999999999",
    "<any('dang-mo', 'tat-ca'):which>": "dang-mo",
    "<int:view_id>": "999999999",
    "<int:position_id>": "999999999",
    "<int:reason_id>": "999999999",
    "<slip_kind>": "kiem-soat",
    "<agency_key>": "so-noi-vu",
    "<login>": "motcua",
    "<token>": "sai",
    "<int:message_id>": "999999999",
}


def address(rule: str) -> str:
    for part, example in _EXAMPLES.items():
        rule = rule.replace(part, example)
    return rule


def sign_in(client: FlaskClient, login: str) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    answer = client.post("/dang-nhap", data={"login": login, "password": PASSWORD})
    assert answer.status_code == 302


def test_the_list_of_routes_is_the_reviewed_one(app: Flask) -> None:
    found = {
        (method, rule.rule): access_of(app, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert found == ROUTES


def test_a_route_without_mark_stops_the_start(settings) -> None:
    app = create_app(settings)
    app.add_url_rule("/forgotten", "forgotten", lambda: "")
    with pytest.raises(RuntimeError, match="forgotten"):
        guard(app)


def test_strangers_are_sent_to_sign_in(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    for (method, rule), access in ROUTES.items():
        if access in (Access.PUBLIC, Access.DEMO, Access.PROVIDER):
            continue
        answer = app.test_client().open(address(rule), method=method)
        if access is Access.PARTNER:
            assert (answer.status_code, answer.json["error"]["code"]) == (401, "http_401"), rule
        else:
            assert answer.status_code == 302 and answer.location.startswith("/dang-nhap"), rule


def test_citizens_do_not_get_into_the_desk(app: Flask) -> None:
    client = app.test_client()
    sign_in(client, "congdan")
    for (method, rule), access in ROUTES.items():
        if access in CLOSED_TO_CITIZENS:
            assert client.open(address(rule), method=method).status_code == 403


@pytest.mark.parametrize(
    ("login", "closed"),
    [
        ("motcua", {Access.CATALOG, Access.CONFIGURATION, Access.OPERATION}),
        ("bientap", CLOSED_TO_CITIZENS - {Access.CATALOG}),
        ("quantri", CLOSED_TO_CITIZENS - {Access.CONFIGURATION, Access.PERSONNEL}),
        ("vanhanh", CLOSED_TO_CITIZENS - {Access.OPERATION}),
    ],
)
def test_staff_keep_to_their_own_side(app: Flask, login: str, closed: set[Access]) -> None:
    client = app.test_client()
    sign_in(client, login)
    for (method, rule), access in ROUTES.items():
        if access in closed:
            assert client.open(address(rule), method=method).status_code == 403


def test_a_cookie_opens_nothing_to_other_systems(app: Flask) -> None:
    for login in ("congdan", "motcua", "quantri", "vanhanh"):
        client = app.test_client()
        sign_in(client, login)
        for (method, rule), access in ROUTES.items():
            if access is Access.PARTNER:
                for given in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}):
                    assert client.open(address(rule), method=method, headers=given).status_code == 401


def test_every_change_needs_a_token(app: Flask) -> None:
    client = app.test_client()
    for (method, rule), access in ROUTES.items():
        if method != "GET" and access is not Access.PROVIDER:
            answer = client.open(address(rule), method=method)
            # 401: the page of signing in again, with what was typed.
            assert answer.status_code in ((401,) if access is Access.PARTNER else (401, 400)), rule


KEEPERS = {Access.CATALOG: "bientap", Access.CONFIGURATION: "quantri", Access.OPERATION: "vanhanh",
           Access.LEADING: "truongphong", Access.ACCOUNTING: "ketoantinh"}  # fmt: skip


@pytest.mark.parametrize("login", ["motcua", *KEEPERS.values()])
def test_no_route_breaks_on_things_that_do_not_exist(app: Flask, login: str) -> None:
    client = app.test_client()
    sign_in(client, login)
    rules = [rule for (method, rule), access in ROUTES.items()
             if method == "GET" and "static" not in rule and KEEPERS.get(access, "motcua") == login]  # fmt: skip
    for rule in rules:
        for nothing in ("", "?q=%00%ff&trang=-1&limit=x", "?trang=99999999999999999999"):
            answer = client.get(address(rule).replace("1.001193", "9.999999") + nothing)
            assert answer.status_code in (200, 302, 401, 404, 422, 503), (rule, nothing)


def test_the_demo_pages_do_not_exist_where_demo_is_off(app: Flask) -> None:
    import dataclasses

    app.config["SETTINGS"] = dataclasses.replace(app.config["SETTINGS"], demo=False)
    assert app.test_client().get("/dien-thoai-thu-nghiem").status_code == 404
