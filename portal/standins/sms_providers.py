"""Plays the other SMS providers: SpeedSMS, VNPT, Viettel, FPT. None of them drops doubles."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping

from defusedxml.ElementTree import fromstring

from portal.standins.phone import Arrived
from portal.standins.web import Answer, Asked, Provider, Web, in_mood

_SOAP = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<ns2:wsCpMtResponse xmlns:ns2="http://impl.bulkSms.ws/"><return><message>{message}</message><result>{result}</result>'
    "</return></ns2:wsCpMtResponse></soap:Body></soap:Envelope>"
)


class SpeedSms(Provider):
    """HTTP Basic with the token as user."""

    def __init__(self, web: Web, token: str = "t"):  # noqa: S107
        super().__init__("speedsms")
        self._basic = "Basic " + base64.b64encode(f"{token}:x".encode()).decode()
        self.url = f"{web.url}/speedsms"
        self._web = web
        web.paths[("POST", "/speedsms/sms/send")] = self._take

    def _take(self, asked: Asked) -> Answer | None:
        if asked.headers.get("Authorization") != self._basic:
            return Answer(b"", 401)
        body = json.loads(asked.body)

        def take() -> Answer:
            phone, number = f"+{body['to'][0]}", len(self.arrived) + 1
            report = {"status": "success", "data": [{"phone": phone, "status": 0}]}
            self._web.paths[("GET", f"/speedsms/sms/status/{number}")] = lambda _: _json(report)
            self.sends(Arrived("sms", self.name, phone, body["content"]))
            data = {"tranId": number, "totalSMS": 1, "totalPrice": 250, "invalidPhone": []}
            return _json({"status": "success", "code": "00", "data": data})

        return in_mood(self, take, lambda code: _json({"status": "error", "code": code, "message": "refused"}))


class Vnpt(Provider):
    """The text is the first parameter of a template."""

    def __init__(self, web: Web):
        super().__init__("vnpt")
        self.url = f"{web.url}/vnpt"
        web.paths[("POST", "/vnpt")] = self._take

    def _take(self, asked: Asked) -> Answer | None:
        request = json.loads(asked.body)["RQST"]

        def take() -> Answer:
            phone, text = f"+{request['MOBILELIST']}", request["PARAMS"][0]["CONTENT"]
            self.sends(Arrived("sms", self.name, phone, text, request["REQID"]))
            return self._reply("0")

        return in_mood(self, take, self._reply)

    @staticmethod
    def _reply(code: str) -> Answer:
        return _json(
            {"RPLY": {"name": "send_sms_list", "ERROR": code, "ERROR_DESC": "success" if code == "0" else "no"}}
        )


class Viettel(Provider):
    """SOAP."""

    def __init__(self, web: Web):
        super().__init__("viettel")
        self.url = f"{web.url}/viettel"
        web.paths[("POST", "/viettel")] = self._take

    def _take(self, asked: Asked) -> Answer | None:
        found = {e.tag.rpartition("}")[2]: e.text or "" for e in fromstring(asked.body).iter()}

        def take() -> Answer:
            self.sends(Arrived("sms", self.name, f"+{found['ReceiverID']}", found["Content"]))
            return self._say("1", "Insert MT_QUEUE: OK")

        return in_mood(self, take, lambda code: self._say("0", code))

    @staticmethod
    def _say(result: str, message: str) -> Answer:
        return Answer(_SOAP.format(result=result, message=message).encode(), kind="text/xml")


class Fpt(Provider):
    """A token of a session, then the text as Base64."""

    def __init__(self, web: Web, client_id: str = "i", client_secret: str = "s"):  # noqa: S107
        super().__init__("fpt")
        self.tokens: set[tuple[str, str]] = set()
        self._client = (client_id, client_secret)
        self.url = f"{web.url}/fpt"
        web.paths[("POST", "/fpt/oauth2/token")] = self._token
        web.paths[("POST", "/fpt/api/push-brandname-otp")] = self._take

    def _token(self, asked: Asked) -> Answer:
        body = json.loads(asked.body)
        if (body.get("client_id"), body.get("client_secret")) != self._client:
            return _json({"error": 1001, "error_description": "client"})
        token = secrets.token_hex(8)
        self.tokens.add((token, body["session_id"]))
        return _json({"access_token": token, "expires_in": 3600, "token_type": "Bearer", "scope": body["scope"]})

    def _take(self, asked: Asked) -> Answer | None:
        body = json.loads(asked.body)
        if (body.get("access_token"), body.get("session_id")) not in self.tokens:
            return _json({"error": 1011, "error_description": "token"})

        def take() -> Answer:
            text = base64.b64decode(body["Message"]).decode()
            self.sends(Arrived("sms", self.name, f"+84{body['Phone'][1:]}", text, body.get("RequestId", "")))
            return _json(
                {"MessageId": f"fpt-{len(self.arrived)}", "Phone": body["Phone"], "BrandName": body["BrandName"]}
            )

        return in_mood(self, take, lambda code: _json({"error": int(code), "error_description": "refused"}))


def _json(fields: Mapping[str, object]) -> Answer:
    return Answer(json.dumps(fields).encode())
