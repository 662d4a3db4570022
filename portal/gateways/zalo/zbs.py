"""Zalo template messages by phone (ZBS Template Message, formerly ZNS), answers to who writes to the account, and what
Zalo calls back with.

The refresh token serves once: whoever uses it holds the lock of `Tokens` and keeps the new pair before using it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlencode

from portal.base.clock import local, local_day
from portal.gateways.http import Line, OverHttp
from portal.gateways.messages import (
    Accepted,
    Fate,
    GatewayDown,
    NotConfigured,
    Outgoing,
    Refused,
    SendingError,
    TryLater,
    WrongMessage,
    address,
    as_84,
    required,
)

# Classes of the error codes of business.openapi.zalo.me.
_TOKEN = {-124, -216, -220}
_LATER = {-100, -32}
_TOMORROW = {-144, -147, -1441, -115, -126}
_NIGHT = {-133, -234}
_REFUSED = {-108, -110, -114, -118, -119, -139, -140, -141, -227, -230, -1471, -1472}
_WRONG = {-109, -111, -112, -1121, -1122, -1123, -1124, -113, -1131, -116, -121, -122, -130, -132, -145, -153}
_AN_HOUR = 3600.0
# Before what Zalo calls a user: who has written to the account has a number there and no phone.
USER = "uid:"
_LONGEST_ANSWER = 2000
# Access tokens live 25 hours and are renewed before.
RENEW_BEFORE = timedelta(hours=5)
_OLDEST_WEBHOOK = 600


@dataclass(frozen=True)
class TokenPair:
    """What the authorisation server gave last."""

    access: str
    refresh: str
    expires_at: datetime


class Tokens(Protocol):
    """Where the pair is kept, for all processes."""

    def read(self) -> TokenPair | None:
        """The pair as it is now."""

    def locked(self) -> AbstractContextManager[Callable[[TokenPair], None]]:
        """Alone with the pair until the end of the block; the function keeps a new one, at once and for good."""


@dataclass
class Zbs(OverHttp):
    """An official account. Parameters of templates are checked against `limits` before anything is sent."""

    url: str
    oauth_url: str
    app_id: str
    app_secret: str
    now: Callable[[], datetime]
    oa_url: str = ""
    code_verifier: str = ""
    tokens: Tokens | None = None
    name: str = "zbs"
    drops_doubles: bool = False
    _line: Line = field(default_factory=lambda: Line("zalo"))
    _limits: dict[str, dict[str, int]] = field(default_factory=dict)
    # The day on which nothing more may be sent, as Zalo has said with the last message.
    _spent_on: date | None = None

    def send(self, message: Outgoing) -> Accepted:
        """Hand `message` over: its `template` with its `params`; or its text, to who has written to the account."""
        if message.to.startswith(USER):
            return self._answer(message)
        if not message.template:
            raise WrongMessage("zalo no template")
        if self._spent_on == local_day(self.now()):
            raise TryLater("zalo quota", _seconds_of_day_left(self.now()))
        params = {name: unicodedata.normalize("NFC", text) for name, text in message.params.items()}
        self._check(message.template, params)
        body = {"phone": as_84(message.to), "template_id": message.template, "template_data": params,
                "tracking_id": message.key[:48], "sending_mode": "1"}  # fmt: skip
        data = self._ask("POST", "/message/template", json=body)
        quota = data.get("quota")
        if isinstance(quota, dict) and str(quota.get("remainingQuota")) == "0":
            self._spent_on = local_day(self.now())
        return Accepted(str(data.get("msg_id", "")))

    def _answer(self, message: Outgoing) -> Accepted:
        body = {"recipient": {"user_id": message.to.removeprefix(USER)},
                "message": {"text": unicodedata.normalize("NFC", message.text)[:_LONGEST_ANSWER]}}  # fmt: skip
        return Accepted(str(self._ask("POST", "/v3.0/oa/message/cs", self.oa_url, json=body).get("message_id", "")))

    def find(self, key: str, provider_id: str | None) -> Fate:
        """By Zalo's number alone."""
        if not provider_id:
            return Fate.UNKNOWN
        status = self._ask("GET", "/message/status", params={"message_id": provider_id}).get("status")
        return {-1: Fate.ABSENT, 0: Fate.ACCEPTED, 1: Fate.DELIVERED}.get(status, Fate.UNKNOWN)  # type: ignore[arg-type]

    def renew_if_due(self) -> None:
        """Take a new pair of tokens before the old one ends, also where nothing is sent."""
        if self.tokens is not None and self.tokens.read() is not None:
            self._pair()

    def _check(self, template: str, params: Mapping[str, str]) -> None:
        if template not in self._limits:
            known = self._ask("GET", "/template/info/v2", params={"template_id": template}).get("listParams") or []
            self._limits[template] = {str(p["name"]): int(p.get("maxLength") or 0) for p in known}
        for name, longest in self._limits[template].items():
            if name not in params:
                raise WrongMessage(f"zalo missing {name}")
            if longest and len(params[name]) > longest:
                raise WrongMessage(f"zalo too long {name}")

    def consent_url(self, back_to: str, state: str) -> str:
        """Where an administrator of the account consents; Zalo leads them back with a code and `state`."""
        verifier = hashlib.sha256(self.code_verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        asked = {"app_id": self.app_id, "redirect_uri": back_to, "code_challenge": challenge, "state": state}
        return f"{self.oauth_url}/v4/oa/permission?{urlencode(asked)}"

    def take_consent(self, code: str) -> None:
        """Change the code of a consent, which serves once and for ten minutes, into a pair, and keep it."""
        if self.tokens is None:
            raise GatewayDown("zalo no consent")
        with self.tokens.locked() as keep:
            keep(self._token({"grant_type": "authorization_code", "code": code, "code_verifier": self.code_verifier}))

    def _ask(self, method: str, path: str, host: str = "", **more: Any) -> dict[str, Any]:
        """The `data` of an answer. A token that is refused is renewed once."""
        access, url = self._pair().access, (host or self.url) + path
        answer = self._line.json(method, url, headers={"access_token": access}, **more)
        if answer.get("error") in _TOKEN:
            access = self._renew(access)
            answer = self._line.json(method, url, headers={"access_token": access}, **more)
        if answer.get("error") != 0:
            raise _error(answer.get("error"))
        data: dict[str, Any] = answer.get("data") or {}
        return data

    def _pair(self) -> TokenPair:
        pair = self.tokens.read() if self.tokens else None
        if pair is None:
            raise GatewayDown("zalo no consent")
        if pair.expires_at - RENEW_BEFORE < self.now():
            self._renew(pair.access)
            pair = self.tokens.read() if self.tokens else None
        assert pair is not None  # noqa: S101 - renewing has kept one
        return pair

    def _renew(self, known: str) -> str:
        """A new access token in place of `known`; whoever comes second takes what the first one got."""
        if self.tokens is None:
            raise GatewayDown("zalo no consent")
        with self.tokens.locked() as keep:
            pair = self.tokens.read()
            if pair is None:
                raise GatewayDown("zalo no consent")
            if pair.access != known and pair.expires_at - RENEW_BEFORE > self.now():
                return pair.access
            new = self._token({"grant_type": "refresh_token", "refresh_token": pair.refresh})
            keep(new)
            return new.access

    def _token(self, fields: Mapping[str, str]) -> TokenPair:
        url, sent = f"{self.oauth_url}/v4/oa/access_token", {**fields, "app_id": self.app_id}
        answer = self._line.json("POST", url, data=sent, headers={"secret_key": self.app_secret})
        if not answer.get("access_token"):
            raise GatewayDown(f"zalo token {answer.get('error', '?')}")
        seconds = int(str(answer.get("expires_in") or "90000"))
        return TokenPair(str(answer["access_token"]), str(answer["refresh_token"]),
                         self.now() + timedelta(seconds=seconds))  # fmt: skip


def _seconds_of_day_left(instant: datetime) -> float:
    tomorrow = local(instant).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (tomorrow - instant).total_seconds()


def _error(code: Any) -> SendingError:
    if code in _LATER:
        return TryLater(f"zalo {code}")
    if code in _TOMORROW or code in _NIGHT:
        return TryLater(f"zalo {code}", _AN_HOUR)
    if code in _REFUSED:
        return Refused(f"zalo {code}")
    return WrongMessage(f"zalo {code}") if code in _WRONG else GatewayDown(f"zalo {code}")


def is_genuine(
    raw: bytes, signature: str, times: list[str], app_id: str, oa_secret: str, now: float | None = None
) -> bool:
    """True if Zalo has signed this body at one of these `times` (header and body, epoch milliseconds), not long ago.

    The signature is the plain SHA-256 of app id, raw body, time and the account's secret; compared in constant time.
    """
    given = signature.removeprefix("mac=")
    fresh = [t for t in times if t.isdecimal() and abs((now or time.time()) - int(t) / 1000) < _OLDEST_WEBHOOK]
    made = (hashlib.sha256(app_id.encode() + raw + t.encode() + oa_secret.encode()).hexdigest() for t in fresh)
    return any([hmac.compare_digest(one, given) for one in made])


def read_event(raw: bytes) -> dict[str, Any]:
    """The event of a webhook; empty where it is none."""
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def open_gateway(env: Mapping[str, str]) -> Zbs:
    """ZALO_ZBS_URL, ZALO_ZBS_OAUTH_URL, ZALO_ZBS_APP_ID, ZALO_ZBS_APP_SECRET, ZALO_ZBS_OA_SECRET; for answers and
    consent also ZALO_ZBS_OA_URL and ZALO_ZBS_CODE_VERIFIER, the one that is registered with the app.
    """
    from portal.base.clock import now

    app_id, secret, _ = required(env, "ZALO_ZBS_APP_ID", "ZALO_ZBS_APP_SECRET", "ZALO_ZBS_OA_SECRET")
    if not app_id.isdecimal():
        raise NotConfigured("ZALO_ZBS_APP_ID: phải là số")
    verifier = env.get("ZALO_ZBS_CODE_VERIFIER", "")
    oa_url = address(env, "ZALO_ZBS_OA_URL") if env.get("ZALO_ZBS_OA_URL") else ""
    return Zbs(address(env, "ZALO_ZBS_URL"), address(env, "ZALO_ZBS_OAUTH_URL"), app_id, secret, now, oa_url, verifier)
