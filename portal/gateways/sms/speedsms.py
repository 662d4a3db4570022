"""SMS through SpeedSMS (JSON, the access token as the user of HTTP Basic)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.gateways.http import Line, OverHttp
from portal.gateways.messages import (
    Accepted,
    Fate,
    GatewayDown,
    Outgoing,
    Refused,
    TryLater,
    WrongMessage,
    address,
    as_84,
    required,
)

_REFUSED = {"105"}
_WRONG = {"101", "110", "113"}
_DOWN = {"007", "008", "009", "300"}


@dataclass
class SpeedSms(OverHttp):
    """An account at SpeedSMS. `sms_type` is configuration: the provider's list of kinds may change."""

    url: str
    token: str
    sender: str
    sms_type: int = 3
    name: str = "speedsms"
    drops_doubles: bool = False
    _line: Line = field(default_factory=lambda: Line("speedsms"))

    def send(self, message: Outgoing) -> Accepted:
        """Hand `message` over."""
        body = {"to": [as_84(message.to)], "content": message.text, "sms_type": self.sms_type, "sender": self.sender}
        answer = self._line.json("POST", f"{self.url}/sms/send", json=body, auth=(self.token, "x"))
        code = str(answer.get("code", "?"))
        data = answer.get("data") or {}
        if answer.get("status") == "success" and not data.get("invalidPhone"):
            price = data.get("totalPrice")
            return Accepted(str(data.get("tranId", "")), int(price) if isinstance(price, int | float) else None)
        if data.get("invalidPhone") or code in _REFUSED:
            raise Refused(f"speedsms {code}")
        raise (WrongMessage if code in _WRONG else GatewayDown if code in _DOWN else TryLater)(f"speedsms {code}")

    def find(self, key: str, provider_id: str | None) -> Fate:
        """By the provider's number alone."""
        if not provider_id:
            return Fate.UNKNOWN
        answer = self._line.json("GET", f"{self.url}/sms/status/{provider_id}", auth=(self.token, "x"))
        reports = answer.get("data") or []
        status = reports[0].get("status") if reports and isinstance(reports[0], dict) else None
        return fate_of(status)


def fate_of(status: object) -> Fate:
    """0 delivered, from 64 on failed for good, between them on the way."""
    if not isinstance(status, int):
        return Fate.UNKNOWN
    return Fate.DELIVERED if status == 0 else Fate.FAILED if status >= 64 else Fate.ACCEPTED


def open_gateway(env: Mapping[str, str]) -> SpeedSms:
    """SMS_SPEEDSMS_URL, SMS_SPEEDSMS_TOKEN, SMS_SPEEDSMS_SENDER; SMS_SPEEDSMS_TYPE if another than 3."""
    token, sender = required(env, "SMS_SPEEDSMS_TOKEN", "SMS_SPEEDSMS_SENDER")
    return SpeedSms(address(env, "SMS_SPEEDSMS_URL"), token, sender, int(env.get("SMS_SPEEDSMS_TYPE") or 3))
