"""SMS through eSMS (JSON over HTTPS): `POST …/SendMultipleMessage_V4_post_json/`.

`RequestId` makes it send once: the same one again within a day is answered with 124 and not sent.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from portal.gateways.sms import Sms, SmsFailed, SmsRejected

_PATH = "/SendMultipleMessage_V4_post_json/"
_SECONDS = 15
_SENT = {"100", "124"}  # accepted; accepted before under this RequestId
# The number or the text is refused for good: blocked, malformed, not our template, no such network, a banned word.
_REFUSED = {"99", "108", "146", "177", "201"}
_CUSTOMER_CARE = "2"


@dataclass(frozen=True)
class Esms:
    """An account at eSMS. `url` is the folder of the JSON service, without a slash at its end."""

    url: str
    api_key: str
    secret_key: str
    brandname: str

    def send(self, sms: Sms) -> None:
        """Hand `sms` to eSMS. Raises `SmsFailed` or `SmsRejected` with the provider's code, never with its text."""
        code = self._code(self._ask(sms))
        if code in _REFUSED:
            raise SmsRejected(f"esms {code}")
        if code not in _SENT:
            raise SmsFailed(f"esms {code}")

    def _ask(self, sms: Sms) -> bytes:
        fields = {
            "ApiKey": self.api_key,
            "SecretKey": self.secret_key,
            "Phone": sms.phone.replace("+84", "0", 1),
            "Content": sms.text,
            "Brandname": self.brandname,
            "SmsType": _CUSTOMER_CARE,
            "IsUnicode": "0" if sms.text.isascii() else "1",
            "RequestId": sms.request_id,
        }
        request = urllib.request.Request(  # noqa: S310 - the address is the operator's
            self.url + _PATH, json.dumps(fields).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return bytes(answer.read(100_000))
        except (OSError, HTTPException) as error:  # URLError and timeouts are OSErrors
            raise SmsFailed(type(error).__name__) from error

    @staticmethod
    def _code(body: bytes) -> str:
        try:
            answer: Any = json.loads(body)
        except ValueError as error:
            raise SmsFailed("esms: no JSON") from error
        # Where the request itself cannot be read the answer is {"error": …} in place of code 99.
        return str(answer.get("CodeResult", "?")) if isinstance(answer, dict) else "?"
