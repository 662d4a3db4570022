"""SMS through VNPT brandname (JSON). It sends by template: the text is the first parameter of a registered one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.gateways.http import Line, OverHttp
from portal.gateways.messages import Accepted, Fate, Outgoing, TryLater, WrongMessage, address, as_84, required

_GSM, _UCS2 = "0", "8"


@dataclass
class Vnpt(OverHttp):
    """A contract with VNPT. `template_id` is the registered template whose only parameter is our text."""

    url: str
    label_id: str
    contract_id: str
    template_id: str
    agent_id: str
    api_user: str
    api_password: str
    user_name: str
    name: str = field(init=False, default="vnpt")
    drops_doubles: bool = field(init=False, default=False)
    _line: Line = field(init=False, default_factory=lambda: Line("vnpt"))

    def send(self, message: Outgoing) -> Accepted:
        """Hand `message` over."""
        request = {
            "name": "send_sms_list", "REQID": message.key, "LABELID": self.label_id, "CONTRACTTYPEID": "1",
            "CONTRACTID": self.contract_id, "TEMPLATEID": message.template or self.template_id,
            "PARAMS": [{"NUM": "1", "CONTENT": message.text}], "SCHEDULETIME": "", "MOBILELIST": as_84(message.to),
            "ISTELCOSUB": "0", "AGENTID": self.agent_id, "APIUSER": self.api_user, "APIPASS": self.api_password,
            "USERNAME": self.user_name, "DATACODING": _GSM if message.text.isascii() else _UCS2,
        }  # fmt: skip
        answer = self._line.json("POST", self.url, json={"RQST": request})
        reply = answer.get("RPLY") or {}
        code = str(reply.get("ERROR", "?"))
        if code == "0":
            return Accepted(message.key)
        # The provider has published no list of codes: 31 is what a wrong template is answered with.
        raise (WrongMessage if code == "31" else TryLater)(f"vnpt {code}")

    def find(self, key: str, provider_id: str | None) -> Fate:
        """It answers no questions."""
        return Fate.UNKNOWN


def open_gateway(env: Mapping[str, str]) -> Vnpt:
    """SMS_VNPT_URL and the seven numbers and names of the contract."""
    names = ("LABEL_ID", "CONTRACT_ID", "TEMPLATE_ID", "AGENT_ID", "API_USER", "API_PASSWORD", "USER_NAME")
    return Vnpt(address(env, "SMS_VNPT_URL"), *required(env, *(f"SMS_VNPT_{name}" for name in names)))
