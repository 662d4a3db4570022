"""Plays the axis between agencies: takes packages, and an office elsewhere that answers what it receives."""

from __future__ import annotations

import itertools
import json
from datetime import date, datetime

from portal.base.clock import now
from portal.exchange import edxml
from portal.standins.web import Answer, Asked, Provider, Web, in_mood

OFFICE = edxml.Organ("G99.01", "Cơ quan thử nghiệm")
_TOKEN = "thu-nghiem"  # noqa: S105 - of a trial


class Axis(Provider):
    """`taken`: packages by key; `inbox`: what waits for the portal. Each paper is answered with statuses 01 and 03."""

    def __init__(self, web: Web, token: str = _TOKEN):
        super().__init__("axis")
        self._token = token
        self.url = f"{web.url}/truc"
        self.taken: dict[str, bytes] = {}
        self.inbox: dict[str, bytes] = {}
        self._numbers = itertools.count(1)
        for method, name, handle in (("POST", "sendDocument", self._send), ("GET", "getReceivedDocumentIds", self._ids),
                                     ("GET", "getDocument", self._get),
                                     ("POST", "updateReceivedDocument", self._update)):  # fmt: skip
            web.paths[(method, f"/truc/{name}")] = handle

    def put(self, content: bytes) -> str:
        """Have a package wait for the portal."""
        key = f"D{next(self._numbers)}"
        self.inbox[key] = content
        return key

    def send_paper(self, to: edxml.Organ, number: str, subject: str, issued_on: date, content: bytes) -> None:
        """A paper of the office elsewhere."""
        file = edxml.Attachment(f"{number}.pdf", "application/pdf", content)
        self.put(edxml.build(edxml.Paper(OFFICE, (to,), number, "CV-CQTN", "Hà Nội", issued_on, "Công văn", subject,
                                         "Người Ký Thử", "Giám đốc", now(), (file,))))  # fmt: skip

    def _send(self, asked: Asked) -> Answer | None:
        if asked.headers.get("Authorization") != f"Bearer {self._token}":
            return Answer(b"{}", 401)
        return in_mood(self, lambda: self._take(asked), lambda code: Answer(b"{}", int(code)))

    def _take(self, asked: Asked) -> Answer:
        key = asked.headers.get("Idempotency-Key", "")
        if key in self.taken:
            return Answer(b"{}")
        try:
            paper = edxml.parse(asked.body)
        except edxml.BadPackage:
            return Answer(b"{}", 400)
        self.taken[key] = asked.body
        if isinstance(paper, edxml.Paper):
            for code in ("01", "03"):
                self.put(edxml.build_status(self._status(paper, code, now())))
        return Answer(b"{}")

    def _status(self, paper: edxml.Paper, code: str, at: datetime) -> edxml.Status:
        return edxml.Status(paper.receivers[0], paper.document_id, paper.number, paper.notation, paper.issued_on, code,
                            edxml.STATUS_NAMES[code], at)  # fmt: skip

    def _ids(self, asked: Asked) -> Answer:
        return Answer(json.dumps({"ids": list(self.inbox)}).encode())

    def _get(self, asked: Asked) -> Answer:
        found = self.inbox.get(asked.query.get("id", ""))
        return Answer(found, 200, "application/xml") if found else Answer(b"", 404)

    def _update(self, asked: Asked) -> Answer:
        self.inbox.pop(json.loads(asked.body).get("id", ""), None)
        return Answer(b"{}")
