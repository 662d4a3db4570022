"""Payment gateways against their stand-ins, over a socket, and the published vectors of their formats."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest

import portal.gateways
from portal.gateways.messages import GatewayDown, NotConfigured, Refused, TryLater, Unclear, WrongMessage
from portal.gateways.payment import vietqr
from portal.gateways.payment.national import National
from portal.gateways.payments import CannotRefund, Fate, Forged, Order, Said, Verdict, gateways_from, open_gateway
from portal.gateways.receipts import ReceiptOrder, provider_from
from portal.standins.web import LOSE_ANSWER, LOSE_REQUEST, Answer
from tests.support.payments import Till, running_till

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
KEY = "LS23456789ABCDEF"
ORDER = Order(
    KEY, 120_000, "Nộp lệ phí hồ sơ H37.21", NOW, NOW + timedelta(minutes=15), "10.0.0.1",
    "http://cong.example/nop-tien/ve/vnpay", facts={"MaTTHC": "1.001193", "TenTTHC": "Khai sinh" * 60},
    lines=(("Lệ phí", 100_000), ("Phí", 20_000)),
)  # fmt: skip
ONLINE = ("vnpay", "national")
_REST = "530370454061800005802VN62340107NPS68690819thanh toan don hang6304"


@pytest.fixture
def till() -> Iterator[Till]:
    with running_till() as running:
        yield running


def paid(till: Till, name: str, *, well: bool = True) -> Order:
    """The order, paid at the gateway or not."""
    url = till.gateways[name].start(ORDER).url
    (till.vnpay if name == "vnpay" else till.national).decide(url, paid=well)
    return ORDER


def said(till: Till, name: str, **changed: str) -> Said:
    """The notification of the order, signed after the change."""
    if name == "vnpay":
        return Said(till.vnpay.ipn(KEY, **changed))
    return Said({}, json.dumps(till.national.callback(KEY, **changed)).encode())


def test_every_file_has_its_test(till: Till) -> None:
    root = Path(portal.gateways.__file__).parent
    assert {path.stem for path in (root / "payment").glob("*.py")} - {"__init__"} == set(till.gateways)
    assert {path.stem for path in (root / "receipt").glob("*.py")} - {"__init__"} == {"vnpt"}


@pytest.mark.parametrize("name", ONLINE)
@pytest.mark.parametrize("well", [True, False])
def test_paying_asking_and_being_told(till: Till, name: str, well: bool) -> None:
    gateway = till.gateways[name]
    assert gateway.find(ORDER, NOW).fate is Fate.ABSENT
    paid(till, name, well=well)
    for outcome in (gateway.find(ORDER, NOW), gateway.read(said(till, name))):
        assert (outcome.key, outcome.fate) == (KEY, Fate.PAID if well else Fate.FAILED)
        assert outcome.amount_vnd == 120_000 and (outcome.provider_id or not well)


@pytest.mark.parametrize("name", ONLINE)
def test_every_field_of_a_notification_is_sealed(till: Till, name: str) -> None:
    paid(till, name)
    whole = said(till, name)
    fields = dict(whole.query) if name == "vnpay" else json.loads(whole.body)
    for field, value in fields.items():
        for other in ("x", f"{value}0", ""):
            changed = {**fields, field: other}
            forged = Said(changed) if name == "vnpay" else Said({}, json.dumps(changed).encode())
            with pytest.raises(Forged):
                till.gateways[name].read(forged)
    for missing in ("vnp_SecureHash", "MaXacThuc"):
        rest = {field: value for field, value in fields.items() if field != missing}
        if len(rest) < len(fields):
            with pytest.raises(Forged):
                till.gateways[name].read(Said(rest) if name == "vnpay" else Said({}, json.dumps(rest).encode()))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"1", "không".encode()])
@pytest.mark.parametrize("name", ["vnpay", "national", "vietqr"])
def test_anything_may_come(till: Till, name: str, body: bytes) -> None:
    with pytest.raises(Forged):
        till.gateways[name].read(Said({"vnp_TxnRef": KEY}, body))


@pytest.mark.parametrize("name", ONLINE)
def test_notifications_of_other_merchants_are_forged(till: Till, name: str) -> None:
    paid(till, name)
    changed = {"vnp_TmnCode": "OTHER"} if name == "vnpay" else {"MaDoiTac": "KHAC"}
    with pytest.raises(Forged):
        till.gateways[name].read(said(till, name, **changed))


@pytest.mark.parametrize("name", ONLINE)
def test_trouble_on_the_line_is_no_answer(till: Till, name: str) -> None:
    paid(till, name)
    provider = till.vnpay if name == "vnpay" else till.national
    for mood, kind in ((LOSE_ANSWER, Unclear), (LOSE_REQUEST, Unclear), ("503", Unclear), ("401", GatewayDown)):
        provider.mood = lambda mood=mood: mood  # type: ignore[misc]
        with pytest.raises(kind):
            till.gateways[name].find(ORDER, NOW)


def test_an_answer_of_vnpay_that_is_not_signed_is_unclear(till: Till) -> None:
    paid(till, "vnpay")
    honest = till.vnpay.sign
    till.vnpay.sign = lambda text: "0" * 128 if "querydr" not in text.split("|")[2:3] else honest(text)  # type: ignore[method-assign]
    with pytest.raises(Unclear):
        till.gateways["vnpay"].find(ORDER, NOW)


@pytest.mark.parametrize(("code", "status", "fate"), [
    ("00", "00", Fate.PAID), ("24", "02", Fate.FAILED), ("07", "07", Fate.HELD), ("00", "01", Fate.PENDING),
    ("00", "04", Fate.HELD), ("11", "00", Fate.FAILED),
])  # fmt: skip
def test_what_vnpay_says_of_money(till: Till, code: str, status: str, fate: Fate) -> None:
    paid(till, "vnpay")
    said_so = said(till, "vnpay", vnp_ResponseCode=code, vnp_TransactionStatus=status)
    assert till.gateways["vnpay"].read(said_so).fate is fate
    if code == "00":
        till.vnpay.orders[KEY].status = status
        assert till.gateways["vnpay"].find(ORDER, NOW).fate is fate


def test_the_state_of_the_national_platform_alone_is_not_believed(till: Till) -> None:
    """It stands outside of the seal: somebody on the line may have changed it."""
    till.gateways["national"].start(ORDER)
    sealed = till.national.callback
    till.web.paths[("POST", "/quoc-gia/query")] = lambda asked: Answer(
        json.dumps({**sealed(KEY), "TrangThaiGD": "1"}).encode()
    )
    assert till.gateways["national"].find(ORDER, NOW).fate is Fate.PENDING


def test_refunds_of_vnpay(till: Till) -> None:
    gateway = till.gateways["vnpay"]
    order = dataclasses.replace(paid(till, "vnpay"), provider_id=till.vnpay.orders[KEY].number)
    assert gateway.refund(order, f"{KEY}R1", 120_000, "Kế Toán", NOW, again=False) == "00"
    assert gateway.refund(order, f"{KEY}R1", 120_000, "Kế Toán", NOW, again=True) == "94"  # done once
    with pytest.raises(Refused):  # another one was asked for before: whether this one as well nobody knows
        gateway.refund(order, f"{KEY}R1", 120_000, "Kế Toán", NOW, again=False)
    assert till.vnpay.orders[KEY].refunds == {f"{KEY}R1": 120_000}
    unpaid = dataclasses.replace(order, key="LSXXXXXXXXXXXXXX")
    with pytest.raises(Refused):
        gateway.refund(unpaid, "R2", 1000, "Kế Toán", NOW, again=False)
    for name in ("national", "vietqr"):
        with pytest.raises(CannotRefund):
            till.gateways[name].refund(order, "R3", 1000, "Kế Toán", NOW, again=False)


def test_the_answers_that_vnpay_understands(till: Till) -> None:
    codes = [json.loads(till.gateways["vnpay"].reply(verdict, None, NOW).body)["RspCode"] for verdict in Verdict]
    assert dict(zip(Verdict, codes, strict=True)) == {
        Verdict.TAKEN: "00", Verdict.ALREADY: "02", Verdict.UNKNOWN: "01", Verdict.WRONG_AMOUNT: "04",
        Verdict.FORGED: "97",
    }  # fmt: skip


def test_the_signature_of_vnpay_is_that_of_its_documents(till: Till) -> None:
    from portal.gateways.payment.vnpay import Vnpay

    params = dict(parse_qsl(
        "vnp_Amount=1806000&vnp_Command=pay&vnp_CreateDate=20210801153333&vnp_CurrCode=VND&vnp_IpAddr=127.0.0.1"
        "&vnp_Locale=vn&vnp_OrderInfo=Thanh+toan+don+hang+%3A5&vnp_OrderType=other"
        "&vnp_ReturnUrl=https%3A%2F%2Fdomainmerchant.vn%2FReturnUrl&vnp_TmnCode=DEMOV210&vnp_TxnRef=5&vnp_Version=2.1.0"
    ))  # fmt: skip
    gateway = Vnpay("http://x", "http://x", "DEMOV210", "SECRET")
    assert gateway._sign(urlencode(sorted(params.items()))) == (
        "faae1271a30ad28e7404368bb1662415e4838c7fc049033cb2408db2ab40f180dac1ddd4a1dedb20943fb2c89612be75a65828123ba18d7542cdf7fbcf40a73e"
    )


def test_the_bill_of_the_national_platform(till: Till) -> None:
    gateway = till.gateways["national"]
    assert isinstance(gateway, National)
    gateway.start(ORDER)
    with pytest.raises(TryLater):
        gateway.bill(ORDER, NOW)
    paid(till, "national")
    assert gateway.bill(ORDER, NOW).startswith(b"%PDF")
    asked = till.national.orders[KEY]["ThongTinBienLai"]
    assert len(asked["TenTTHC"]) == 250 and [one["SoTien"] for one in asked["DSKhoanNop"]] == ["100000", "20000"]


@pytest.mark.parametrize(("text", "crc"), [
    ("00020101021138570010A00000072701270006970403011200110123456780208QRIBFTTA53037045802VN6304", "F4E5"),
    ("00020101021138600010A00000072701300006970403011697040311012345670208QRIBFTTC53037045802VN6304", "4F52"),
    ("00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA" + _REST, "2E2E"),
    ("00020101021238600010A00000072701300006970403011697040311012345670208QRIBFTTC" + _REST, "A203"),
])  # fmt: skip
def test_crc_of_napas(text: str, crc: str) -> None:
    assert vietqr.crc(text) == crc


def test_the_code_of_a_transfer() -> None:
    text = vietqr.payload("970403", "0011012345678", 180_000, KEY)
    napas = "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA530370454061800005802VN"
    assert text.startswith(napas)
    assert text[len(napas) :].startswith(f"62{len(KEY) + 4}08{len(KEY)}{KEY}6304")
    assert text.endswith(vietqr.crc(text[:-4]))


def test_the_money_of_each_agency_goes_to_its_account(till: Till) -> None:
    for agency, account in (("so-noi-vu", "0006970415010299"), ("ubnd-05986", "00069704360110" + "1234567890")):
        order = dataclasses.replace(ORDER, agency=agency)
        assert account in till.gateways["vietqr"].start(order).qr
    env = {**till.environment, "PAY_NATIONAL_ACCOUNTS": "*:970436:77:UBND"}
    open_gateway("national", env).start(ORDER)
    assert till.national.orders[KEY]["ThongTinBienLai"]["TKThuHuong"] == "77"


@pytest.mark.parametrize(
    "text", ["x", "*:97:1:A", "*:970436::A", "*:970436:1:", "so-noi-vu:970436:1:A", "*:970436:a b:A"]
)
def test_accounts_that_are_none(text: str) -> None:
    with pytest.raises(NotConfigured):
        open_gateway("vietqr", {"PAY_VIETQR_ACCOUNTS": text})


@pytest.mark.parametrize("name", ["vnpay", "national", "vietqr"])
def test_what_is_missing_is_named(till: Till, name: str) -> None:
    for variable in [one for one in till.environment if one.startswith(f"PAY_{name.upper()}_")]:
        rest = {one: text for one, text in till.environment.items() if one != variable}
        with pytest.raises(NotConfigured):
            open_gateway(name, rest)
    with pytest.raises(NotConfigured):
        gateways_from({"PAY_GATEWAYS": "../x"})


def test_receipts_of_vnpt(till: Till) -> None:
    provider = provider_from(till.environment)
    assert provider is not None
    order = ReceiptOrder(
        "a-2026-1", "Nguyễn & Văn <An>", "", date(2026, 3, 10), [("Lệ phí", 8000)], 8000, "Tám nghìn đồng"
    )
    assert provider.issue(order) == "1"
    assert provider.issue(order) == "1"  # it is there already: the same number
    assert till.receipts.sums == {"a-2026-1": 8000}
    provider.cancel("a-2026-1")
    provider.cancel("a-2026-1")
    provider.cancel("never issued")
    assert till.receipts.cancelled == {"a-2026-1"}
    with pytest.raises(WrongMessage):
        provider.issue(dataclasses.replace(order, key="a-2026-2", total_vnd=9000))
    for code, kind in (("ERR:6", GatewayDown), ("ERR:5", TryLater)):
        till.receipts.mood = lambda code=code: code  # type: ignore[misc]
        with pytest.raises(kind):
            provider.issue(dataclasses.replace(order, key="a-2026-3"))
    provider.close()
    assert provider_from({}) is None
    with pytest.raises(NotConfigured):
        provider_from({"RECEIPT_PROVIDER": "nobody"})
