"""The HTTP side of the stand-ins: paths to functions, on loopback, and moods in which a provider answers otherwise."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from portal.standins.phone import Arrived

# What becomes of a request: answered; taken, and the line goes dead before the answer; not even taken.
ANSWER, LOSE_ANSWER, LOSE_REQUEST = "answer", "lose", "lose request"


@dataclass(frozen=True)
class Asked:
    """A request as a provider sees it."""

    body: bytes
    query: Mapping[str, str]
    headers: Mapping[str, str]
    path: str = ""


@dataclass(frozen=True)
class Answer:
    """What it answers."""

    body: bytes
    status: int = 200
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Provider:
    """A provider: what it has sent on, and how it behaves. `mood` decides about the next request that sends something:
    `ANSWER`, `LOSE_ANSWER`, `LOSE_REQUEST`, a status of HTTP ("503"), or a code of the provider's own.
    """

    name: str
    arrived: list[Arrived] = field(default_factory=list)
    mood: Callable[[], str] = lambda: ANSWER
    show: Callable[[Arrived], None] | None = None
    slow_seconds: float = 0.0
    # How often a receipt is sent: 0 loses it, 2 doubles it.
    receipts: Callable[[], int] = lambda: 1
    receipt_delay: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def sends(self, arrived: Arrived) -> None:
        """Send a message on to its phone."""
        self.arrived.append(arrived)
        if self.show is not None:
            self.show(arrived)

    def later(self, work: Callable[[], None]) -> None:
        """Report, as often and as late as this provider does."""
        for _ in range(self.receipts()):
            timer = threading.Timer(self.receipt_delay, work)
            timer.daemon = True
            timer.start()


Handle = Callable[[Asked], Answer | None]


class Web:
    """Serves the paths of providers on 127.0.0.1. A handler that returns None lets the line go dead."""

    def __init__(self, port: int = 0):
        self.paths: dict[tuple[str, str], Handle] = {}
        self.prefixes: dict[str, Handle] = {}  # of POST, where the path goes on
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def handle_below(self, path: str) -> Handle | None:
        """What serves the paths that begin like this one."""
        return next((handle for prefix, handle in self.prefixes.items() if path.startswith(prefix)), None)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def in_mood(provider: Provider, take: Callable[[], Answer], refuse: Callable[[str], Answer]) -> Answer | None:
    """Answer a request that sends, as the provider is disposed: `take` sends it on, `refuse` answers with a code."""
    if provider.slow_seconds:
        time.sleep(provider.slow_seconds)
    mood = provider.mood()
    if mood == LOSE_REQUEST:
        return None
    if mood.isdecimal() and 400 <= int(mood) < 600 and len(mood) == 3:
        return Answer(b"<html>busy</html>", int(mood), "text/html")
    if mood not in (ANSWER, LOSE_ANSWER):
        return refuse(mood)
    with provider.lock:
        answer = take()
    return answer if mood == ANSWER else None


def _handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # An answer goes out in one piece and at once, as from a real server.
        disable_nagle_algorithm = True
        wbufsize = -1

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            handle = web.paths.get((self.command, parts.path)) or web.handle_below(parts.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            answer = handle(Asked(body, query, self.headers, parts.path)) if handle else Answer(b"{}", 404)  # type: ignore[arg-type]
            if answer is None:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = _answer

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def handle_one_request(self) -> None:
            """A line that was let go dead is no error here."""
            try:
                super().handle_one_request()
            except (OSError, ValueError):
                self.close_connection = True

    return Handler
