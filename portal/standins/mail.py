"""Plays a mail server."""

from __future__ import annotations

import socket
from email import message_from_bytes
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from portal.standins.phone import Arrived
from portal.standins.web import ANSWER, LOSE_ANSWER, Provider


class Mail(Provider):
    """Takes everything, or answers with the code that is its mood ("450", "550")."""

    def __init__(self, port: int = 0):
        super().__init__("smtp")
        self.port = port or _free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def close(self) -> None:
        """Stop listening."""
        self._controller.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        """Take a message."""
        mood = self.mood()
        if mood not in (ANSWER, LOSE_ANSWER):
            return f"{mood} refused"
        mail = message_from_bytes(_bytes(envelope), policy=default)
        body = mail.get_body(("plain",))
        key = str(mail["Message-ID"] or "").strip("<>").partition("@")[0]
        text = str(body.get_content()).strip() if body else ""
        self.sends(Arrived("email", self.name, envelope.rcpt_tos[0], text, key, str(mail["Subject"])))
        if mood == LOSE_ANSWER:
            session.peer = None
            server.transport.close()
        return "250 OK"


def _free_port() -> int:
    """The library asks itself at the port that it is given, so it has to be given one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _bytes(envelope: Envelope) -> bytes:
    content = envelope.content or b""
    return content if isinstance(content, bytes) else content.encode()
