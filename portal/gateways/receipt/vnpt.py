"""Electronic receipts of VNPT (SOAP). Our key is their fkey: they issue it once and refuse it after that with ERR:13.

How a receipt that is there already is looked up is not in any public document: `listInvByCusFkey` is what portals use,
and its answer is read loosely.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement, tostring

from portal.gateways.http import Line, OverHttp
from portal.gateways.messages import GatewayDown, TryLater, WrongMessage, address, required
from portal.gateways.receipts import ReceiptOrder
from portal.gateways.soap import envelope, texts

_NAMESPACE = "http://tempuri.org/"
_DOWN = {"ERR:1", "ERR:6", "ERR:7", "ERR:20"}  # login, no numbers left, company, pattern or serial
_WRONG = {"ERR:3", "ERR:10"}
_DOUBLE, _GONE = "ERR:13", {"ERR:2", "ERR:9"}


@dataclass
class VnptReceipts(OverHttp):
    """An account of an agency that collects fees."""

    publish_url: str
    business_url: str
    portal_url: str
    account: str
    account_password: str
    user: str
    password: str
    pattern: str
    serial: str
    name: str = "vnpt"
    _line: Line = field(default_factory=lambda: Line("vnpt"))

    def issue(self, order: ReceiptOrder) -> str:
        """Issue and sign, by `ImportAndPublishInv`."""
        said = self._call(self.publish_url, "ImportAndPublishInv", {
            "Account": self.account, "ACpass": self.account_password, "xmlInvData": _invoice(order),
            "username": self.user, "password": self.password, "pattern": self.pattern, "serial": self.serial,
            "convert": "0",
        })  # fmt: skip
        if said.startswith("OK:"):
            return said.rpartition("_")[2]
        if said == _DOUBLE:
            return self._number_of(order)
        raise (GatewayDown if said in _DOWN else WrongMessage if said in _WRONG else TryLater)(f"vnpt {said[:20]}")

    def cancel(self, key: str) -> None:
        """Cancel, by `cancelInv`."""
        said = self._call(self.business_url, "cancelInv", {
            "Account": self.account, "ACpass": self.account_password, "fkey": key, "userName": self.user,
            "userPass": self.password,
        })  # fmt: skip
        if not said.startswith("OK:") and said not in _GONE:
            raise (GatewayDown if said in _DOWN else TryLater)(f"vnpt {said[:20]}")

    def _number_of(self, order: ReceiptOrder) -> str:
        day = f"{order.on:%d/%m/%Y}"
        said = self._call(self.portal_url, "listInvByCusFkey", {
            "key": order.key, "fromDate": day, "toDate": day, "userName": self.user, "userPass": self.password,
        })  # fmt: skip
        number = texts(said.encode(), "vnpt").get("invNum", "") if said.startswith("<") else ""
        if not number:
            raise TryLater("vnpt no number")
        return number

    def _call(self, url: str, operation: str, parts: Mapping[str, str]) -> str:
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{_NAMESPACE}{operation}"'}
        sent = envelope(_NAMESPACE, operation, parts, qualified=True)
        answer = self._line.ask("POST", url, data=sent, headers=headers)
        return texts(answer.content, self.name).get(f"{operation}Result", "")


def _invoice(order: ReceiptOrder) -> str:
    root = Element("Invoices")
    one = SubElement(root, "Inv")
    SubElement(one, "key").text = order.key
    invoice = SubElement(one, "Invoice")
    total = str(order.total_vnd)
    for name, text in (
        ("CusCode", order.key), ("ArisingDate", f"{order.on:%d/%m/%Y}"), ("CusName", order.payer), ("CusTaxCode", ""),
        ("Total", total), ("Amount", total), ("AmountInWords", order.in_words), ("VATAmount", "0"), ("VATRate", "0"),
        ("CusAddress", order.address), ("PaymentMethod", "TM/CK"), ("PaymentStatus", "1"), ("Extra", ""),
    ):  # fmt: skip
        SubElement(invoice, name).text = text
    products = SubElement(invoice, "Products")
    for number, (label, amount) in enumerate(order.lines, 1):
        product = SubElement(products, "Product")
        for name, text in (("Code", str(number)), ("ProdName", label), ("ProdUnit", "Lần"), ("ProdQuantity", "1"),
                           ("ProdPrice", str(amount)), ("Total", str(amount)), ("Amount", str(amount))):  # fmt: skip
            SubElement(product, name).text = text
    return tostring(root, encoding="unicode")


def open_provider(env: Mapping[str, str]) -> VnptReceipts:
    """RECEIPT_VNPT_PUBLISH_URL, _BUSINESS_URL, _PORTAL_URL, _ACCOUNT, _ACPASS, _USER, _PASSWORD, _PATTERN, _SERIAL."""
    urls = [address(env, f"RECEIPT_VNPT_{name}_URL") for name in ("PUBLISH", "BUSINESS", "PORTAL")]
    names = ("ACCOUNT", "ACPASS", "USER", "PASSWORD", "PATTERN", "SERIAL")
    account, account_password, user, password, pattern, serial = required(env, *(f"RECEIPT_VNPT_{n}" for n in names))
    return VnptReceipts(urls[0], urls[1], urls[2], account, account_password, user, password, pattern, serial)
