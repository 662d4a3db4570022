"""Viettel MySign: the person confirms a request in the MySign app.

`SIGN_MYSIGN_URL`, `SIGN_MYSIGN_CLIENT_ID`, `SIGN_MYSIGN_CLIENT_SECRET`, `SIGN_MYSIGN_PROFILE`. Public sources differ
in how the hash is written: `SIGN_MYSIGN_HASH` is "base64" or "hex". A person is called by their user id there.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import requests

from portal.base.clock import now
from portal.gateways.http import Line, OverHttp
from portal.gateways.messages import NotConfigured, Unclear
from portal.gateways.signing import Answer, Begun, CannotSign, Chain, Outcome, ToSign

_OPEN = timedelta(minutes=5)
_SHA256, _RSA, _POLLED = "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.1", 1
_STATES = {"0": Answer.WAITING, "1": Answer.SIGNED}


class MySign(OverHttp):
    """The account of this portal at the provider."""

    name, label = "mysign", "Viettel MySign"

    def __init__(self, url: str, client_id: str, client_secret: str, profile: str, hash_form: str):
        self._url, self._profile, self._hash_form = url.rstrip("/"), profile, hash_form
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._line = Line(self.name)

    def certificate(self, key: str) -> Chain:
        """The certificate in force of the person."""
        one = self._credential(key)
        first, *others = [base64.b64decode("".join(text.split())) for text in one["cert"]["certificates"]]
        return Chain(first, tuple(others))

    def begin(self, key: str, serial: str, documents: Sequence[ToSign], about: str, ours: str) -> Begun:
        """Ask the person once for all documents. The provider gives the signatures in the order of the hashes."""
        said = {
            **self._client, "credentialID": self._credential(key)["credential_id"], "numSignatures": len(documents),
            "documents": [{"document_id": d.key, "document_name": d.name} for d in documents],
            "hash": [self._written(d.digest) for d in documents], "hashAlgo": _SHA256, "signAlgo": _RSA,
            "async": _POLLED, "description": about,
        }  # fmt: skip
        answer = self._asked("/vtss/service/signHash", said, key)
        if not isinstance(answer, dict) or not answer.get("transactionId"):
            raise Unclear("mysign no transactionId")
        order = ",".join(d.key for d in documents)
        return Begun(f"{answer['transactionId']}|{order}", now() + _OPEN)

    def poll(self, key: str, begun: str) -> Outcome:
        """Whether the person has confirmed."""
        transaction, _, order = begun.partition("|")
        answer = self._asked("/vtss/service/requests/status", {"transactionId": transaction}, key)
        if not isinstance(answer, dict):
            raise Unclear("mysign no object")
        state = _STATES.get(str(answer.get("status")), Answer.REFUSED)
        if state is not Answer.SIGNED:
            return Outcome(state)
        signatures = [base64.b64decode("".join(text.split())) for text in answer.get("signatures") or ()]
        return Outcome(state, dict(zip(order.split(","), signatures, strict=True)))

    def _credential(self, key: str) -> dict[str, Any]:
        said = {**self._client, "profile_id": self._profile, "user_id": key, "certInfo": True, "authInfo": True,
                "certificates": "chain"}  # fmt: skip
        found = self._asked("/vtss/service/certificates/info", said, key)
        for one in found if isinstance(found, list) else ():
            if str(one.get("cert", {}).get("status", "")).lower() in ("valid", "active", "1"):
                return dict(one)
        raise CannotSign("no certificate in force")

    def _asked(self, path: str, said: dict[str, Any], key: str) -> Any:
        """The answer, with a fresh token of the person."""
        login = {**self._client, "profile_id": self._profile, "user_id": key}
        token = _object(self._line.ask("POST", f"{self._url}/vtss/service/ras/v1/login", json=login))
        if not isinstance(token, dict) or not token.get("access_token"):
            raise CannotSign("no token")
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        return _object(self._line.ask("POST", self._url + path, json=said, headers=headers))

    def _written(self, digest: bytes) -> str:
        return digest.hex() if self._hash_form == "hex" else base64.b64encode(digest).decode()


def _object(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise Unclear("mysign no JSON") from error


def open_signer(env: Mapping[str, str]) -> MySign:
    """The account that the settings name."""
    wanted = tuple(env.get(f"SIGN_MYSIGN_{name}", "") for name in ("URL", "CLIENT_ID", "CLIENT_SECRET"))
    if not all(wanted):
        raise NotConfigured("SIGN_MYSIGN_URL, SIGN_MYSIGN_CLIENT_ID, SIGN_MYSIGN_CLIENT_SECRET: chưa đủ")
    url, client_id, secret = wanted
    profile = env.get("SIGN_MYSIGN_PROFILE", "adss:ras:profile:001")
    return MySign(url, client_id, secret, profile, env.get("SIGN_MYSIGN_HASH", "base64"))
