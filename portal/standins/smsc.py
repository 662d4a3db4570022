"""Plays an SMSC (SMPP 3.4): takes messages in parts, answers questions about them, sends receipts and messages."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from typing import Any

from smpplib import consts, gsm, smpp
from smpplib.client import SimpleSequenceGenerator

from portal.standins.phone import Arrived
from portal.standins.web import ANSWER, LOSE_ANSWER, LOSE_REQUEST, Provider

_UDH = 0x40
_RECEIPT = 0x04
_DELIVERED = 2


class Smsc(Provider):
    """Takes any account whose password is right. `mood` may be a status of SMPP such as "0x58"."""

    def __init__(self, port: int = 0, password: str = "dungthu"):  # noqa: S107
        super().__init__("smpp")
        self.password = password
        self._parts: dict[tuple[str, int], dict[int, str]] = {}
        self._numbers: set[str] = set()
        self._receivers: list[tuple[socket.socket, Any]] = []
        smsc = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    smsc.serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", port), Handler)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def serve(self, line: socket.socket) -> None:
        """One connection until it ends."""
        own, goes_on = _Numbers(), True
        while goes_on and (pdu := _read(line)) is not None:
            kind = "bind" if pdu.command.startswith("bind_") else pdu.command
            answer = {"bind": self._bind, "submit_sm": self._submit, "query_sm": self._tell}.get(kind, self._simple)
            goes_on = answer(line, pdu, own)

    def _bind(self, line: socket.socket, pdu: Any, own: Any) -> bool:
        is_good = (pdu.password or b"").decode().rstrip("\0") == self.password
        _reply(line, pdu, consts.SMPP_ESME_ROK if is_good else consts.SMPP_ESME_RINVPASWD, system_id="thu")
        if is_good and pdu.command != "bind_transmitter":
            self._receivers.append((line, own))
        return True

    def _tell(self, line: socket.socket, pdu: Any, own: Any) -> bool:
        number = (pdu.message_id or b"").decode().rstrip("\0")
        known = number in self._numbers
        status = consts.SMPP_ESME_ROK if known else consts.SMPP_ESME_RQUERYFAIL
        _reply(line, pdu, status, message_id=number, message_state=_DELIVERED, final_date="", error_code=0)
        return True

    @staticmethod
    def _simple(line: socket.socket, pdu: Any, own: Any) -> bool:
        if pdu.is_request():
            _reply(line, pdu, consts.SMPP_ESME_ROK)
        return bool(pdu.command != "unbind")

    def text_from(self, phone: str, text: str) -> None:
        """Somebody (+84…) sends an SMS to the portal."""
        self._to_receivers(source_addr=phone.removeprefix("+"), short_message=text.encode("utf-16-be"),
                           data_coding=consts.SMPP_ENCODING_ISO10646, esm_class=0)  # fmt: skip

    def _submit(self, line: socket.socket, pdu: Any, own: Any) -> bool:
        """False where the line goes dead."""
        mood = self.mood()
        if mood == LOSE_REQUEST:
            return False
        if mood not in (ANSWER, LOSE_ANSWER):
            _reply(line, pdu, int(mood, 0))
            return True
        with self.lock:
            number = f"smsc-{len(self._numbers) + 1}"
            self._numbers.add(number)
            self._collect(f"+{pdu.destination_addr.decode().rstrip(chr(0))}", pdu)
        if mood == LOSE_ANSWER:
            return False
        _reply(line, pdu, consts.SMPP_ESME_ROK, message_id=number)
        if pdu.registered_delivery:
            self.later(lambda: self._report(number))
        return True

    def _collect(self, phone: str, pdu: Any) -> None:
        """A whole message goes on; parts wait for each other."""
        octets = pdu.short_message or b""
        if not pdu.esm_class & _UDH:
            self.sends(Arrived("sms", self.name, phone, _text(octets, pdu.data_coding)))
            return
        reference, total, number = octets[3], octets[4], octets[5]
        parts = self._parts.setdefault((phone, reference), {})
        parts[number] = _text(octets[6:], pdu.data_coding)
        if len(parts) == total:
            del self._parts[phone, reference]
            self.sends(Arrived("sms", self.name, phone, "".join(parts[n] for n in sorted(parts))))

    def _report(self, number: str) -> None:
        text = f"id:{number} sub:001 dlvrd:001 submit date:2601010101 done date:2601010101 stat:DELIVRD err:000 text:"
        self._to_receivers(source_addr="84", short_message=text.encode(), data_coding=0, esm_class=_RECEIPT)

    def _to_receivers(self, **fields: Any) -> None:
        for line, own in list(self._receivers):
            own.next_sequence()
            pdu = smpp.make_pdu("deliver_sm", client=own, destination_addr="LANGSON", **fields)
            pdu.sequence = own.sequence
            try:
                line.sendall(pdu.generate())
            except OSError:
                self._receivers.remove((line, own))


class _Numbers(SimpleSequenceGenerator):  # type: ignore[misc]
    """What PDUs of this library want of a client."""


def _read(line: socket.socket) -> Any:
    head = _exactly(line, 4)
    if head is None:
        return None
    rest = _exactly(line, int.from_bytes(head, "big") - 4)
    if rest is None:
        return None
    return smpp.parse_pdu(head + rest, client=_Numbers(), allow_unknown_opt_params=True)


def _exactly(line: socket.socket, size: int) -> bytes | None:
    found = b""
    while len(found) < size:
        piece = line.recv(size - len(found))
        if not piece:
            return None
        found += piece
    return found


def _reply(line: socket.socket, pdu: Any, status: int, **fields: Any) -> None:
    answer = smpp.make_pdu(f"{pdu.command}_resp", client=_Numbers(), **fields)
    answer.sequence, answer.status = pdu.sequence, status
    line.sendall(answer.generate())


def _text(octets: bytes, coding: int) -> str:
    if coding == consts.SMPP_ENCODING_ISO10646:
        return octets.decode("utf-16-be")
    table, out, escaped = gsm.GSM_CHARACTER_TABLE, "", False
    for octet in octets:
        if octet == 0x1B:
            escaped = True
            continue
        out += table[octet + 0x80 * escaped]
        escaped = False
    return out
