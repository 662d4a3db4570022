"""Callbacks of providers, messages from phones, the pages about messages: texts, log, inbox."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from config import Settings
from portal.base.clock import now
from portal.base.db import Database
from portal.cases.incoming import Understood, phone_asker, take, zalo_asker
from portal.cases.models import Case
from portal.notifications.models import (
    ChannelStop,
    ContactPreference,
    IncomingMessage,
    Lane,
    Message,
    MessageState,
    Notice,
    SealedToken,
    TextTemplate,
)
from portal.notifications.policy import Policy
from tests.support.browsing import client_of
from tests.support.desk import Desk
from tests.support.messages import Providers, running_providers

PHONE = "+84912345678"


@pytest.fixture
def site(app: Flask) -> Flask:
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def providers() -> Iterator[Providers]:
    with running_providers() as running:
        yield running


def signed_in(site: Flask, desk: Desk, login: str) -> FlaskClient:
    with desk.database.unit_of_work() as session:
        return client_of(site, desk.account(session, login).id)


def a_message(database: Database, **values: object) -> int:
    """A message that was sent by eSMS."""
    usual = {
        "key": "n1-sms-1", "purpose": "case.accepted", "channel": "sms", "lane": Lane.NORMAL, "address": PHONE,
        "text": "Tin", "state": MessageState.SENT, "gateway": "esms", "provider_id": "E1", "event_at": now(),
        "created_at": now(), "sent_at": now(), "next_try_at": now() + timedelta(hours=1),
    }  # fmt: skip
    with database.unit_of_work() as session:
        message = Message(**(usual | values))
        session.add(message)
        session.flush()
        return message.id


def state_of(database: Database, message_id: int) -> str:
    with database.unit_of_work() as session:
        return session.get_one(Message, message_id).state


def zalo_event(settings: Settings, key: str, at: float | None = None) -> tuple[bytes, dict[str, str]]:
    message = {"delivery_time": "1", "msg_id": "Z1", "tracking_id": key}
    return signed_by_zalo(settings, {"event_name": "user_received_message", "message": message}, at)


def signed_by_zalo(
    settings: Settings, event: dict[str, object], at: float | None = None
) -> tuple[bytes, dict[str, str]]:
    env, stamp = settings.gateways, str(int((at or time.time()) * 1000))
    raw = json.dumps({**event, "app_id": env["ZALO_ZBS_APP_ID"]}).encode()
    signed = env["ZALO_ZBS_APP_ID"].encode() + raw + stamp.encode() + env["ZALO_ZBS_OA_SECRET"].encode()
    mac = hashlib.sha256(signed).hexdigest()
    return raw, {"X-ZEvent-Signature": f"mac={mac}", "X-ZEvent-Timestamp": stamp}


def test_zalo_says_that_it_has_arrived(site: Flask, settings: Settings, database: Database) -> None:
    message = a_message(database, key="n1-zalo-1", channel="zalo", gateway="zbs", provider_id=None)
    raw, headers = zalo_event(settings, "n1-zalo-1")
    client = site.test_client()
    for changed in (raw.replace(b"n1", b"n2"), raw + b" "):
        assert client.post("/nhan/zalo", data=changed, headers=headers).status_code == 403
    assert client.post("/nhan/zalo", data=raw).status_code == 403
    old, old_headers = zalo_event(settings, "n1-zalo-1", time.time() - 3600)
    assert client.post("/nhan/zalo", data=old, headers=old_headers).status_code == 403
    assert state_of(database, message) == "sent"
    assert client.post("/nhan/zalo", data=b"{}").status_code == 200  # when the address is saved
    for _ in range(2):
        assert client.post("/nhan/zalo", data=raw, headers=headers).status_code == 200
    assert state_of(database, message) == "delivered"


@pytest.mark.parametrize("raw", [b"", b"[]", b"x", b'{"message": 1}', b'{"event_name": []}', b"\xff\xfe"])
def test_anything_may_come_to_the_address_of_zalo(site: Flask, raw: bytes) -> None:
    assert site.test_client().post("/nhan/zalo", data=raw).status_code in (200, 403)


@pytest.mark.parametrize(("status", "successes", "state"), [("5", "1", "delivered"), ("5", "0", "failed"),
                                                            ("2", "0", "sent"), ("4", "0", "failed")])  # fmt: skip
def test_receipts_of_esms(site: Flask, database: Database, status: str, successes: str, state: str) -> None:
    message = a_message(database)
    query = f"SMSID=E1&SendStatus={status}&SendSuccess={successes}&RequestId=n1-sms-1"
    client = site.test_client()
    assert client.get(f"/nhan/esms/sai?{query}").status_code == 404
    assert state_of(database, message) == "sent"
    assert client.get(f"/nhan/esms/thu-nghiem?{query}").status_code == 200
    assert state_of(database, message) == state


def test_receipts_of_speedsms(site: Flask, database: Database) -> None:
    message = a_message(database, gateway="speedsms", provider_id="7")
    client = site.test_client()
    for body in ({"type": "report", "tranId": 8, "status": 0}, {"type": "other"}, [], {"type": "report"}):
        assert client.post("/nhan/speedsms/thu-nghiem", json=body).status_code == 200
    assert state_of(database, message) == "sent"
    client.post("/nhan/speedsms/thu-nghiem", json={"type": "report", "tranId": 7, "status": 0})
    assert state_of(database, message) == "delivered"


def answers(database: Database) -> list[str]:
    with database.unit_of_work() as session:
        return list(session.scalars(select(Message.text).where(Message.purpose == "reply").order_by(Message.id)))


def test_the_code_of_a_case_by_sms(site: Flask, desk: Desk) -> None:
    desk.now = now()
    case = desk.submit()
    client = site.test_client()

    def say(number: str, text: str, phone: str = "0912345678") -> None:
        sent = {"id": number, "phone": phone, "text": text}
        assert client.post("/nhan/tin-nhan/thu-nghiem", data=sent).status_code == 200

    say("1", f"cho hoi {case.reference.lower()}")
    say("1", f"cho hoi {case.reference.lower()}")  # twice is once
    say("2", case.reference, "0988777666")  # somebody else's phone
    say("3", "alo")
    found = answers(desk.database)
    assert found[0] == f"Ho so {case.reference}: cho tiep nhan."
    assert found[1] == "Khong tim thay ho so voi ma va so dien thoai nay."
    assert found[2].startswith("Hay nhan ma ho so") and len(found) == 3
    assert client.post("/nhan/tin-nhan/sai", data={"id": "4", "phone": "1", "text": "x"}).status_code == 404


@pytest.mark.parametrize("word", ["dừng", "DUNG", "Dừng nhận tin", "stop", " HUỶ "])
def test_stopping_and_beginning_again(desk: Desk, word: str) -> None:
    with desk.database.unit_of_work() as session:
        assert take(session, "x", "1", phone_asker("84912345678"), word, Policy(), desk.now) is Understood.STOP
        assert session.get(ChannelStop, ("sms", PHONE)) is not None
        assert take(session, "x", "2", phone_asker("84912345678"), "NHẬN", Policy(), desk.now) is Understood.START
        assert session.get(ChannelStop, ("sms", PHONE)) is None


def test_who_writes_by_zalo_names_both_codes(site: Flask, settings: Settings, desk: Desk) -> None:
    desk.now = now()
    case = desk.submit()
    client = site.test_client()

    def say(number: str, text: str) -> None:
        event = {"event_name": "user_send_text", "sender": {"id": "4711"}, "message": {"msg_id": number, "text": text}}
        raw, headers = signed_by_zalo(settings, event)
        assert client.post("/nhan/zalo", data=raw, headers=headers).status_code == 200

    both = f"{case.reference} {case.lookup_code.lower()}"
    say("1", both)
    say("1", both)  # twice is once
    say("2", case.reference)  # the code alone tells nothing
    say("3", "xin chào")
    say("4", f"dừng {both}")
    found = answers(desk.database)
    assert found[0] == f"Hồ sơ {case.reference}: chờ tiếp nhận."
    assert found[1].startswith("Không tìm thấy hồ sơ") and found[2].startswith("Hãy nhắn mã hồ sơ và mã tra cứu")
    assert "không nhận tin Zalo" in found[3] and len(found) == 4
    with desk.database.unit_of_work() as session:
        phone = session.get_one(Case, case.id).contact_phone
        assert session.get(ChannelStop, ("zalo", phone)) is not None
        assert set(session.scalars(select(Message.address).where(Message.purpose == "reply"))) == {"uid:4711"}
        assert take(session, "zbs", "5", zalo_asker("nobody"), "alo", Policy(), now()) is None


def test_stopping_by_zalo_needs_both_codes(desk: Desk) -> None:
    with desk.database.unit_of_work() as session:
        assert take(session, "zbs", "1", zalo_asker("4711"), "dừng", Policy(), desk.now) is Understood.STOP
        assert session.scalars(select(ChannelStop)).all() == []
    assert answers(desk.database)[0].startswith("Hãy nhắn mã hồ sơ và mã tra cứu")


def test_the_account_at_zalo_consents(site: Flask, desk: Desk, providers: Providers) -> None:
    site.config["SETTINGS"] = replace(
        site.config["SETTINGS"], gateways={**providers.environment, "ZALO_GATEWAYS": "zbs"}
    )
    client = signed_in(site, desk, "vanhanh")
    there = client.get("/quan-tri/zalo/cap-quyen").location
    assert there.startswith(providers.zalo.oauth_url)
    with requests.get(there, allow_redirects=False, timeout=5) as led:
        back = urlsplit(led.headers["Location"])
    assert client.get("/quan-tri/zalo/cap-quyen?code=x&state=y").status_code == 403  # not the one that was begun
    there = client.get("/quan-tri/zalo/cap-quyen").location
    with requests.get(there, allow_redirects=False, timeout=5) as led:
        back = urlsplit(led.headers["Location"])
    client.get(f"{back.path}?{back.query}")
    assert "Đã được cấp quyền" in client.get("/quan-tri/tin-nhan").text
    with desk.database.unit_of_work() as session:
        kept = session.scalars(select(SealedToken)).one()
        assert kept.name == "zbs" and kept.sealed.startswith("gAAAA")
    client.get("/quan-tri/zalo/cap-quyen")
    assert client.get(f"{back.path}?{back.query}").status_code == 403  # neither the state nor the code serves twice


def test_who_asks_too_often_is_not_answered(desk: Desk) -> None:
    with desk.database.unit_of_work() as session:
        found = [take(session, "x", str(n), phone_asker(PHONE), "alo", Policy(), desk.now) for n in range(12)]
        assert found.count(Understood.UNKNOWN) == 10 and found[-1] is Understood.TOO_OFTEN
        assert take(session, "x", "99", phone_asker("khong phai so"), "alo", Policy(), desk.now) is None
        kept = session.scalars(select(IncomingMessage)).all()
    assert not any("alo" in str(vars(row)) for row in kept)  # the text is not kept
    assert len(answers(desk.database)) == 10


def test_writing_a_text(site: Flask, desk: Desk) -> None:
    client = signed_in(site, desk, "quantri")
    chosen = {"viec": "case.accepted", "kenh": "sms", "ngon-ngu": "vi"}
    assert "Hồ sơ {reference} ({procedure}) {status}" in client.get("/quan-tri/mau-tin").text
    for wrong, said in (("Xong {refer}", "Không có mục"), ("Xong", "{reference}"), ("{reference", "thành cặp"),
                        ("{reference!r}", "Chỉ ghi tên mục"), ("{reference} " + "dài " * 300, "phần")):  # fmt: skip
        answer = client.post("/quan-tri/mau-tin", data={**chosen, "text": wrong, "do": "save"})
        assert answer.status_code == 422 and said in answer.text, wrong
    seen = client.post("/quan-tri/mau-tin", data={**chosen, "text": "Ma {reference}: xong.", "do": "preview"})
    assert "Ma H37.21-260310-0001: xong." in seen.text and "1 phần" in seen.text and "300 đ" in seen.text
    with desk.database.unit_of_work() as session:
        assert session.scalars(select(TextTemplate)).all() == []
    wrong = client.post("/quan-tri/mau-tin", data={**chosen, "text": "Ma {reference}", "do": "send", "to": "x"})
    assert wrong.status_code == 422
    client.post("/quan-tri/mau-tin", data={**chosen, "text": "Ma {reference}", "do": "send", "to": "0912345678"})
    client.post("/quan-tri/mau-tin", data={**chosen, "text": "Ma {reference}: {title}.", "do": "save"})
    with desk.database.unit_of_work() as session:
        (row,) = session.scalars(select(TextTemplate)).all()
        assert (row.version, row.text) == (1, "Ma {reference}: {title}.")
        (test,) = session.scalars(select(Message).where(Message.purpose == "test")).all()
        assert (test.address, test.text) == (PHONE, "Ma H37.21-260310-0001")
    assert "Lần 1" in client.get("/quan-tri/mau-tin?viec=case.accepted").text


def test_the_log_and_sending_again(site: Flask, desk: Desk) -> None:
    desk.now = now()
    case = desk.submit()
    failed = a_message(desk.database, state=MessageState.FAILED, failure="esms 108", case_id=case.id, next_try_at=None)
    client = signed_in(site, desk, "vanhanh")
    page = client.get("/quan-tri/tin-nhan?kenh=sms&trang-thai=failed").text
    assert f"/quan-tri/tin-nhan/{failed}" in page and "esms 108" in page
    assert f"/quan-tri/tin-nhan/{failed}" not in client.get("/quan-tri/tin-nhan?kenh=email").text
    for text in (case.reference, "0912 345 678"):
        assert f"/quan-tri/tin-nhan/{failed}" in client.post("/quan-tri/tin-nhan/tim", data={"text": text}).text
    assert "Không có tin nào" in client.post("/quan-tri/tin-nhan/tim", data={"text": "khong co"}).text
    one = client.get(f"/quan-tri/tin-nhan/{failed}").text
    assert "912345678" not in one  # an operator sees the end of a number
    assert client.post(f"/quan-tri/tin-nhan/{failed}/gui-lai", data={"reason": ""}).status_code == 422
    answer = client.post(f"/quan-tri/tin-nhan/{failed}/gui-lai", data={"reason": "Số đã mở"})
    assert answer.status_code == 302
    again = int(answer.location.rsplit("/", 1)[1])
    assert "Số đã mở" in client.get(f"/quan-tri/tin-nhan/{again}").text
    assert client.post(f"/quan-tri/tin-nhan/{again}/gui-lai", data={"reason": "x"}).status_code == 409
    assert "Tin đã báo" in signed_in(site, desk, "motcua").get(f"/can-bo/ho-so/{case.reference}").text


def test_the_inbox_and_how_one_wants_to_be_told(site: Flask, desk: Desk) -> None:
    desk.now = now()
    case = desk.submit()
    client = signed_in(site, desk, "congdan")
    assert "1<span" in client.get("/ho-so").text
    page = client.get("/bao-tin").text
    assert case.reference in page and ">mới<" in page
    assert ">mới<" not in client.get("/bao-tin").text
    with desk.database.unit_of_work() as session:
        assert session.scalars(select(Notice)).one().read_at is not None
    wrong = client.post("/bao-tin", data={"channel": ["email"], "first": "email", "email": "abc", "language": "vi"})
    assert wrong.status_code == 422 and "không đúng" in wrong.text
    assert client.post("/bao-tin", data={"channel": ["email"], "email": ""}).status_code == 422
    sent = {"channel": ["zalo", "sms", "email"], "first": "sms", "email": "Toi@Nha.example", "language": "en"}
    assert client.post("/bao-tin", data=sent).status_code == 302
    with desk.database.unit_of_work() as session:
        kept = session.scalars(select(ContactPreference)).one()
        assert (kept.channels, kept.language) == (["sms", "zalo", "email"], "en")
    client.post("/bao-tin", data={"first": "sms"})
    with desk.database.unit_of_work() as session:
        assert session.scalars(select(ContactPreference)).one().channels == []
