"""Plays SmartCA (VNPT) and MySign (Viettel): keys that lie with the provider, and people who confirm on their phone.

In a trial the phone is a page of the stand-in; in tests `decide` says what the person does with a request.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.x509 import Certificate

from portal.standins.authority import TestAuthority
from portal.standins.web import Answer, Asked, Provider, Web, in_mood

WAIT, CONFIRM, REFUSE, EXPIRE = "wait", "confirm", "refuse", "expire"


@dataclass
class Held:
    """A person's key at the provider."""

    certificate: Certificate
    key: rsa.RSAPrivateKey


@dataclass
class Wanted:
    """A request of a portal: hashes by document, and what the person has made of it."""

    person: str
    about: str
    hashes: dict[str, bytes]
    decision: str = WAIT


@dataclass
class Phones:
    """What both providers share: who has which key, which requests wait."""

    authority: TestAuthority
    held: dict[str, Held] = field(default_factory=dict)
    wanted: dict[str, Wanted] = field(default_factory=dict)
    decide: Callable[[Wanted], str] = lambda wanted: WAIT
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def enrol(self, person: str, name: str) -> Held:
        """Give a person a key and a certificate; again, what they have."""
        if person not in self.held:
            kept = self.authority.kept_key(f"dien-thoai-{person}", name)
            self.held[person] = Held(*kept)
        return self.held[person]

    def ask(self, person: str, about: str, hashes_: dict[str, bytes]) -> str:
        """Put a request on the person's phone; its key."""
        key = f"T{next(self.numbers):06}"
        self.wanted[key] = Wanted(person, about, hashes_)
        return key

    def state(self, key: str) -> tuple[str, dict[str, bytes]]:
        """What the person has decided, and the signatures."""
        wanted = self.wanted[key]
        if wanted.decision == WAIT:
            wanted.decision = self.decide(wanted)
        if wanted.decision != CONFIRM:
            return wanted.decision, {}
        private = self.held[wanted.person].key
        made = {name: private.sign(one, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
                for name, one in wanted.hashes.items()}  # fmt: skip
        return CONFIRM, made


class PhonePage(Provider):
    """The phone of a trial: what waits, to be confirmed or refused."""

    def __init__(self, web: Web, phones: Phones):
        super().__init__("phones")
        self._phones = phones
        web.paths[("GET", "/dien-thoai-ky-so")] = self._page
        web.paths[("POST", "/dien-thoai-ky-so")] = self._decide

    def _page(self, asked: Asked) -> Answer:
        waiting = [(key, one) for key, one in self._phones.wanted.items() if one.decision == WAIT]
        rows = "".join(
            f"<li>{escape(one.about)} <form method=post style=display:inline><input type=hidden name=key value={key}>"
            f"<button name=do value={CONFIRM}>Xác nhận</button> <button name=do value={REFUSE}>Từ chối</button></form>"
            for key, one in waiting
        )
        body = f"<ul>{rows}</ul>" if rows else "<p>Không có yêu cầu ký nào.</p>"
        page = (
            '<!doctype html><html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>Điện thoại ký số thử nghiệm</title><h1>Điện thoại ký số thử nghiệm</h1>{body}</html>"
        )
        return Answer(page.encode(), 200, "text/html; charset=utf-8")

    def _decide(self, asked: Asked) -> Answer:
        given = dict(part.split("=", 1) for part in asked.body.decode().split("&") if "=" in part)
        one = self._phones.wanted.get(given.get("key", ""))
        if one is not None and given.get("do") in (CONFIRM, REFUSE):
            one.decision = given["do"]
        return Answer(b"", 303, headers={"Location": "/dien-thoai-ky-so"})


class SmartCa(Provider):
    """sp769. `account`: id and password of the portal."""

    def __init__(self, web: Web, phones: Phones, account: tuple[str, str] = ("LANGSON", "thu-nghiem")):
        super().__init__("smartca")
        self._phones, self._account = phones, account
        self.url = f"{web.url}/smartca"
        web.paths[("POST", "/smartca/v1/credentials/get_certificate")] = self._certificate
        web.paths[("POST", "/smartca/v1/signatures/sign")] = self._sign
        web.prefixes["/smartca/v1/signatures/sign/"] = self._status

    def _certificate(self, asked: Asked) -> Answer | None:
        def answer(said: dict[str, Any]) -> Any:
            held = self._phones.held.get(said["user_id"])
            if held is None:
                return {"user_certificates": []}
            return {"user_certificates": [{
                "cert_id": said["user_id"], "serial_number": f"{held.certificate.serial_number:x}",
                "cert_data": _b64(held.certificate), "cert_status": "ACTIVE",
                "chain_data": {"ca_cert": _b64(self._phones.authority.chain[0])},
            }]}  # fmt: skip

        return self._said(asked, answer)

    def _sign(self, asked: Asked) -> Answer | None:
        def answer(said: dict[str, Any]) -> Any:
            found = {one["doc_id"]: bytes.fromhex(one["data_to_be_signed"]) for one in said["sign_files"]}
            key = self._phones.ask(said["user_id"], said["transaction_desc"], found)
            return {"transaction_id": said["transaction_id"], "tran_code": key}

        return self._said(asked, answer, "sig_wait_for_user_confirm")

    def _status(self, asked: Asked) -> Answer | None:
        key = asked.path.rsplit("/", 2)[-2]
        decision, made = self._phones.state(key)
        code = {REFUSE: 4002, EXPIRE: 4001}.get(decision, 200)
        signatures = [{"doc_id": name, "signature_value": base64.b64encode(one).decode(), "timestamp_signature": None}
                      for name, one in made.items()]  # fmt: skip
        said = {"status_code": code, "message": decision, "data": {"signatures": signatures}}
        return in_mood(self, lambda: _json(said), lambda mood: _json({"status_code": int(mood)}))

    def _said(self, asked: Asked, answer: Callable[[dict[str, Any]], Any], message: str = "SUCCESS") -> Answer | None:
        said = json.loads(asked.body)
        if (said.get("sp_id"), said.get("sp_password")) != self._account:
            return _json({"status_code": 401, "message": "SP_CREDENTIAL_INVALID"})
        return in_mood(self, lambda: _json({"status_code": 200, "message": message, "data": answer(said)}),
                       lambda mood: _json({"status_code": int(mood), "message": "refused"}))  # fmt: skip


class MySign(Provider):
    """Viettel's. `client`: id and secret of the portal."""

    def __init__(self, web: Web, phones: Phones, client: tuple[str, str] = ("langson", "thu-nghiem")):
        super().__init__("mysign")
        self._phones, self._client = phones, client
        self.url = f"{web.url}/mysign"
        for path, handle in (("ras/v1/login", self._login), ("certificates/info", self._info),
                             ("signHash", self._sign), ("requests/status", self._status)):  # fmt: skip
            web.paths[("POST", f"/mysign/vtss/service/{path}")] = handle

    def _login(self, asked: Asked) -> Answer | None:
        said = json.loads(asked.body)
        if (said.get("client_id"), said.get("client_secret")) != self._client:
            return Answer(json.dumps({"error": "59033", "error_description": "invalid"}).encode(), 401)
        return _json({"access_token": f"ve-{said['user_id']}", "token_type": "Bearer", "expires_in": "3600"})

    def _info(self, asked: Asked) -> Answer | None:
        held = self._phones.held.get(self._person(asked))
        if held is None:
            return _json([])
        chain = [_b64(held.certificate), *map(_b64, self._phones.authority.chain)]
        return _json([{"credential_id": self._person(asked), "key": {"status": "enabled", "len": 2048},
                       "cert": {"status": "valid", "certificates": chain}, "authMode": "explicit"}])  # fmt: skip

    def _sign(self, asked: Asked) -> Answer | None:
        said = json.loads(asked.body)
        names = [one["document_id"] for one in said["documents"]]
        found = dict(zip(names, (base64.b64decode(text) for text in said["hash"]), strict=True))
        return in_mood(
            self,
            lambda: _json(
                {"transactionId": self._phones.ask(said["credentialID"], said.get("description", ""), found)}
            ),
            lambda mood: _json({"error": mood}),
        )

    def _status(self, asked: Asked) -> Answer | None:
        key = json.loads(asked.body)["transactionId"]
        decision, made = self._phones.state(key)
        state = {WAIT: "0", CONFIRM: "1"}.get(decision, "2")
        # The real one breaks its base64 into lines.
        signatures = [base64.encodebytes(made[name]).decode().replace("\n", "\r\n") for name in made]
        said = {"status": state, "signatures": signatures, "message": decision}
        return in_mood(self, lambda: _json(said), lambda mood: _json({"error": mood}))

    def _person(self, asked: Asked) -> str:
        return asked.headers.get("Authorization", "").removeprefix("Bearer ve-")


def _b64(certificate: Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()


def _json(content: Any) -> Answer:
    return Answer(json.dumps(content).encode())
