"""A bridge beside the kit of the axis: the operations of the kit (sendDocument, getReceivedDocumentIds, getDocument,
updateReceivedDocument) as paths over HTTP. `AXIS_BRIDGE_URL`, `AXIS_BRIDGE_TOKEN`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from portal.gateways.http import Line, OverHttp
from portal.gateways.messages import NotConfigured, Unclear, WrongMessage


class Bridge(OverHttp):
    """One bridge."""

    name = "bridge"

    def __init__(self, url: str, token: str):
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._line = Line(self.name)

    def send(self, key: str, content: bytes) -> None:
        """Hand a package over."""
        headers = {**self._headers, "Content-Type": "application/xml", "Idempotency-Key": key}
        answer = self._line.ask("POST", f"{self._url}/sendDocument", data=content, headers=headers)
        if answer.status_code >= 400:
            raise WrongMessage(f"bridge {answer.status_code}")

    def waiting(self) -> Sequence[str]:
        """What has come."""
        found = self._line.json("GET", f"{self._url}/getReceivedDocumentIds", headers=self._headers)
        return [str(one) for one in found.get("ids") or ()]

    def fetch(self, key: str) -> bytes:
        """A package."""
        answer = self._line.ask("GET", f"{self._url}/getDocument", params={"id": key}, headers=self._headers)
        if answer.status_code >= 400:
            raise Unclear(f"bridge {answer.status_code}")
        return bytes(answer.content)

    def confirm(self, key: str) -> None:
        """It is kept here."""
        said = {"id": key, "status": "done"}
        self._line.ask("POST", f"{self._url}/updateReceivedDocument", json=said, headers=self._headers)


def open_axis(env: Mapping[str, str]) -> Bridge:
    """The bridge that the settings name."""
    url, token = env.get("AXIS_BRIDGE_URL", ""), env.get("AXIS_BRIDGE_TOKEN", "")
    if not url or not token:
        raise NotConfigured("AXIS_BRIDGE_URL, AXIS_BRIDGE_TOKEN: chưa đủ")
    return Bridge(url, token)
