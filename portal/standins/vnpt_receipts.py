"""Plays VNPT's electronic receipts (SOAP): publishing under an fkey once, cancelling, looking up."""

from __future__ import annotations

from html import escape

from defusedxml.ElementTree import fromstring

from portal.standins.web import Answer, Asked, Provider, Web, in_mood

_SOAP = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<{operation}Response xmlns="http://tempuri.org/"><{operation}Result>{text}</{operation}Result></{operation}Response>'
    "</soap:Body></soap:Envelope>"
)


class VnptReceipts(Provider):
    """`issued`: numbers by fkey; `cancelled`: fkeys; `sums`: đồng by fkey."""

    def __init__(self, web: Web, account: str = "a", password: str = "p"):  # noqa: S107
        super().__init__("vnpt-receipts")
        self._account, self._password = account, password
        self.issued: dict[str, int] = {}
        self.sums: dict[str, int] = {}
        self.cancelled: set[str] = set()
        self.url = f"{web.url}/bien-lai"
        for name in ("publish", "business", "portal"):
            web.paths[("POST", f"/bien-lai/{name}")] = self._called

    def _called(self, asked: Asked) -> Answer | None:
        body = next(iter(fromstring(asked.body)))
        call = next(iter(body))
        operation = call.tag.rpartition("}")[2]
        given = {part.tag.rpartition("}")[2]: part.text or "" for part in call}
        work = {"ImportAndPublishInv": self._publish, "cancelInv": self._cancel, "listInvByCusFkey": self._list}[
            operation
        ]
        return in_mood(self, lambda: _answer(operation, work(given)), lambda code: _answer(operation, code))

    def _publish(self, given: dict[str, str]) -> str:
        if (given["Account"], given["ACpass"]) != (self._account, self._password):
            return "ERR:1"
        invoice = fromstring(given["xmlInvData"])
        key, total = invoice.findtext("Inv/key") or "", int(invoice.findtext("Inv/Invoice/Total") or 0)
        if total != sum(int(amount.text or 0) for amount in invoice.iterfind(".//Product/Amount")):
            return "ERR:3"
        if key in self.issued:
            return "ERR:13"
        self.issued[key], self.sums[key] = len(self.issued) + 1, total
        return f"OK:{given['pattern']};{given['serial']}-{key}_{self.issued[key]}"

    def _cancel(self, given: dict[str, str]) -> str:
        if given["fkey"] not in self.issued:
            return "ERR:2"
        if given["fkey"] in self.cancelled:
            return "ERR:9"
        self.cancelled.add(given["fkey"])
        return "OK:"

    def _list(self, given: dict[str, str]) -> str:
        number = self.issued.get(given["key"])
        return f"<Data><Item><invNum>{number}</invNum></Item></Data>" if number else "ERR:2"


def _answer(operation: str, text: str) -> Answer:
    return Answer(_SOAP.format(operation=operation, text=escape(text)).encode(), 200, "text/xml")
