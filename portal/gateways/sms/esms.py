"""SMS through eSMS (JSON): `SMS_ESMS_URL` is the folder of the service, `…/MainService.svc/json`.

`RequestId` makes it send once: the same one again within a day is answered with 124 and not sent.
"""

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
    as_0,
    required,
)

_SENT = {"100", "124"}  # accepted; accepted before under this RequestId
_REFUSED = {"99", "108", "177"}  # blocked, malformed, a network that the brand is not registered with
_WRONG = {"110", "146", "201", "210"}  # data, not our template, a banned word
# Key, price list, balance, brand, address of this machine, account.
_DOWN = {"101", "102", "103", "104", "118", "140", "143"}
_CUSTOMER_CARE = "2"
_FINISHED = "5"


@dataclass
class Esms(OverHttp):
    """An account at eSMS."""

    url: str
    api_key: str
    secret_key: str
    brandname: str
    callback_url: str = ""
    name: str = "esms"
    drops_doubles: bool = True
    _line: Line = field(default_factory=lambda: Line("esms"))

    def send(self, message: Outgoing) -> Accepted:
        """Hand `message` over."""
        fields = {
            "ApiKey": self.api_key, "SecretKey": self.secret_key, "Phone": as_0(message.to), "Content": message.text,
            "Brandname": self.brandname, "SmsType": _CUSTOMER_CARE,
            "IsUnicode": "0" if message.text.isascii() else "1", "RequestId": message.key,
        }  # fmt: skip
        if self.callback_url:
            fields["CallbackUrl"] = self.callback_url
        answer = self._line.json("POST", f"{self.url}/SendMultipleMessage_V4_post_json/", json=fields)
        # Where the request itself cannot be read the answer is {"error": …} in place of code 99.
        code = str(answer.get("CodeResult", "?"))
        if code in _SENT:
            return Accepted(str(answer.get("SMSID") or message.key))
        kind = Refused if code in _REFUSED else WrongMessage if code in _WRONG else None
        raise (kind or (GatewayDown if code in _DOWN else TryLater))(f"esms {code}")

    def find(self, key: str, provider_id: str | None) -> Fate:
        """By the provider's number; by ours it cannot be asked, and need not: the key is sent once."""
        if not provider_id or provider_id == key:
            return Fate.UNKNOWN
        query = {"RefId": provider_id, "ApiKey": self.api_key, "SecretKey": self.secret_key}
        answer = self._line.json("GET", f"{self.url}/GetSendStatus", params=query)
        if str(answer.get("CodeResponse")) != "100":
            return Fate.UNKNOWN
        return fate_of(str(answer.get("SendStatus")), str(answer.get("SendSuccess")))


def fate_of(status: str, successes: str) -> Fate:
    """What SendStatus and SendSuccess say of a message to one phone."""
    if status == "4":
        return Fate.FAILED
    if status != _FINISHED:
        return Fate.ACCEPTED
    return Fate.DELIVERED if successes not in ("", "0", "None") else Fate.FAILED


def open_gateway(env: Mapping[str, str]) -> Esms:
    """SMS_ESMS_URL, SMS_ESMS_API_KEY, SMS_ESMS_SECRET_KEY, SMS_ESMS_BRANDNAME; SMS_ESMS_CALLBACK_URL if wanted."""
    key, secret, brand = required(env, "SMS_ESMS_API_KEY", "SMS_ESMS_SECRET_KEY", "SMS_ESMS_BRANDNAME")
    return Esms(address(env, "SMS_ESMS_URL"), key, secret, brand, env.get("SMS_ESMS_CALLBACK_URL", ""))
