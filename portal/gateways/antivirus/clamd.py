"""ClamAV by the socket of its daemon: the commands INSTREAM and VERSION."""

from __future__ import annotations

import re
import socket
import struct
from urllib.parse import urlsplit

from portal.gateways.antivirus import ScannerDown, Verdict

_CHUNK = 64 * 1024
_SECONDS = 20.0


class Clamd:
    """A daemon at "unix:///path/to/clamd.sock" or "tcp://host:3310"."""

    def __init__(self, address: str, seconds: float = _SECONDS):
        self._address, self._seconds = urlsplit(address), seconds

    def scan(self, content: bytes) -> Verdict:
        """What is in the file. Raises `ScannerDown`, also where the daemon refuses the size of the file."""
        answer = self._ask(b"zINSTREAM\0", content)
        if answer == "stream: OK":
            return Verdict()
        found = re.fullmatch(r"stream: (.+) FOUND", answer)
        if found is None:
            raise ScannerDown(answer[:200])
        return Verdict(found[1])

    def version(self) -> str:
        """What the daemon says of itself."""
        return self._ask(b"zVERSION\0")

    def _ask(self, command: bytes, content: bytes | None = None) -> str:
        try:
            with self._connected() as connection:
                connection.sendall(command)
                if content is not None:
                    for start in range(0, len(content), _CHUNK):
                        piece = content[start : start + _CHUNK]
                        connection.sendall(struct.pack("!I", len(piece)) + piece)
                    connection.sendall(struct.pack("!I", 0))
                return _read(connection)
        except OSError as error:
            raise ScannerDown(type(error).__name__) from error

    def _connected(self) -> socket.socket:
        if self._address.scheme == "unix":
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(self._seconds)
            connection.connect(self._address.path)
            return connection
        address = (self._address.hostname or "", self._address.port or 3310)
        return socket.create_connection(address, timeout=self._seconds)


def _read(connection: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and (piece := connection.recv(4096)):
        answer += piece
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()
