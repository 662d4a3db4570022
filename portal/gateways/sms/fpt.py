"""SMS through FPT Telecom (OAuth, then JSON with the text as Base64)."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.gateways.http import Line, OverHttp
from portal.gateways.messages import Accepted, Fate, GatewayDown, Outgoing, TryLater, address, as_0, required

_SCOPE = "send_brandname_otp send_brandname"
_EARLY = 60  # seconds before its end at which a token is taken for over


@dataclass
class Fpt(OverHttp):
    """An account at FPT. A token is of one process and kept in its memory."""

    url: str
    client_id: str
    client_secret: str
    brandname: str
    name: str = field(init=False, default="fpt")
    drops_doubles: bool = field(init=False, default=False)
    _line: Line = field(init=False, default_factory=lambda: Line("fpt"))
    _token: tuple[str, str, float] = field(init=False, default=("", "", 0.0))  # token, session, when it ends

    def send(self, message: Outgoing) -> Accepted:
        """Hand `message` over."""
        token, session = self._access()
        text = base64.b64encode(message.text.encode()).decode()
        body = {"access_token": token, "session_id": session, "BrandName": self.brandname, "Phone": as_0(message.to),
                "Message": text, "RequestId": message.key}  # fmt: skip
        answer = self._line.json("POST", f"{self.url}/api/push-brandname-otp", json=body)
        if "error" not in answer and answer.get("MessageId"):
            return Accepted(str(answer["MessageId"]))
        self._token = ("", "", 0.0)  # it may be the token: the next try asks for another
        raise TryLater(f"fpt {answer.get('error', '?')}")

    def find(self, key: str, provider_id: str | None) -> Fate:
        """It answers no questions."""
        return Fate.UNKNOWN

    def _access(self) -> tuple[str, str]:
        token, session, until = self._token
        if token and time.monotonic() < until:
            return token, session
        session = secrets.token_hex(16)
        body = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.client_secret,
                "scope": _SCOPE, "session_id": session}  # fmt: skip
        answer = self._line.json("POST", f"{self.url}/oauth2/token", json=body)
        if not answer.get("access_token"):
            raise GatewayDown(f"fpt {answer.get('error', '?')}")
        seconds = float(answer.get("expires_in") or 0)
        self._token = (str(answer["access_token"]), session, time.monotonic() + max(seconds - _EARLY, 0))
        return self._token[:2]


def open_gateway(env: Mapping[str, str]) -> Fpt:
    """SMS_FPT_URL, SMS_FPT_CLIENT_ID, SMS_FPT_CLIENT_SECRET, SMS_FPT_BRANDNAME."""
    names = ("CLIENT_ID", "CLIENT_SECRET", "BRANDNAME")
    return Fpt(address(env, "SMS_FPT_URL"), *required(env, *(f"SMS_FPT_{name}" for name in names)))
