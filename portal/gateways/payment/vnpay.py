"""VNPAY 2.1.0: pay by redirect, signed notification (IPN), query and refund. Amounts on the wire are đồng times 100."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from portal.base.clock import local
from portal.gateways.http import Line, OverHttp
from portal.gateways.messages import GatewayDown, Refused, TryLater, Unclear, address, required
from portal.gateways.payments import Fate, Forged, Order, Outcome, Reply, Said, Started, Verdict, same
from portal.gateways.segments import folded

_OK, _ABSENT, _DOUBLE = "00", "91", "94"
# Reversed while the bank has the money; suspected of fraud: both are decided at VNPAY.
_FATES = {_OK: Fate.PAID, "01": Fate.PENDING, "04": Fate.HELD, "07": Fate.HELD}
_ANSWERS = {
    Verdict.TAKEN: ("00", "Confirm Success"), Verdict.ALREADY: ("02", "Order already confirmed"),
    Verdict.UNKNOWN: ("01", "Order not found"), Verdict.WRONG_AMOUNT: ("04", "Invalid amount"),
    Verdict.FORGED: ("97", "Invalid checksum"),
}  # fmt: skip
_ASKING = ("vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TxnRef", "vnp_TransactionDate",
           "vnp_CreateDate", "vnp_IpAddr", "vnp_OrderInfo")  # fmt: skip
_ASKED = ("vnp_ResponseId", "vnp_Command", "vnp_ResponseCode", "vnp_Message", "vnp_TmnCode", "vnp_TxnRef", "vnp_Amount",
          "vnp_BankCode", "vnp_PayDate", "vnp_TransactionNo", "vnp_TransactionType", "vnp_TransactionStatus",
          "vnp_OrderInfo", "vnp_PromotionCode", "vnp_PromotionAmount")  # fmt: skip
_REFUNDING = ("vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TransactionType", "vnp_TxnRef",
              "vnp_Amount", "vnp_TransactionNo", "vnp_TransactionDate", "vnp_CreateBy", "vnp_CreateDate", "vnp_IpAddr",
              "vnp_OrderInfo")  # fmt: skip
_REFUNDED = _ASKED[:-2]
_FULL, _PART = "02", "03"


@dataclass
class Vnpay(OverHttp):
    """A merchant's terminal at VNPAY."""

    pay_url: str
    api_url: str
    terminal: str
    secret: str
    name: str = "vnpay"
    label: str = "VNPAY (thẻ, ứng dụng ngân hàng, mã QR)"
    by_hand: bool = False
    _line: Line = field(default_factory=lambda: Line("vnpay"))

    def start(self, order: Order) -> Started:
        """The address of VNPAY's page; nothing is asked of VNPAY yet."""
        asked = {
            "vnp_Version": "2.1.0", "vnp_Command": "pay", "vnp_TmnCode": self.terminal,
            "vnp_Amount": str(order.amount_vnd * 100), "vnp_CreateDate": _stamp(order.created_at),
            "vnp_ExpireDate": _stamp(order.expires_at), "vnp_CurrCode": "VND", "vnp_IpAddr": order.ip,
            "vnp_Locale": "vn", "vnp_OrderInfo": _plain(order.info), "vnp_OrderType": "other",
            "vnp_ReturnUrl": order.return_url, "vnp_TxnRef": order.key,
        }  # fmt: skip
        query = urlencode(sorted(asked.items()))
        return Started(url=f"{self.pay_url}?{query}&vnp_SecureHash={self._sign(query)}")

    def find(self, order: Order, now: datetime) -> Outcome:
        """Ask with `querydr`; what is answered is signed as well."""
        answer = self._ask("querydr", _ASKING, _ASKED, {
            "vnp_TxnRef": order.key, "vnp_TransactionDate": _stamp(order.created_at), "vnp_CreateDate": _stamp(now),
            "vnp_IpAddr": order.ip, "vnp_OrderInfo": _plain(f"Hoi giao dich {order.key}"),
        })  # fmt: skip
        code = str(answer.get("vnp_ResponseCode"))
        if code == _ABSENT:
            return Outcome(order.key, Fate.ABSENT, code=code)
        if code != _OK:
            raise TryLater(f"vnpay {code}")
        status = str(answer.get("vnp_TransactionStatus"))
        if answer.get("vnp_TxnRef") != order.key:
            raise Unclear("vnpay other order")
        number = str(answer.get("vnp_TransactionNo") or "")
        return Outcome(order.key, _FATES.get(status, Fate.FAILED), _dong(str(answer.get("vnp_Amount"))), number, status)

    def refund(self, order: Order, key: str, amount_vnd: int, by: str, now: datetime, *, again: bool) -> str:
        """Pay back all or a part."""
        answer = self._ask("refund", _REFUNDING, _REFUNDED, {
            "vnp_TransactionType": _FULL if amount_vnd == order.amount_vnd else _PART, "vnp_TxnRef": order.key,
            "vnp_Amount": str(amount_vnd * 100), "vnp_TransactionNo": order.provider_id,
            "vnp_TransactionDate": _stamp(order.created_at), "vnp_CreateBy": _plain(by)[:100],
            "vnp_CreateDate": _stamp(now), "vnp_IpAddr": order.ip, "vnp_OrderInfo": _plain(f"Hoan tien {order.key}"),
        }, key)  # fmt: skip
        code = str(answer.get("vnp_ResponseCode"))
        # 94 says that a refund was asked for before: this one only if it was told before.
        if code == _OK or (code == _DOUBLE and again):
            return code
        raise (TryLater if code == "99" else Refused)(f"vnpay {code}")

    def read(self, said: Said) -> Outcome:
        """What an IPN says."""
        given = {name: value for name, value in said.query.items() if name.startswith("vnp_")}
        signature = given.pop("vnp_SecureHash", "")
        given.pop("vnp_SecureHashType", None)
        query = urlencode(sorted((name, value) for name, value in given.items() if value))
        if not signature or not same(self._sign(query), signature) or given.get("vnp_TmnCode") != self.terminal:
            raise Forged
        code, status = given.get("vnp_ResponseCode", ""), given.get("vnp_TransactionStatus", "")
        fate = _FATES.get(code if code != _OK else status, Fate.FAILED)
        if fate is Fate.PAID and status != _OK:
            fate = Fate.PENDING
        return Outcome(given.get("vnp_TxnRef", ""), fate, _dong(given.get("vnp_Amount", "")),
                       given.get("vnp_TransactionNo", ""), code)  # fmt: skip

    def reply(self, verdict: Verdict, outcome: Outcome | None, now: datetime) -> Reply:
        """VNPAY stops at 00 and 02 and repeats the rest."""
        code, words = _ANSWERS[verdict]
        return Reply(json.dumps({"RspCode": code, "Message": words}).encode())

    def returned(self, query: Mapping[str, str]) -> str | None:
        """Of which order the browser comes back."""
        return query.get("vnp_TxnRef")

    def _ask(self, command: str, names: Sequence[str], answered: Sequence[str], more: Mapping[str, str],
             number: str = "") -> dict[str, object]:  # fmt: skip
        fields = {"vnp_RequestId": number or secrets.token_hex(16), "vnp_Version": "2.1.0", "vnp_Command": command,
                  "vnp_TmnCode": self.terminal, **more}  # fmt: skip
        fields["vnp_SecureHash"] = self._sign("|".join(fields.get(name, "") for name in names))
        answer = self._line.json("POST", self.api_url, json=fields)
        if str(answer.get("vnp_ResponseCode")) in ("02", "97"):
            raise GatewayDown(f"vnpay {answer.get('vnp_ResponseCode')}")
        made = self._sign("|".join("" if answer.get(name) is None else str(answer[name]) for name in answered))
        if not same(made, str(answer.get("vnp_SecureHash", ""))):
            raise Unclear("vnpay checksum")
        return answer

    def _sign(self, text: str) -> str:
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def _dong(amount: str) -> int:
    """What is đồng times 100 on the wire; -1 where it is no whole number of đồng."""
    is_whole = amount.isascii() and amount.isdecimal() and len(amount) <= 17 and int(amount) % 100 == 0
    return int(amount) // 100 if is_whole else -1


def _stamp(instant: datetime) -> str:
    return f"{local(instant):%Y%m%d%H%M%S}"


def _plain(text: str) -> str:
    """Without accents and special characters, as VNPAY wants it."""
    return "".join(letter if letter.isalnum() or letter in " .:-" else " " for letter in folded(text))[:255]


def open_gateway(env: Mapping[str, str]) -> Vnpay:
    """PAY_VNPAY_PAY_URL, PAY_VNPAY_API_URL, PAY_VNPAY_TMN_CODE, PAY_VNPAY_HASH_SECRET."""
    terminal, secret = required(env, "PAY_VNPAY_TMN_CODE", "PAY_VNPAY_HASH_SECRET")
    return Vnpay(address(env, "PAY_VNPAY_PAY_URL"), address(env, "PAY_VNPAY_API_URL"), terminal, secret)
