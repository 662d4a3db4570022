"""Plays eSMS: takes each RequestId once, says so as eSMS does, reports by calling back."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request

from portal.standins.phone import Arrived
from portal.standins.web import Answer, Asked, Provider, Web, in_mood

_BASE = "/MainService.svc/json"
_NEEDED = ("ApiKey", "SecretKey", "Phone", "Content", "Brandname", "SmsType")


class Esms(Provider):
    """`arrived` has each message once; `asked` every RequestId as often as it came."""

    def __init__(self, web: Web):
        super().__init__("esms")
        self.asked: list[str] = []
        self._sent: dict[str, str] = {}
        self.url = web.url + _BASE
        web.paths[("POST", f"{_BASE}/SendMultipleMessage_V4_post_json/")] = self._take
        web.paths[("GET", f"{_BASE}/GetSendStatus")] = self._tell

    def forget(self) -> None:
        """As if it had just been started."""
        self.arrived.clear()
        self.asked.clear()
        self._sent.clear()

    def _take(self, asked: Asked) -> Answer | None:
        fields = json.loads(asked.body)
        key = fields.get("RequestId", "")
        self.asked.append(key)

        def take() -> Answer:
            if not all(fields.get(name) for name in _NEEDED):
                return self._refuse("110")
            if key in self._sent:
                return _json(CodeResult="124", CountRegenerate=0, ErrorMessage="Request exist 1", SendStatus="5")
            number = self._sent[key] = f"esms-{len(self._sent) + 1}-{key}"
            self.sends(Arrived("sms", self.name, f"+84{fields['Phone'][1:]}", fields["Content"], key))
            if url := fields.get("CallbackUrl"):
                self.later(lambda: self._report(url, number, key, fields["Phone"]))
            return _json(CodeResult="100", CountRegenerate=0, SMSID=number)

        return in_mood(self, take, self._refuse)

    @staticmethod
    def _refuse(code: str) -> Answer:
        return _json(CodeResult=code, CountRegenerate=0, ErrorMessage="refused")

    def _tell(self, asked: Asked) -> Answer:
        number = asked.query.get("RefId", "")
        if number not in self._sent.values():
            return _json(CodeResponse="851")
        return _json(CodeResponse="100", SMSID=number, SendFailed=0, SendStatus=5, SendSuccess=1, TotalPrice=850.0,
                     TotalReceiver=1, TotalSent=1)  # fmt: skip

    def _report(self, url: str, number: str, key: str, phone: str) -> None:
        said = {"SMSID": number, "SendFailed": "0", "SendStatus": "5", "SendSuccess": "1", "TotalPrice": "850.0000",
                "TotalReceiver": "1", "TotalSent": "1", "RequestId": key, "TypeId": "2", "telcoid": "1",
                "phonenumber": phone, "partnerids": "", "error_info": ""}  # fmt: skip
        call(f"{url}{'&' if '?' in url else '?'}{urllib.parse.urlencode(said)}")


def call(url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> int:
    """Call the portal back; nobody there is nobody told."""
    request = urllib.request.Request(url, body, headers or {})  # noqa: S310 - on loopback
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return int(answer.status)
    except OSError:
        return 0


def _json(**fields: object) -> Answer:
    return Answer(json.dumps(fields).encode())
