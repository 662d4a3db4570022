"""The payment platform of the national portal: INIT, its callback, QUERY, GET_BILL. Signed by SHA-256 with the secret.

The message set is known from a portal in use and not from a public specification: version and addresses are settings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.base.clock import local
from portal.gateways.http import Line, OverHttp
from portal.gateways.messages import TryLater, Unclear, address, required
from portal.gateways.payments import (
    BankAccount,
    CannotRefund,
    Fate,
    Forged,
    Order,
    Outcome,
    Reply,
    Said,
    Started,
    Verdict,
    bank_accounts,
    same,
)

_INIT = ("LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "SoTien", "LoaiHinhThanhToan", "MaKenhThanhToan",
         "MaThietBi", "NgonNgu", "MaTienTe", "MaNganHang", "ThongTinGiaoDich", "ThoiGianGD", "Ip")  # fmt: skip
_RESULT = ("LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "SoTien", "MaTienTe", "MaGiaoDich", "MaNganHang",
           "ThoiGianGD", "ThongTinGiaoDich")  # fmt: skip
_QUERY = ("LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "ThoiGianGD")
_REPLY = ("MaLoi", "MoTaLoi", "MaDoiTac", "MaThamChieu", "ThoiGianGD")
_PAID, _VERSION = "00", "1.0.6"
_FATES = {"1": Fate.PAID, "3": Fate.PENDING, "4": Fate.FAILED}
_REPLIES = {
    Verdict.TAKEN: (_PAID, "Thành công"), Verdict.ALREADY: (_PAID, "Đã ghi nhận trước đó"),
    Verdict.UNKNOWN: ("01", "Không có giao dịch"), Verdict.WRONG_AMOUNT: ("04", "Sai số tiền"),
    Verdict.FORGED: ("97", "Sai mã xác thực"),
}  # fmt: skip
_LONGEST_NAME = 250


@dataclass
class National(OverHttp):
    """A partner of the platform."""

    init_url: str
    query_url: str
    bill_url: str
    partner: str
    secret: str
    token: str = ""
    version: str = _VERSION
    accounts: Mapping[str, BankAccount] = field(default_factory=dict)
    name: str = "national"
    label: str = "Nền tảng thanh toán của Cổng Dịch vụ công quốc gia"
    by_hand: bool = False
    _line: Line = field(default_factory=lambda: Line("national"))

    def start(self, order: Order) -> Started:
        """Begin the order there; the answer says where the payer goes."""
        fields: dict[str, Any] = {
            "LoaiBanTin": "INIT", "PhienBan": self.version, "MaDoiTac": self.partner, "MaThamChieu": order.key,
            "SoTien": str(order.amount_vnd), "LoaiHinhThanhToan": "PAY", "MaKenhThanhToan": "1", "MaThietBi": "1",
            "NgonNgu": "vi-VN", "MaTienTe": "VND", "MaNganHang": "PAYMENT", "ThongTinGiaoDich": order.info,
            "ThoiGianGD": _stamp(order.created_at), "Ip": order.ip,
        }  # fmt: skip
        fields["MaXacThuc"] = self._seal(_INIT, fields)
        fields["ThongTinBienLai"] = _receipt_facts(order, self.accounts.get(order.agency) or self.accounts.get("*"))
        answer = self._post(self.init_url, fields)
        if str(answer.get("error_code")) != "0":
            raise TryLater(f"national {answer.get('error_code')}")
        try:
            url = str(json.loads(str(answer.get("message")))["UrlThanhToan"])
        except (ValueError, KeyError, TypeError) as error:
            raise Unclear("national no address") from error
        if not url.startswith(("https://", "http://")):
            raise Unclear("national address")
        return Started(url=url)

    def find(self, order: Order, now: datetime) -> Outcome:
        """Ask with QUERY."""
        answer = self._post(self.query_url, self._question("QUERY", order, now))
        if str(answer.get("MaThamChieu", order.key)) != order.key:
            raise Unclear("national other order")
        if not same(self._seal(_RESULT, answer), str(answer.get("MaXacThuc", ""))):
            raise Unclear("national seal")
        fate = _FATES.get(str(answer.get("TrangThaiGD")), Fate.ABSENT)
        if fate is Fate.PAID and answer.get("MaLoi") != _PAID:  # the state itself is not sealed
            fate = Fate.PENDING
        amount = str(answer.get("SoTien", ""))
        return Outcome(order.key, fate, int(amount) if amount.isdecimal() else None,
                       str(answer.get("MaGiaoDich") or ""), str(answer.get("MaLoi") or ""))  # fmt: skip

    def bill(self, order: Order, now: datetime) -> bytes:
        """The platform's own receipt of the order, a PDF."""
        answer = self._line.ask(
            "POST", self.bill_url, json=self._question("GET_BILL", order, now), headers=self._headers
        )
        if not answer.content.startswith(b"%PDF"):
            raise TryLater("national no bill")
        return answer.content

    def refund(self, order: Order, key: str, amount_vnd: int, by: str, now: datetime, *, again: bool) -> str:
        """The platform has no message for it."""
        raise CannotRefund

    def read(self, said: Said) -> Outcome:
        """What a callback says."""
        try:
            given = json.loads(said.body)
            is_ours = isinstance(given, dict) and same(self._seal(_RESULT, given), str(given.get("MaXacThuc", "")))
        except ValueError as error:
            raise Forged from error
        if not is_ours:
            raise Forged
        if given.get("MaDoiTac") != self.partner:
            raise Forged
        amount = str(given.get("SoTien", ""))
        fate = Fate.PAID if given.get("MaLoi") == _PAID else Fate.FAILED
        return Outcome(str(given.get("MaThamChieu", "")), fate, int(amount) if amount.isdecimal() else -1,
                       str(given.get("MaGiaoDich") or ""), str(given.get("MaLoi") or ""))  # fmt: skip

    def reply(self, verdict: Verdict, outcome: Outcome | None, now: datetime) -> Reply:
        """Sealed as well."""
        code, words = _REPLIES[verdict]
        fields: dict[str, Any] = {"MaLoi": code, "MoTaLoi": words, "MaDoiTac": self.partner,
                                  "MaThamChieu": outcome.key if outcome else "", "ThoiGianGD": _stamp(now)}  # fmt: skip
        fields["MaXacThuc"] = self._seal(_REPLY, fields)
        return Reply(json.dumps(fields, ensure_ascii=False).encode())

    def returned(self, query: Mapping[str, str]) -> str | None:
        """Of which order the browser comes back."""
        return query.get("MaThamChieu")

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _question(self, kind: str, order: Order, now: datetime) -> dict[str, Any]:
        fields: dict[str, Any] = {"LoaiBanTin": kind, "PhienBan": self.version, "MaDoiTac": self.partner,
                                  "MaThamChieu": order.key, "ThoiGianGD": _stamp(now)}  # fmt: skip
        return {**fields, "MaXacThuc": self._seal(_QUERY, fields)}

    def _post(self, url: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        return self._line.json("POST", url, json=fields, headers=self._headers)

    def _seal(self, names: Sequence[str], fields: Mapping[str, Any]) -> str:
        values = [str(fields.get(name, "")) for name in names]
        return hashlib.sha256("|".join([*values, self.secret]).encode()).hexdigest()


def _receipt_facts(order: Order, account: BankAccount | None) -> dict[str, Any]:
    """What the platform prints on its receipt. Fields about fines are sent empty."""
    fines = ("MaLoaiHinhThuPhat", "TenLoaiHinhThuPhat", "MaCoQuanQD", "TenCoQuanQD", "KhoBac", "NgayQD", "SoQD",
             "ThoiGianViPham", "DiaDiemViPham", "TenNguoiViPham", "TaiKhoanThuNSNN")  # fmt: skip
    facts = {name: order.facts.get(name, "") for name in (
        "MaDVC", "TenDVC", "MaTTHC", "MaDonVi", "TenDonVi", "MaHoSo", "HoTenNguoiNop",
        "SoCMNDNguoiNop", "DiaChiNguoiNop", "HuyenNguoiNop", "TinhNguoiNop",
    )}  # fmt: skip
    fees = [{"LoaiPhiLePhi": "", "MaPhiLePhi": "", "TenPhiLePhi": label, "SoTien": str(amount)}
            for label, amount in order.lines]  # fmt: skip
    return {
        "MaDichVu": "2", **facts, "TKThuHuong": account.number if account else "",
        "MaNHThuHuong": account.bank if account else "", "TenTKThuHuong": account.holder if account else "",
        "TenTTHC": order.facts.get("TenTTHC", "")[:_LONGEST_NAME], "PhiLePhi": fees,
        "NoiDungThanhToan": order.info,
        "DSKhoanNop": [{"NoiDung": label, "SoTien": str(amount)} for label, amount in order.lines],
        **dict.fromkeys(fines, ""),
    }  # fmt: skip


def _stamp(instant: datetime) -> str:
    return f"{local(instant):%Y%m%d%H%M%S}"


def open_gateway(env: Mapping[str, str]) -> National:
    """PAY_NATIONAL_INIT_URL, _QUERY_URL, _BILL_URL, _PARTNER, _SECRET; _TOKEN, _VERSION, _ACCOUNTS if wanted."""
    partner, secret = required(env, "PAY_NATIONAL_PARTNER", "PAY_NATIONAL_SECRET")
    urls = [address(env, f"PAY_NATIONAL_{name}_URL") for name in ("INIT", "QUERY", "BILL")]
    version = env.get("PAY_NATIONAL_VERSION") or _VERSION
    return National(urls[0], urls[1], urls[2], partner, secret, env.get("PAY_NATIONAL_TOKEN", ""), version,
                    bank_accounts(env, "PAY_NATIONAL_ACCOUNTS"))  # fmt: skip
