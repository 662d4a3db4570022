"""Plays Zalo: templates by phone, single-use refresh tokens, quota, status, signed webhooks. It drops no doubles."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode

from portal.gateways.zalo.zbs import TokenPair
from portal.notifications.tokens import SealedTokens
from portal.standins.esms import call
from portal.standins.phone import Arrived
from portal.standins.web import Answer, Asked, Provider, Web, in_mood

_LONGEST = {"ma_ho_so": 30, "thu_tuc": 200, "trang_thai": 30, "noi_dung": 200}
_PARAMS = [{"name": name, "require": True, "type": "STRING", "maxLength": most, "minLength": 0, "acceptNull": False}
           for name, most in _LONGEST.items()]  # fmt: skip


class Zalo(Provider):
    """`has_zalo` says which phones do; `webhook` is the portal's address for events, None for none."""

    def __init__(self, web: Web, app_id: str = "1234567890", app_secret: str = "s", oa_secret: str = "o"):  # noqa: S107
        super().__init__("zbs")
        self.app_id, self._app_secret, self._oa_secret = app_id, app_secret, oa_secret
        self.has_zalo: Callable[[str], bool] = lambda phone: True
        self.webhook: str | None = None
        self.quota, self.renewals = 500, 0
        self._access: set[str] = set()
        self._used: set[str] = set()
        self._sent: dict[str, str] = {}
        self.url, self.oauth_url, self.oa_url = f"{web.url}/zalo", f"{web.url}/zalo-oauth", f"{web.url}/zalo-oa"
        web.paths[("POST", "/zalo/message/template")] = self._take
        web.paths[("GET", "/zalo/message/status")] = self._status
        web.paths[("GET", "/zalo/message/quota")] = self._quota
        web.paths[("GET", "/zalo/template/info/v2")] = self._template
        web.paths[("POST", "/zalo-oauth/v4/oa/access_token")] = self._token
        web.paths[("GET", "/zalo-oauth/v4/oa/permission")] = self._permission
        web.paths[("POST", "/zalo-oa/v3.0/oa/message/cs")] = self._take_answer
        self._written: set[str] = set()
        self._codes: dict[str, str] = {}

    def consent(self) -> tuple[str, str]:
        """What an administrator's consent gives: an access and a refresh token."""
        access = f"a-{secrets.token_hex(8)}"
        self._access.add(access)
        return access, self._refresh_token()

    def end_access(self) -> None:
        """All access tokens are over."""
        self._access.clear()

    def _refresh_token(self) -> str:
        number = secrets.token_hex(8)
        return f"r-{number}-{hmac.new(self._app_secret.encode(), number.encode(), 'sha256').hexdigest()[:16]}"

    def _token(self, asked: Asked) -> Answer:
        fields = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        if fields.get("grant_type") == "authorization_code":
            return self._token_for_code(fields)
        given = fields.get("refresh_token", "")
        kind, _, rest = given.partition("-")
        number, _, seal = rest.partition("-")
        made = hmac.new(self._app_secret.encode(), number.encode(), "sha256").hexdigest()[:16]
        with self.lock:
            good = kind == "r" and hmac.compare_digest(seal, made) and given not in self._used
            if asked.headers.get("secret_key") != self._app_secret or not good:
                return _json({"error": -14014, "error_name": "Invalid refresh token", "error_description": "used"})
            self._used.add(given)
            self.renewals += 1
            access, refresh = self.consent()
        return _json({"access_token": access, "refresh_token": refresh, "expires_in": "90000"})

    def _permission(self, asked: Asked) -> Answer:
        """The administrator agrees at once and is led back with a code."""
        if asked.query.get("app_id") != self.app_id:
            return _json({"error": -14002, "error_name": "Invalid app"})
        code = secrets.token_hex(8)
        self._codes[code] = asked.query.get("code_challenge", "")
        back = urlencode({"code": code, "oa_id": "1", "state": asked.query.get("state", "")})
        return Answer(b"", 302, headers={"Location": f"{asked.query.get('redirect_uri', '')}?{back}"})

    def _token_for_code(self, fields: Mapping[str, str]) -> Answer:
        made = hashlib.sha256(fields.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(made).rstrip(b"=").decode()
        if self._codes.pop(fields.get("code", ""), None) != challenge:
            return _json({"error": -14005, "error_name": "Invalid code"})
        access, refresh = self.consent()
        return _json({"access_token": access, "refresh_token": refresh, "expires_in": "90000"})

    def write(self, user: str, text: str, number: str = "") -> int:
        """Somebody writes to the account; `user` is what Zalo calls them."""
        self._written.add(user)
        message = {"text": text, "msg_id": number or secrets.token_hex(10)}
        return self.tell({"app_id": self.app_id, "sender": {"id": user}, "recipient": {"id": "1"},
                          "event_name": "user_send_text", "message": message, "timestamp": _now()})  # fmt: skip

    def _take_answer(self, asked: Asked) -> Answer | None:
        if not self._knows(asked):
            return _error(-216)
        body = json.loads(asked.body)
        user, text = str(body["recipient"]["user_id"]), str(body["message"]["text"])

        def take() -> Answer:
            if user not in self._written:
                return _error(-230)
            number = secrets.token_hex(10)
            self.sends(Arrived("zalo", self.name, f"uid:{user}", text))
            return _json({"error": 0, "message": "Success", "data": {"message_id": number, "user_id": user}})

        return in_mood(self, take, lambda code: _error(int(code)))

    def _knows(self, asked: Asked) -> bool:
        return asked.headers.get("access_token", "") in self._access

    def _take(self, asked: Asked) -> Answer | None:
        if not self._knows(asked):
            return _error(-124)
        body = json.loads(asked.body)
        phone, data = str(body.get("phone", "")), body.get("template_data") or {}

        def take() -> Answer:
            if (wrong := self._wrong(f"+{phone}", data)) is not None:
                return _error(wrong)
            self.quota -= 1
            number, key = secrets.token_hex(10), str(body.get("tracking_id", ""))
            self._sent[number] = key
            text = f"Hồ sơ {data['ma_ho_so']} ({data['thu_tuc']}) {data['noi_dung']}"
            self.sends(Arrived("zalo", self.name, f"+{phone}", text, key, str(data["trang_thai"])))
            if self.webhook:
                self.later(lambda: self._report(phone, number, key))
            quota = {"dailyQuota": "500", "remainingQuota": str(self.quota)}
            sent = {"msg_id": number, "sent_time": _now(), "sending_mode": "1", "quota": quota}
            return _json({"error": 0, "message": "Success", "data": sent})

        return in_mood(self, take, lambda code: _error(int(code)))

    def _wrong(self, phone: str, data: Mapping[str, str]) -> int | None:
        """The code of what is wrong with a message, or None."""
        if any(name not in data for name in _LONGEST):
            return -1122
        if any(len(data[name]) > most for name, most in _LONGEST.items()):
            return -1121
        if not self.has_zalo(phone):
            return -118
        return -144 if self.quota <= 0 else None

    def _status(self, asked: Asked) -> Answer:
        if not self._knows(asked):
            return _error(-124)
        status = 1 if asked.query.get("message_id") in self._sent else -1
        return _json({"error": 0, "message": "Success",
                      "data": {"status": status, "message": "", "delivery_time": _now()}})  # fmt: skip

    def _quota(self, asked: Asked) -> Answer:
        if not self._knows(asked):
            return _error(-124)
        return _json({"error": 0, "data": {"dailyQuota": 500, "remainingQuota": self.quota}})

    def _template(self, asked: Asked) -> Answer:
        if not self._knows(asked):
            return _error(-124)
        return _json({"error": 0, "data": {"templateId": asked.query.get("template_id"), "status": "ENABLE",
                                           "listParams": _PARAMS, "price_sdt": "800"}})  # fmt: skip

    def _report(self, phone: str, number: str, key: str) -> None:
        now = _now()
        event = {"sender": {"id": "1"}, "recipient": {"id": phone}, "event_name": "user_received_message",
                 "message": {"delivery_time": now, "msg_id": number, "tracking_id": key}, "app_id": self.app_id,
                 "timestamp": now}  # fmt: skip
        self.tell(event)

    def tell(self, event: Mapping[str, object]) -> int:
        """Send an event to the portal, signed."""
        raw, now = json.dumps(event).encode(), _now()
        mac = hashlib.sha256(self.app_id.encode() + raw + now.encode() + self._oa_secret.encode()).hexdigest()
        headers = {"Content-Type": "application/json", "X-ZEvent-Signature": f"mac={mac}", "X-ZEvent-Timestamp": now,
                   "X-ZEvent-Server": "ZNS"}  # fmt: skip
        return call(self.webhook, raw, headers) if self.webhook else 0


def _now() -> str:
    return str(int(time.time() * 1000))


def _json(fields: dict[str, object]) -> Answer:
    return Answer(json.dumps(fields).encode())


def _error(code: int) -> Answer:
    return _json({"error": code, "message": "refused"})


def consent_to(zalo: Zalo, tokens: SealedTokens, at: datetime) -> None:
    """Play the administrator who consents: from now on the portal may send."""
    access, refresh = zalo.consent()
    tokens.keep(TokenPair(access, refresh, at + timedelta(hours=25)))
