"""A stand-in for eSMS on loopback: takes each RequestId once, says so as eSMS does, and misbehaves when told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATH = "/MainService.svc/json/SendMultipleMessage_V4_post_json/"
# What becomes of a request: answered; taken, and the line goes dead before the answer; a code of eSMS.
ANSWER, LOSE_ANSWER = "answer", "lose"


@dataclass
class EsmsStandIn:
    """`messages`: what was sent on, by RequestId; `asked`: every RequestId as often as it came.

    `mood` decides what becomes of the next request: `ANSWER`, `LOSE_ANSWER`, or a code such as "160".
    """

    mood: Callable[[], str] = lambda: ANSWER
    messages: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """The value of ESMS_URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/MainService.svc/json"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def take(self, fields: dict[str, str]) -> dict[str, Any] | None:
        """The answer to a request, or None where the line goes dead."""
        mood = self.mood()
        with self._lock:
            request_id = fields.get("RequestId", "")
            self.asked.append(request_id)
            if mood not in (ANSWER, LOSE_ANSWER):
                return {"CodeResult": mood, "CountRegenerate": 0, "ErrorMessage": "not now"}
            if not all(fields.get(name) for name in ("ApiKey", "SecretKey", "Phone", "Content", "Brandname")):
                return {"CodeResult": "110", "CountRegenerate": 0, "ErrorMessage": "Bad data"}
            if request_id in self.messages:
                answer = {
                    "CodeResult": "124",
                    "CountRegenerate": 0,
                    "ErrorMessage": "Request exist 1",
                    "SendStatus": "5",
                }
            else:
                self.messages[request_id] = fields
                answer = {"CodeResult": "100", "CountRegenerate": 0, "SMSID": f"sms-{len(self.messages)}"}
        return None if mood == LOSE_ANSWER else answer


def _handler(standin: EsmsStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path != PATH:
                self.send_error(404)
                return
            answer = standin.take(json.loads(body))
            if answer is None:
                self.connection.close()
                return
            content = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler
