"""VNPT SmartCA (sp769): the person confirms a request in the SmartCA app.

`SIGN_SMARTCA_URL`, `SIGN_SMARTCA_SP_ID`, `SIGN_SMARTCA_SP_PASSWORD`. A person is called by their identification number.
Signing with the person's password and TOTP, which the provider offers as well, is not used: those are the person's.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from portal.base.clock import now
from portal.gateways.http import Line, OverHttp
from portal.gateways.messages import GatewayDown, NotConfigured, Unclear
from portal.gateways.signing import Answer, Begun, CannotSign, Chain, Outcome, ToSign

# How long the provider waits for the person.
_OPEN = timedelta(minutes=5)
_TRANSACTION = {1: Answer.SIGNED, 4000: Answer.WAITING, 4001: Answer.EXPIRED, 4002: Answer.REFUSED}


class SmartCa(OverHttp):
    """The account of this portal at the provider."""

    name, label = "smartca", "VNPT SmartCA"

    def __init__(self, url: str, sp_id: str, sp_password: str):
        self._url = url.rstrip("/")
        self._account = {"sp_id": sp_id, "sp_password": sp_password}
        self._line = Line(self.name)

    def certificate(self, key: str) -> Chain:
        """The certificate in force of the person."""
        data = self._call("/v1/credentials/get_certificate", user_id=key, serial_number="", transaction_id="")
        for one in data.get("user_certificates") or ():
            if str(one.get("cert_status")).upper() in ("1", "ACTIVE", "TRUE"):
                above = one.get("chain_data") or {}
                chain = [_der(above[name]) for name in ("ca_cert",) if above.get(name)]
                return Chain(_der(one["cert_data"]), tuple(chain))
        raise CannotSign("no certificate in force")

    def begin(self, key: str, serial: str, documents: Sequence[ToSign], about: str, ours: str) -> Begun:
        """Ask the person once for all documents."""
        at = now()
        files = [{"doc_id": d.key, "file_type": "pdf", "sign_type": "hash", "data_to_be_signed": d.digest.hex()}
                 for d in documents]  # fmt: skip
        data = self._call(
            "/v1/signatures/sign", user_id=key, transaction_id=ours, transaction_desc=about,
            time_stamp=f"{at:%Y%m%d%H%M%S}Z", serial_number=serial, sign_files=files,
        )  # fmt: skip
        if not data.get("tran_code"):
            raise Unclear("smartca no tran_code")
        return Begun(str(data["tran_code"]), at + _OPEN)

    def poll(self, key: str, begun: str) -> Outcome:
        """Whether the person has confirmed."""
        answer = self._line.json("POST", f"{self._url}/v1/signatures/sign/{begun}/status", json=self._account)
        data = answer.get("data") or {}
        signed = {str(one["doc_id"]): base64.b64decode(one["signature_value"])
                  for one in data.get("signatures") or () if one.get("signature_value")}  # fmt: skip
        if signed:
            return Outcome(Answer.SIGNED, signed)
        code = answer.get("status_code", data.get("status"))
        if code in (200, None):
            return Outcome(Answer.WAITING)
        return Outcome(_TRANSACTION.get(int(code), Answer.FAILED))

    def _call(self, path: str, **said: Any) -> dict[str, Any]:
        answer = self._line.json("POST", self._url + path, json={**self._account, **said})
        code = int(answer.get("status_code", 200))
        if code == 401:
            raise GatewayDown("smartca 401")
        if code != 200:
            raise CannotSign(f"smartca {code}")
        data: dict[str, Any] = answer.get("data") or {}
        return data


def _der(text: str) -> bytes:
    """A certificate as base64, with or without the lines of PEM."""
    lines = [line for line in text.splitlines() if not line.startswith("-----")]
    return base64.b64decode("".join(lines))


def open_signer(env: Mapping[str, str]) -> SmartCa:
    """The account that the settings name."""
    wanted = [env.get(f"SIGN_SMARTCA_{name}", "") for name in ("URL", "SP_ID", "SP_PASSWORD")]
    if not all(wanted):
        raise NotConfigured("SIGN_SMARTCA_URL, SIGN_SMARTCA_SP_ID, SIGN_SMARTCA_SP_PASSWORD: chưa đủ")
    return SmartCa(*wanted)
