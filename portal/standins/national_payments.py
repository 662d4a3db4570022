"""Plays the payment platform of the national portal: INIT, its page, the sealed callback, QUERY, GET_BILL."""

from __future__ import annotations

import hashlib
import json
import secrets
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from portal.standins.vnpay import PAGE
from portal.standins.web import Answer, Asked, Provider, Web, in_mood

_INIT = ("LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "SoTien", "LoaiHinhThanhToan", "MaKenhThanhToan",
         "MaThietBi", "NgonNgu", "MaTienTe", "MaNganHang", "ThongTinGiaoDich", "ThoiGianGD", "Ip")  # fmt: skip
_RESULT = ("LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "SoTien", "MaTienTe", "MaGiaoDich", "MaNganHang",
           "ThoiGianGD", "ThongTinGiaoDich")  # fmt: skip
_QUERY = ("LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "ThoiGianGD")
_WAITING, _PAID, _FAILED = "3", "1", "4"


class NationalPayments(Provider):
    """`notify` is the portal's address for callbacks; None: they get lost. `back` is where payers are led."""

    def __init__(self, web: Web, partner: str = "LANGSON", secret: str = "s", notify: str | None = None,  # noqa: S107
                 back: str = ""):  # fmt: skip
        super().__init__("national")
        self._partner, self._secret, self.notify, self.back = partner, secret, notify, back
        self.orders: dict[str, dict[str, Any]] = {}
        self.answers: list[str] = []
        self.url = f"{web.url}/quoc-gia"
        web.paths[("POST", "/quoc-gia/init")] = self._init
        web.paths[("GET", "/quoc-gia/pay")] = self._page
        web.paths[("GET", "/quoc-gia/do")] = self._decide
        web.paths[("POST", "/quoc-gia/query")] = self._query
        web.paths[("POST", "/quoc-gia/bill")] = self._bill

    def decide(self, url: str, paid: bool = True) -> str:
        """The payer has come by this address, and pays or not; gives the address they are led back to."""
        return self._end(url.partition("ma=")[2], paid)

    def callback(self, key: str, **changed: Any) -> dict[str, Any]:
        """The callback of an order, sealed; fields may be changed before that."""
        fields = {**self._result(key), **changed}
        return {**fields, "MaXacThuc": self.seal(_RESULT, fields)}

    def seal(self, names: Sequence[str], fields: Mapping[str, Any]) -> str:
        """The seal over these fields."""
        return hashlib.sha256("|".join([*(str(fields.get(n, "")) for n in names), self._secret]).encode()).hexdigest()

    def _init(self, asked: Asked) -> Answer | None:
        given = json.loads(asked.body)
        if given.get("MaDoiTac") != self._partner or given.get("MaXacThuc") != self.seal(_INIT, given):
            return _json({"error_code": "97", "message": ""})

        def take() -> Answer:
            key = given["MaThamChieu"]
            self.orders.setdefault(key, {**given, "state": _WAITING, "number": ""})
            url = f"{self.url}/pay?ma={key}"
            return _json({"error_code": "0", "message": json.dumps({"MaLoi": "00", "UrlThanhToan": url})})

        return in_mood(self, take, lambda code: _json({"error_code": code, "message": ""}))

    def _page(self, asked: Asked) -> Answer:
        order = self.orders.get(asked.query.get("ma", ""))
        if order is None:
            return Answer(b"", 404)
        key = order["MaThamChieu"]
        links = "".join(f'<p><a id="{how}" href="/quoc-gia/do?{urlencode({"ma": key, "how": how})}">{text}</a></p>'
                        for how, text in (("ok", "Thanh toán"), ("no", "Hủy giao dịch")))  # fmt: skip
        page = PAGE.format(title="Nền tảng thanh toán quốc gia (đóng vai)", amount=order["SoTien"], links=links)
        return Answer(page.encode(), 200, "text/html; charset=utf-8")

    def _decide(self, asked: Asked) -> Answer:
        key = asked.query.get("ma", "")
        if key not in self.orders:
            return Answer(b"", 404)
        return Answer(b"", 302, headers={"Location": self._end(key, asked.query.get("how") == "ok")})

    def _end(self, key: str, paid: bool) -> str:
        order = self.orders[key]
        if order["state"] != _PAID:
            order["state"], order["number"] = (_PAID if paid else _FAILED), secrets.token_hex(6)
        if self.notify:
            self.later(lambda: self.answers.append(post(self.notify or "", self.callback(key))))
        return f"{self.back}?{urlencode({'MaThamChieu': key})}"

    def _result(self, key: str) -> dict[str, Any]:
        order = self.orders[key]
        return {"LoaiBanTin": "RESULT", "MaLoi": "00" if order["state"] == _PAID else "99", "MaDoiTac": self._partner,
                "MaThamChieu": key, "SoTien": int(order["SoTien"]), "MaTienTe": "VND", "MaGiaoDich": order["number"],
                "MaNganHang": "VCB", "ThoiGianGD": order["ThoiGianGD"],
                "ThongTinGiaoDich": order["ThongTinGiaoDich"]}  # fmt: skip

    def _query(self, asked: Asked) -> Answer | None:
        given = json.loads(asked.body)
        if given.get("MaXacThuc") != self.seal(_QUERY, given):
            return _json({"MaLoi": "97"})

        def take() -> Answer:
            key = given["MaThamChieu"]
            if key not in self.orders:
                fields = {"LoaiBanTin": "QUERY", "MaLoi": "01", "MaDoiTac": self._partner, "MaThamChieu": key}
                return _json({**fields, "MaXacThuc": self.seal(_RESULT, fields)})
            return _json({**self.callback(key), "TrangThaiGD": self.orders[key]["state"]})

        return in_mood(self, take, lambda code: _json({"MaLoi": code}))

    def _bill(self, asked: Asked) -> Answer:
        given = json.loads(asked.body)
        order = self.orders.get(given.get("MaThamChieu", ""), {})
        if given.get("MaXacThuc") != self.seal(_QUERY, given) or order.get("state") != _PAID:
            return _json({"MaLoi": "97"})
        return Answer(b"%PDF-1.4 bien lai", 200, "application/pdf")


def post(url: str, fields: Mapping[str, Any]) -> str:
    """The code that the portal answers to a callback; "?" where it answers none."""
    request = urllib.request.Request(url, json.dumps(fields).encode(), {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the portal
            return str(json.loads(answer.read()).get("MaLoi", "?"))
    except (OSError, ValueError):
        return "?"


def _json(fields: Mapping[str, Any]) -> Answer:
    return Answer(json.dumps(fields).encode())
