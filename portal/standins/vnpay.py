"""Plays VNPAY: its page, the signed return and notification, query and refund."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from urllib.parse import parse_qsl, urlencode

from portal.standins.web import Answer, Asked, Provider, Web, in_mood

_ASKING = ("vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TxnRef", "vnp_TransactionDate",
           "vnp_CreateDate", "vnp_IpAddr", "vnp_OrderInfo")  # fmt: skip
_REFUNDING = ("vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TransactionType", "vnp_TxnRef",
              "vnp_Amount", "vnp_TransactionNo", "vnp_TransactionDate", "vnp_CreateBy", "vnp_CreateDate", "vnp_IpAddr",
              "vnp_OrderInfo")  # fmt: skip
_ASKED = ("vnp_ResponseId", "vnp_Command", "vnp_ResponseCode", "vnp_Message", "vnp_TmnCode", "vnp_TxnRef", "vnp_Amount",
          "vnp_BankCode", "vnp_PayDate", "vnp_TransactionNo", "vnp_TransactionType", "vnp_TransactionStatus",
          "vnp_OrderInfo", "vnp_PromotionCode", "vnp_PromotionAmount")  # fmt: skip
PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><body style="font:18px/1.6 sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem">
<h1>{title}</h1><p>Trang đóng vai cổng thanh toán, chỉ có trong bản dùng thử. Không có tiền thật.</p>
<p>Số tiền: <strong>{amount} đồng</strong></p>{links}</body></html>"""


@dataclass
class Bought:
    """An order as VNPAY has it."""

    fields: Mapping[str, str]
    status: str = "01"
    number: str = ""
    answers: list[str] = field(default_factory=list)
    refunds: dict[str, int] = field(default_factory=dict)


class Vnpay(Provider):
    """`notify` is the portal's address for notifications; None: they get lost. `tries`: how often one is repeated."""

    def __init__(self, web: Web, terminal: str = "LANGSON1", secret: str = "s", notify: str | None = None):  # noqa: S107
        super().__init__("vnpay")
        self._terminal, self._secret, self.notify, self.tries = terminal, secret, notify, 3
        self.orders: dict[str, Bought] = {}
        self.pay_url, self.api_url = f"{web.url}/vnpay/pay", f"{web.url}/vnpay/api"
        web.paths[("GET", "/vnpay/pay")] = self._page
        web.paths[("GET", "/vnpay/do")] = self._decide
        web.paths[("POST", "/vnpay/api")] = self._api

    def decide(self, url: str, paid: bool = True) -> str:
        """The payer has come by this address, and pays or not; gives the address they are led back to."""
        fields = self._known(dict(parse_qsl(url.partition("?")[2])))
        assert fields is not None, "the order is not signed"  # noqa: S101 - for tests
        self.orders.setdefault(fields["vnp_TxnRef"], Bought(fields))
        return self._end(fields["vnp_TxnRef"], "00" if paid else "24")

    def ipn(self, key: str, **changed: str) -> dict[str, str]:
        """The notification of an order, signed; fields may be changed before that."""
        return self._signed({**self._result(key), **changed})

    def sign(self, text: str) -> str:
        """The signature of a text."""
        return hmac.new(self._secret.encode(), text.encode(), hashlib.sha512).hexdigest()

    def _known(self, given: Mapping[str, str]) -> dict[str, str] | None:
        fields = dict(given)
        signature = fields.pop("vnp_SecureHash", "")
        is_ours = fields.get("vnp_TmnCode") == self._terminal
        return (
            fields if is_ours and hmac.compare_digest(self.sign(urlencode(sorted(fields.items()))), signature) else None
        )

    def _page(self, asked: Asked) -> Answer:
        fields = self._known(asked.query)
        if fields is None:
            return Answer("Sai chữ ký".encode(), 200, "text/html; charset=utf-8")
        key = fields["vnp_TxnRef"]
        self.orders.setdefault(key, Bought(fields))
        choices = (("ok", "Thanh toán"), ("no", "Hủy giao dịch"), ("close", "Thanh toán rồi đóng trình duyệt"))
        addresses = ((how, escape(urlencode({"key": key, "how": how})), text) for how, text in choices)
        links = "".join(f'<p><a id="{how}" href="/vnpay/do?{query}">{text}</a></p>' for how, query, text in addresses)
        amount = f"{int(fields['vnp_Amount']) // 100:,}".replace(",", ".")
        return Answer(PAGE.format(title="VNPAY (đóng vai)", amount=amount, links=links).encode(), 200,
                      "text/html; charset=utf-8")  # fmt: skip

    def _decide(self, asked: Asked) -> Answer:
        key, how = asked.query.get("key", ""), asked.query.get("how", "")
        if key not in self.orders:
            return Answer(b"", 404)
        back = self._end(key, "24" if how == "no" else "00")
        if how == "close":
            return Answer("<p>Đã thanh toán.</p>".encode(), 200, "text/html; charset=utf-8")
        return Answer(b"", 302, headers={"Location": back})

    def _end(self, key: str, code: str) -> str:
        order = self.orders[key]
        if order.status != "00":
            order.status, order.number = ("00" if code == "00" else "02"), secrets.token_hex(5)
        if self.notify:
            self.later(lambda: self._notify(key))
        back = {**self._result(key), "vnp_ResponseCode": code}
        return f"{order.fields['vnp_ReturnUrl']}?{urlencode(self._signed(back))}"

    def _result(self, key: str) -> dict[str, str]:
        order = self.orders[key]
        return {
            "vnp_Amount": order.fields["vnp_Amount"], "vnp_BankCode": "NCB", "vnp_BankTranNo": f"VNP{order.number}",
            "vnp_CardType": "ATM", "vnp_OrderInfo": order.fields["vnp_OrderInfo"],
            "vnp_PayDate": order.fields["vnp_CreateDate"], "vnp_ResponseCode": "00" if order.status == "00" else "24",
            "vnp_TmnCode": self._terminal, "vnp_TransactionNo": order.number, "vnp_TransactionStatus": order.status,
            "vnp_TxnRef": key,
        }  # fmt: skip

    def _signed(self, fields: Mapping[str, str]) -> dict[str, str]:
        return {**fields, "vnp_SecureHash": self.sign(urlencode(sorted((n, v) for n, v in fields.items() if v)))}

    def _notify(self, key: str, tries: int = 0) -> None:
        """Repeated, as VNPAY does, until the answer is 00 or 02."""
        said = get(f"{self.notify}?{urlencode(self._signed(self._result(key)))}")
        code = str(said.get("RspCode", "?"))
        self.orders[key].answers.append(code)
        if code not in ("00", "02") and tries < self.tries:
            threading.Timer(0.5, lambda: self._notify(key, tries + 1)).start()

    def _api(self, asked: Asked) -> Answer | None:
        given = json.loads(asked.body)
        is_refund = given.get("vnp_Command") == "refund"
        names = _REFUNDING if is_refund else _ASKING
        if not hmac.compare_digest(self.sign("|".join(str(given.get(name, "")) for name in names)),
                                   str(given.get("vnp_SecureHash", ""))):  # fmt: skip
            return self._api_answer(given, {"vnp_ResponseCode": "97"}, is_refund)
        return in_mood(
            self, lambda: self._api_answer(given, (self._refund if is_refund else self._find)(given), is_refund),
            lambda code: self._api_answer(given, {"vnp_ResponseCode": code}, is_refund),
        )  # fmt: skip

    def _find(self, given: Mapping[str, str]) -> dict[str, str]:
        order = self.orders.get(given["vnp_TxnRef"])
        if order is None or order.fields["vnp_CreateDate"] != given["vnp_TransactionDate"]:
            return {"vnp_ResponseCode": "91"}
        return {"vnp_ResponseCode": "00", "vnp_Amount": order.fields["vnp_Amount"], "vnp_TransactionType": "01",
                "vnp_TransactionNo": order.number, "vnp_TransactionStatus": order.status}  # fmt: skip

    def _refund(self, given: Mapping[str, str]) -> dict[str, str]:
        order = self.orders.get(given["vnp_TxnRef"])
        if order is None or order.status != "00":
            return {"vnp_ResponseCode": "95" if order else "91"}
        if given["vnp_RequestId"] in order.refunds:
            return {"vnp_ResponseCode": "94"}
        order.refunds[given["vnp_RequestId"]] = int(given["vnp_Amount"]) // 100
        return {"vnp_ResponseCode": "00", "vnp_Amount": given["vnp_Amount"], "vnp_TransactionType": "02",
                "vnp_TransactionNo": order.number, "vnp_TransactionStatus": "05"}  # fmt: skip

    def _api_answer(self, given: Mapping[str, str], found: Mapping[str, str], is_refund: bool) -> Answer:
        answer = {"vnp_ResponseId": secrets.token_hex(8), "vnp_Command": given.get("vnp_Command", ""),
                  "vnp_Message": "", "vnp_TmnCode": self._terminal, "vnp_TxnRef": given.get("vnp_TxnRef", ""),
                  **found}  # fmt: skip
        names = _ASKED[:-2] if is_refund else _ASKED
        answer["vnp_SecureHash"] = self.sign("|".join(answer.get(name, "") for name in names))
        return Answer(json.dumps(answer).encode())


def get(url: str) -> dict[str, object]:
    """What a page of the portal answers to a GET, as an object; empty where it answers none."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - the portal
            found: dict[str, object] = json.loads(answer.read())
            return found
    except (OSError, ValueError):
        return {}
