"""One SOAP 1.1 operation at a time, without a WSDL: the envelope of a call, and the texts of an answer."""

from __future__ import annotations

from collections.abc import Mapping

from defusedxml.ElementTree import fromstring
from lxml import etree

from portal.gateways.messages import Unclear

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def envelope(namespace: str, operation: str, parts: Mapping[str, str], *, qualified: bool = False) -> bytes:
    """A call of `operation`; `qualified`: its parts are in the namespace as well, as .NET services want them."""
    root = etree.Element(f"{{{_SOAP}}}Envelope", nsmap={"soapenv": _SOAP, "impl": namespace})
    body = etree.SubElement(root, f"{{{_SOAP}}}Body")
    called = etree.SubElement(body, f"{{{namespace}}}{operation}")
    for name, text in parts.items():
        etree.SubElement(called, f"{{{namespace}}}{name}" if qualified else name).text = text
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def texts(content: bytes, who: str) -> dict[str, str]:
    """The texts of an answer by the names of their elements. Raises `Unclear` where it is no XML."""
    try:
        root = fromstring(content)
    except Exception as error:
        raise Unclear(f"{who} no XML") from error
    return {element.tag.rpartition("}")[2]: element.text or "" for element in root.iter()}
