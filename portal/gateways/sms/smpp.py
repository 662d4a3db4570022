"""SMS through an SMSC (SMPP 3.4): this side submits; `listen` hears receipts and incoming messages."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from smpplib import consts, exceptions, gsm
from smpplib.client import Client

from portal.gateways.messages import (
    Accepted,
    Fate,
    GatewayDown,
    NotConfigured,
    Outgoing,
    Refused,
    TryLater,
    Unclear,
    as_84,
    required,
)
from portal.gateways.segments import split

_SECONDS = 10
_LATER = {consts.SMPP_ESME_RTHROTTLED, consts.SMPP_ESME_RMSGQFUL, consts.SMPP_ESME_RSYSERR}
_REFUSED = {consts.SMPP_ESME_RINVDSTADR}
_MANY_PARTS = 0x40
_RECEIPT = 0x04
# "id:… sub:001 dlvrd:001 submit date:… done date:… stat:DELIVRD err:000 text:…"
_ID, _STATE = re.compile(r"\bid:(\S+)"), re.compile(r"\bstat:(\w+)")
_FATES = {"DELIVRD": Fate.DELIVERED, "ACCEPTD": Fate.ACCEPTED, "EXPIRED": Fate.FAILED, "DELETED": Fate.FAILED,
          "UNDELIV": Fate.FAILED, "REJECTD": Fate.FAILED}  # fmt: skip
_STATES = {1: Fate.ACCEPTED, 2: Fate.DELIVERED, 3: Fate.FAILED, 4: Fate.FAILED, 5: Fate.FAILED, 6: Fate.ACCEPTED,
           8: Fate.FAILED}  # fmt: skip

logging.getLogger("smpp").setLevel(logging.CRITICAL)  # it writes what is sent, with numbers and texts


@dataclass
class Smpp:
    """An account at an SMSC. One connection a process, bound when the first message goes out."""

    host: str
    port: int
    system_id: str
    password: str
    sender: str
    name: str = "smpp"
    drops_doubles: bool = False
    _client: Any = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, message: Outgoing) -> Accepted:
        """Hand `message` over, in as many parts as it needs. The number is that of the last part."""
        with self._lock:
            provider_id = ""
            pieces = _pieces(message)
            for number, (piece, coding, is_part) in enumerate(pieces, 1):
                provider_id = self._submit(message, piece, coding, is_part, wants_receipt=number == len(pieces),
                                           is_first=number == 1)  # fmt: skip
            return Accepted(provider_id)

    def find(self, key: str, provider_id: str | None) -> Fate:
        """By the number that the SMSC gave."""
        if not provider_id:
            return Fate.UNKNOWN
        with self._lock:
            answer = self._exchange(
                lambda client: client.query_message(
                    message_id=provider_id, source_addr_ton=consts.SMPP_TON_ALNUM, source_addr=self.sender
                )
            )
        return Fate.UNKNOWN if answer.is_error() else _STATES.get(answer.message_state, Fate.UNKNOWN)

    def close(self) -> None:
        """Let the connection go."""
        self._forget()

    def listen(
        self, on_receipt: Callable[[str, Fate], None], on_message: Callable[[str, str], None],
        may_go_on: Callable[[], bool],
    ) -> None:  # fmt: skip
        """Hear until told to stop: receipts as (number, fate), incoming messages as (phone +84…, text)."""

        def hear(pdu: Any) -> None:
            if pdu.esm_class & _RECEIPT:
                text = (pdu.short_message or b"").decode("latin-1")
                found, state = _ID.search(text), _STATE.search(text)
                number = (pdu.receipted_message_id or b"").decode().rstrip("\0") if pdu.receipted_message_id else ""
                if number or found:
                    on_receipt(
                        number or (found[1] if found else ""), _FATES.get(state[1] if state else "", Fate.UNKNOWN)
                    )
            else:
                on_message(f"+{pdu.source_addr.decode().lstrip('+')}", _text(pdu.short_message or b"", pdu.data_coding))

        client = self._connected()
        try:
            client.bind_receiver(system_id=self.system_id, password=self.password)
            client.set_message_received_handler(hear)
            while may_go_on():
                client.read_once()
        finally:
            _close(client)

    def _submit(
        self, message: Outgoing, piece: bytes, coding: int, is_part: bool, *, wants_receipt: bool, is_first: bool
    ) -> str:
        try:
            answer = self._exchange(lambda client: client.send_message(
                source_addr_ton=consts.SMPP_TON_ALNUM, source_addr_npi=consts.SMPP_NPI_UNK, source_addr=self.sender,
                dest_addr_ton=consts.SMPP_TON_INTL, dest_addr_npi=consts.SMPP_NPI_ISDN,
                destination_addr=as_84(message.to), short_message=piece, data_coding=coding,
                esm_class=_MANY_PARTS if is_part else 0, registered_delivery=wants_receipt,
            ))  # fmt: skip
        except TryLater as error:
            if is_first:
                raise
            raise Unclear(error.code) from error  # a part of it has gone
        if not answer.is_error():
            return str((answer.message_id or b"").decode().rstrip("\0"))
        kind = TryLater if answer.status in _LATER else Refused if answer.status in _REFUSED else GatewayDown
        raise (kind if is_first else Unclear)(f"smpp {answer.status:#x}")

    def _exchange(self, ask: Callable[[Any], Any]) -> Any:
        """Send one request and read its answer. The connection is made anew where it was lost before."""
        if self._client is None:
            self._client = self._bound()
        client = self._client
        try:
            wanted = ask(client)
        except (exceptions.ConnectionError, exceptions.PDUError, OSError) as error:
            self._forget()
            raise TryLater("smpp connection") from error
        try:
            while True:
                answer = client.read_pdu()
                if answer.command == "enquire_link":
                    client._enquire_link_received(answer)
                elif answer.sequence == wanted.sequence:
                    return answer
        except (exceptions.ConnectionError, exceptions.PDUError, OSError) as error:
            self._forget()
            raise Unclear("smpp no answer") from error

    def _bound(self) -> Any:
        client = self._connected()
        try:
            client.bind_transmitter(system_id=self.system_id, password=self.password)
            # The library asks about messages as a transceiver only; SMPP 3.4 (4.8) lets transmitters do so as well.
            client.state = consts.SMPP_CLIENT_STATE_BOUND_TRX
        except exceptions.PDUError as error:
            _close(client)
            raise GatewayDown(f"smpp bind {error.args[-1]}") from error
        except (exceptions.ConnectionError, OSError) as error:
            _close(client)
            raise TryLater("smpp bind") from error
        return client

    def _connected(self) -> Any:
        client = Client(self.host, self.port, timeout=_SECONDS, allow_unknown_opt_params=True, logger_name="smpp")
        try:
            client.connect()
        except (exceptions.ConnectionError, OSError) as error:
            _close(client)
            raise TryLater("smpp connect") from error
        return client

    def _forget(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            _close(client)


def _pieces(message: Outgoing) -> list[tuple[bytes, int, bool]]:
    """(octets, data coding, is one of several) of each part; the reference of the parts follows from the key."""
    parts = split(message.text)
    try:
        encoded, coding = [gsm.gsm_encode(part) for part in parts], consts.SMPP_ENCODING_DEFAULT
    except UnicodeError:
        encoded, coding = [part.encode("utf-16-be") for part in parts], consts.SMPP_ENCODING_ISO10646
    if len(parts) == 1:
        return [(encoded[0], coding, False)]
    reference = sum(message.key.encode()) % 256
    return [
        (bytes((5, 0, 3, reference, len(parts), number)) + octets, coding, True)
        for number, octets in enumerate(encoded, 1)
    ]


def _text(octets: bytes, coding: int) -> str:
    return octets.decode("utf-16-be" if coding == consts.SMPP_ENCODING_ISO10646 else "latin-1", "replace")


def _close(client: Any) -> None:
    with contextlib.suppress(Exception):
        client.disconnect()


def open_gateway(env: Mapping[str, str]) -> Smpp:
    """SMS_SMPP_HOST, SMS_SMPP_PORT, SMS_SMPP_SYSTEM_ID, SMS_SMPP_PASSWORD, SMS_SMPP_SENDER (at most 11 letters)."""
    names = ("HOST", "PORT", "SYSTEM_ID", "PASSWORD", "SENDER")
    host, port, system_id, password, sender = required(env, *(f"SMS_SMPP_{name}" for name in names))
    if not port.isdecimal():
        raise NotConfigured("SMS_SMPP_PORT: phải là số")
    if len(sender) > 11:
        raise NotConfigured("SMS_SMPP_SENDER: tên định danh dài nhất 11 ký tự")
    if len(password) > 8:
        raise NotConfigured("SMS_SMPP_PASSWORD: giao thức chỉ nhận 8 ký tự")
    return Smpp(host, int(port), system_id, password, sender)
