"""SMS through Viettel (SOAP, operation wsCpMt)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.gateways.http import Line, OverHttp
from portal.gateways.messages import Accepted, Fate, Outgoing, TryLater, WrongMessage, address, as_84, required
from portal.gateways.soap import envelope, texts

_NAMESPACE = "http://impl.bulkSms.ws/"
_PLAIN, _UNICODE = "0", "1"


@dataclass
class Viettel(OverHttp):
    """An account of the bulk service."""

    url: str
    user: str
    password: str
    cp_code: str
    brandname: str
    name: str = field(init=False, default="viettel")
    drops_doubles: bool = field(init=False, default=False)
    _line: Line = field(init=False, default_factory=lambda: Line("viettel"))

    def send(self, message: Outgoing) -> Accepted:
        """Hand `message` over."""
        phone = as_84(message.to)
        parts = {
            "User": self.user, "Password": self.password, "CPCode": self.cp_code, "RequestID": "1", "UserID": phone,
            "ReceiverID": phone, "ServiceID": self.brandname, "CommandCode": "bulksms", "Content": message.text,
            "ContentType": _PLAIN if message.text.isascii() else _UNICODE,
        }  # fmt: skip
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        answer = self._line.ask("POST", self.url, data=envelope(_NAMESPACE, "wsCpMt", parts), headers=headers)
        found = texts(answer.content, self.name)
        result, said = found.get("result", "?"), found.get("message", "")
        if result == "1":
            return Accepted(message.key)
        raise (WrongMessage if "TEMPLATE" in said.upper() else TryLater)(f"viettel {result}")

    def find(self, key: str, provider_id: str | None) -> Fate:
        """It answers no questions about one message."""
        return Fate.UNKNOWN


def open_gateway(env: Mapping[str, str]) -> Viettel:
    """SMS_VIETTEL_URL, _USER, _PASSWORD, _CP_CODE, _BRANDNAME."""
    names = ("USER", "PASSWORD", "CP_CODE", "BRANDNAME")
    return Viettel(address(env, "SMS_VIETTEL_URL"), *required(env, *(f"SMS_VIETTEL_{name}" for name in names)))
