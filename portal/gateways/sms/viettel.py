"""SMS through Viettel (SOAP, operation wsCpMt). One operation: the envelope is made with lxml, without a WSDL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from defusedxml.ElementTree import fromstring
from lxml import etree

from portal.gateways.http import Line, OverHttp
from portal.gateways.messages import Accepted, Fate, Outgoing, TryLater, Unclear, WrongMessage, address, as_84, required

_SOAP, _IMPL = "http://schemas.xmlsoap.org/soap/envelope/", "http://impl.bulkSms.ws/"
_PLAIN, _UNICODE = "0", "1"


@dataclass
class Viettel(OverHttp):
    """An account of the bulk service."""

    url: str
    user: str
    password: str
    cp_code: str
    brandname: str
    name: str = field(init=False, default="viettel")
    drops_doubles: bool = field(init=False, default=False)
    _line: Line = field(init=False, default_factory=lambda: Line("viettel"))

    def send(self, message: Outgoing) -> Accepted:
        """Hand `message` over."""
        phone = as_84(message.to)
        parts = {
            "User": self.user, "Password": self.password, "CPCode": self.cp_code, "RequestID": "1", "UserID": phone,
            "ReceiverID": phone, "ServiceID": self.brandname, "CommandCode": "bulksms", "Content": message.text,
            "ContentType": _PLAIN if message.text.isascii() else _UNICODE,
        }  # fmt: skip
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        answer = self._line.ask("POST", self.url, data=_envelope(parts), headers=headers)
        result, said = _result(answer.content)
        if result == "1":
            return Accepted(message.key)
        raise (WrongMessage if "TEMPLATE" in said.upper() else TryLater)(f"viettel {result}")

    def find(self, key: str, provider_id: str | None) -> Fate:
        """It answers no questions about one message."""
        return Fate.UNKNOWN


def _envelope(parts: Mapping[str, str]) -> bytes:
    root = etree.Element(f"{{{_SOAP}}}Envelope", nsmap={"soapenv": _SOAP, "impl": _IMPL})
    body = etree.SubElement(root, f"{{{_SOAP}}}Body")
    operation = etree.SubElement(body, f"{{{_IMPL}}}wsCpMt")
    for name, text in parts.items():
        etree.SubElement(operation, name).text = text
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def _result(content: bytes) -> tuple[str, str]:
    try:
        root = fromstring(content)
    except Exception as error:
        raise Unclear("viettel no XML") from error
    found = {element.tag.rpartition("}")[2]: element.text or "" for element in root.iter()}
    return found.get("result", "?"), found.get("message", "")


def open_gateway(env: Mapping[str, str]) -> Viettel:
    """SMS_VIETTEL_URL, _USER, _PASSWORD, _CP_CODE, _BRANDNAME."""
    names = ("USER", "PASSWORD", "CP_CODE", "BRANDNAME")
    return Viettel(address(env, "SMS_VIETTEL_URL"), *required(env, *(f"SMS_VIETTEL_{name}" for name in names)))
