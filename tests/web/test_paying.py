"""The pages about money: what a gateway may say to us, what a browser may bring, fees that depend on the case."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from config import Settings
from portal.base.clock import now
from portal.cases import paying
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case, Draft
from portal.identity.actions import appoint
from portal.identity.models import Role
from portal.outbox.models import OutboxMessage
from portal.payments import actions, ledger
from portal.payments.models import GatewayReport, Payment, PaymentReceipt, PaymentState
from portal.publishing.models import ProcedureVersionRow
from portal.runtime import demo
from portal.web.app import create_app
from services_catalog.fees import Claim, Exemption, Fee, assess
from services_catalog.terms import Channel, FeeKind
from tests.support.browsing import client_of
from tests.support.desk import CODE, Desk
from tests.support.payments import Till, begin, case_to_pay, deliver, running_till


@pytest.fixture
def till() -> Iterator[Till]:
    with running_till() as running:
        yield running


@pytest.fixture
def site(settings: Settings, till: Till) -> Iterator[Flask]:
    app = create_app(replace(settings, gateways=till.environment))
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    app.extensions["database"].dispose()


def signed_in(site: Flask, desk: Desk, login: str) -> FlaskClient:
    with desk.database.unit_of_work() as session:
        return client_of(site, desk.account(session, login).id)


def states(desk: Desk, case: Case) -> list[str]:
    with desk.database.unit_of_work() as session:
        return [payment.state for payment in paying.payments_of(session, case.id)]


def test_a_browser_changes_nothing_and_the_gateway_is_asked(site: Flask, desk: Desk, till: Till) -> None:
    desk.now = now()
    case = case_to_pay(desk)
    client = signed_in(site, desk, "congdan")
    there = client.post(f"/ho-so/{case.reference}/nop-tien", data={"way": "vnpay"})
    assert there.location.startswith(till.vnpay.pay_url)
    assert f"form-action 'self' {till.web.url}" in there.headers["Content-Security-Policy"]
    back = urlsplit(till.vnpay.decide(there.location))
    assert urlsplit(client.get(f"{back.path}?{back.query}").location).path.startswith(
        f"/ho-so/{case.reference}/nop-tien/"
    )
    assert states(desk, case) == [PaymentState.PENDING]
    with desk.database.unit_of_work() as session:
        asked = select(OutboxMessage).where(OutboxMessage.topic == "payment.returned")
        assert len(session.scalars(asked).all()) >= 1
    stranger = site.test_client().get(f"{back.path}?{back.query}")
    assert stranger.status_code == 200 and case.reference not in stranger.text and "Đang chờ" in stranger.text
    assert client.get("/nop-tien/ve/vnpay?vnp_TxnRef=LSXXXX").status_code == 404
    assert client.get("/nop-tien/ve/khong-co").status_code == 404


def test_vnpay_tells_us_and_is_answered(site: Flask, desk: Desk, till: Till) -> None:
    desk.now = now()
    case = case_to_pay(desk)
    known = begin(desk, till, case, "vnpay")
    till.vnpay.decide(known.url or "")
    client = site.test_client()

    def say(fields: dict[str, str]) -> str:
        answer = client.get("/nhan/thanh-toan/vnpay", query_string=fields)
        assert answer.status_code == 200
        return str(answer.json["RspCode"])  # type: ignore[index]

    whole = till.vnpay.ipn(known.key)
    assert say({**whole, "vnp_Amount": "100"}) == "97"
    assert say(till.vnpay.ipn(known.key, vnp_Amount="100")) == "04"
    assert say(till.vnpay.ipn(known.key, vnp_TxnRef="LSXX")) == "01"
    assert say({}) == "97"
    assert [say(whole), say(whole)] == ["00", "02"]
    assert states(desk, case) == [PaymentState.PAID]
    with desk.database.unit_of_work() as session:
        kept = list(session.scalars(select(GatewayReport.verdict).order_by(GatewayReport.id)))
    assert kept == ["forged", "wrong_amount", "unknown", "taken", "already"]  # forged ones once a minute
    page = signed_in(site, desk, "ketoantinh").get("/ke-toan").text
    assert "sai chữ ký" in page and "sai số tiền" in page
    assert client.get("/nhan/thanh-toan/khong-co").status_code == 404


def test_the_national_platform_tells_us(site: Flask, desk: Desk, till: Till) -> None:
    desk.now = now()
    case = case_to_pay(desk)
    known = begin(desk, till, case, "national")
    till.national.decide(known.url or "")
    client = site.test_client()
    whole = till.national.callback(known.key)
    forged = client.post("/nhan/thanh-toan/national", data=json.dumps({**whole, "SoTien": 1}))
    assert forged.json["MaLoi"] == "97" and states(desk, case) == [PaymentState.PENDING]  # type: ignore[index]
    assert client.post("/nhan/thanh-toan/national", data=json.dumps(whole)).json["MaLoi"] == "00"  # type: ignore[index]
    assert states(desk, case) == [PaymentState.PAID]


def test_the_voucher_of_the_national_platform(site: Flask, desk: Desk, till: Till) -> None:
    desk.now = now()
    known = begin(desk, till, case_to_pay(desk), "national")
    client = signed_in(site, desk, "ketoan")
    where = f"/ke-toan/nop/{known.id}/chung-tu.pdf"
    assert client.get(where).status_code == 404
    till.national.decide(known.url or "")
    with desk.database.unit_of_work() as session:
        actions.take(session, "national", till.gateways["national"].find(actions.order_of(known), now()), now())
    assert "Chứng từ của cổng thanh toán" in client.get(f"/ke-toan/nop/{known.id}").text
    assert client.get(where).data.startswith(b"%PDF")


def test_a_gateway_that_does_not_answer_costs_nothing(site: Flask, desk: Desk, till: Till) -> None:
    desk.now = now()
    case = case_to_pay(desk)
    till.national.mood = lambda: "503"
    answer = signed_in(site, desk, "congdan").post(f"/ho-so/{case.reference}/nop-tien", data={"way": "national"})
    assert answer.status_code == 503 and "chưa có khoản tiền nào bị trừ" in answer.text
    assert signed_in(site, desk, "congdan").post(f"/ho-so/{case.reference}/nop-tien", data={}).status_code == 409


def test_only_the_payer_and_the_unit_see_a_receipt(site: Flask, desk: Desk) -> None:
    desk.now = now()
    case = desk.do(case_to_pay(desk), "ketoan", Action.CONFIRM_PAYMENT, details={"note": "GNT 1"})
    deliver(desk)
    with desk.database.unit_of_work() as session:
        receipt = session.scalars(select(PaymentReceipt)).one()
    for login, status in (("congdan", 200), ("motcua", 200), ("ketoantinh", 404)):
        client = signed_in(site, desk, login)
        assert client.get(f"/ho-so/{case.reference}/bien-lai/{receipt.id}.pdf").status_code == status
        assert client.get(f"/ho-so/{case.reference}/bien-lai/{receipt.id}.xml").status_code == status
    other = desk.submit()
    assert (
        signed_in(site, desk, "congdan").get(f"/ho-so/{other.reference}/bien-lai/{receipt.id}.pdf").status_code == 404
    )


FEES = (
    Fee(amount_vnd=8000, kind=FeeKind.CHARGE, applies_to="Trong hạn",
        exemptions=(Exemption(who="Hộ nghèo", percent_off=100, proof="Sổ hộ nghèo"),)),
    Fee(amount_vnd=15_000, kind=FeeKind.CHARGE, applies_to="Quá hạn", channels=(Channel.DESK,)),
    Fee(amount_vnd=12_000, kind=FeeKind.CHARGE, applies_to="Quá hạn", channels=(Channel.ONLINE,)),
    Fee(amount_vnd=2000, kind=FeeKind.FEE),
)  # fmt: skip


def with_fees(desk: Desk) -> None:
    """The procedure of the demonstration costs something that depends on the case."""
    with desk.database.unit_of_work() as session:
        for row in session.scalars(select(ProcedureVersionRow).where(ProcedureVersionRow.procedure_code == CODE)):
            row.document = {**row.document, "fees": [fee.model_dump(mode="json", exclude_none=True) for fee in FEES]}
            row.digest = "with fees"


@pytest.mark.parametrize(("claim", "total"), [
    (Claim(), None), (Claim((0,)), 10_000), (Claim((2,)), 14_000), (Claim((1,)), None), (Claim((0,), "Hộ nghèo"), 2000),
    (Claim((2,), "Hộ nghèo"), 14_000), (Claim((99,)), None),
])  # fmt: skip
def test_fees_by_case_channel_and_person(claim: Claim, total: int | None) -> None:
    lines = assess(FEES, claim, now().date(), Channel.ONLINE)
    assert (None if lines is None else sum(line.amount_vnd for line in lines)) == total


def test_an_exemption_holds_on_its_days() -> None:
    day = now().date()
    over = Exemption(who="Trẻ em", percent_off=50, valid_to=day.replace(year=day.year - 1))
    fee = Fee(amount_vnd=8000, exemptions=(over,))
    (line,) = assess([fee], Claim((), "Trẻ em"), day, Channel.ONLINE) or ()
    assert (line.amount_vnd, line.because) == (8000, "")


def test_paying_before_acceptance(site: Flask, desk: Desk, till: Till) -> None:
    """What the applicant says of the fees leads to an amount; paid at once it is the fee with the acceptance."""
    desk.now = now()
    with_fees(desk)
    draft = desk.draft()
    client = signed_in(site, desk, "congdan")
    page = f"/ho-so-nhap/{draft.id}/le-phi"
    assert "trường hợp nào" in client.get(page).text
    assert client.post(page, data={"fee-1": "0", "who": "Không có ai", "do": "count"}).location.endswith("/le-phi")
    assert "10.000 đ" in client.get(page).text
    client.post(page, data={"fee-1": "0", "who": "Hộ nghèo"})
    with desk.database.unit_of_work() as session:
        assert session.get_one(Draft, draft.id).fee_claim == {"fees": [0], "who": "Hộ nghèo"}
    client.post(page, data={"fee-1": "2", "who": ""})
    sent = client.post(f"/ho-so-nhap/{draft.id}/gui", data={"declared": "1"})
    reference = sent.location.rsplit("/", 1)[1]
    assert "14.000 đ" in client.get(f"/ho-so/{reference}").text
    there = client.post(f"/ho-so/{reference}/nop-tien", data={"way": "vnpay"}).location
    till.vnpay.decide(there)
    with desk.database.unit_of_work() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        known = session.scalars(select(Payment)).one()
        outcome = till.gateways["vnpay"].find(actions.order_of(known), now())
        actions.take(session, "vnpay", outcome, now())
        assert ledger.balance(session, case.id) == -14_000
    deliver(desk)
    case = desk.do(case, "motcua", Action.ACCEPT)
    assert case.state == State.ACCEPTED
    with desk.database.unit_of_work() as session:
        assert ledger.balance(session, case.id) == 0 and paying.mistakes(session) == []


def test_the_counter_takes_money_once(site: Flask, desk: Desk) -> None:
    desk.now = now()
    case = case_to_pay(desk)
    client = signed_in(site, desk, "motcua")
    where = f"/can-bo/ho-so/{case.reference}/thu-tien"
    assert client.post(where, data={"way": "card", "amount": "8000"}).status_code == 422
    assert client.post(where, data={"way": "cash", "amount": "7000"}).status_code == 409  # it has changed meanwhile
    assert client.post(where, data={"way": "cash", "amount": "8000"}).status_code == 302
    assert client.post(where, data={"way": "cash", "amount": "8000"}).status_code == 409
    assert states(desk, case) == [PaymentState.PAID]
    assert signed_in(site, desk, "chuyenvien").post(where, data={"way": "cash"}).status_code == 403


def test_nobody_decides_about_their_own_money(site: Flask, desk: Desk, till: Till) -> None:
    desk.now = now()
    case = case_to_pay(desk)
    known = begin(desk, till, case, "vietqr")
    with desk.database.unit_of_work() as session:
        appoint(session, desk.account(session, "congdan"), demo.AGENCY, Role.ACCOUNTANT, desk.now)
    client = signed_in(site, desk, "congdan")
    assert client.post(f"/ke-toan/nop/{known.id}/xac-nhan", data={"note": "BT 1"}).status_code == 409
    assert client.post(f"/ke-toan/nop/{known.id}/hoan-tien", data={"amount": "1", "reason": "x"}).status_code == 409
    assert states(desk, case) == [PaymentState.PENDING]


def test_too_much_stays_by_decision(site: Flask, desk: Desk, till: Till) -> None:
    desk.now = now()
    case = case_to_pay(desk)
    transfer = begin(desk, till, case, "vietqr")
    client = signed_in(site, desk, "ketoan")
    with desk.database.unit_of_work() as session:
        owed = paying.require_payable(session, session.get_one(Case, case.id))
        actions.take_at_counter(session, owed, "cash", "", by=desk.actor("motcua"), now=desk.now)
    client.post(f"/ke-toan/nop/{transfer.id}/xac-nhan", data={"note": "BT 1"})
    deliver(desk)
    assert "Nộp thừa, cần quyết định" in client.get("/ke-toan").text
    where = f"/ke-toan/nop-thua/{transfer.id}/de-tru"
    assert client.post(where, data={}).status_code == 422
    assert client.post(where, data={"credit_reason": "Người nộp muốn để lại"}).status_code == 302
    assert "Nộp thừa, cần quyết định" not in client.get("/ke-toan").text


def test_a_transfer_with_its_picture(site: Flask, desk: Desk, till: Till) -> None:
    desk.now = now()
    case = case_to_pay(desk)
    known = begin(desk, till, case, "vietqr")
    client, accountant = signed_in(site, desk, "congdan"), signed_in(site, desk, "ketoan")
    where = f"/ho-so/{case.reference}/nop-tien/{known.id}/da-chuyen"
    bad = client.post(where, data={"note": "FT1", "proof": (io.BytesIO(b"MZ not a picture"), "a.png")})
    assert bad.status_code == 422 and "proof-error" in bad.text and states(desk, case) == [PaymentState.PENDING]
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(picture, "PNG")
    good = client.post(where, data={"note": "FT1", "proof": (io.BytesIO(picture.getvalue()), "a.png")})
    assert good.status_code == 302 and states(desk, case) == [PaymentState.CLAIMED]
    assert "Ảnh chụp giao dịch" in accountant.get(f"/ke-toan/nop/{known.id}").text
    shown = accountant.get(f"/ke-toan/nop/{known.id}/anh-chuyen-khoan")
    assert shown.mimetype == "image/jpeg" and shown.status_code == 200
    page = client.get(f"/ho-so/{case.reference}/nop-tien").text
    assert "Đừng nộp lại" in page and "kế toán đang đối chiếu" in page


def test_the_accountant_s_workbook(site: Flask, desk: Desk) -> None:
    desk.now = now()
    desk.do(case_to_pay(desk), "ketoan", Action.CONFIRM_PAYMENT, details={"note": "GNT 1"})
    answer = signed_in(site, desk, "ketoan").get("/ke-toan/xuat.xlsx")
    assert answer.status_code == 200 and answer.data.startswith(b"PK")
