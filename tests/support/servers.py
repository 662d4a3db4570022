"""Real PostgreSQL and Valkey for the tests of one process."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config import socket_dir
from portal.runtime.postgres import EmbeddedPostgres
from portal.runtime.supervisor import Child
from portal.runtime.valkey import EmbeddedValkey

_ROOM = 4 * 1024**3


@dataclass(frozen=True)
class Servers:
    """Where the servers are reached."""

    sockets: Path
    redis_url: str

    def database_url(self, name: str, user: str = "portal") -> str:
        """The address of a database."""
        return f"postgresql://{user}@/{name}?host={self.sockets}"


def memory_folder() -> Path | None:
    """Where files are kept in memory, if there is room: copying a database is eight times as fast there."""
    found = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    return found if found.is_dir() and shutil.disk_usage(found).free > _ROOM else None


@contextmanager
def server_folder(*, in_memory: bool = False) -> Iterator[Path]:
    """A folder for servers. Not below pytest's own: that is closed to other users whenever any pytest starts,
    and as root PostgreSQL runs as another user."""
    place = memory_folder() if in_memory else None
    with tempfile.TemporaryDirectory(prefix="portal-test-", dir=place, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def running_servers(var_dir: Path) -> Iterator[Servers]:
    """Both servers, with their data below `var_dir`, stopped at the end."""
    sockets = socket_dir(var_dir)
    valkey = EmbeddedValkey(var_dir / "valkey", sockets)
    postgres = EmbeddedPostgres(var_dir / "postgres", sockets)
    valkey.prepare()
    postgres.prepare()
    # Tests may lose what they wrote: no waiting for the disk.
    fast = [
        "-c",
        "fsync=off",
        "-c",
        "synchronous_commit=off",
        "-c",
        "full_page_writes=off",
        "-c",
        "max_connections=200",
    ]
    children = [
        Child("valkey", valkey.command, var_dir / "valkey.log"),
        Child("postgres", postgres.command + fast, var_dir / "postgres.log", user=postgres.user,
              stop_signal=signal.SIGINT, death_signal=signal.SIGINT),
    ]  # fmt: skip
    try:
        for child, ready in zip(children, (valkey.is_ready, postgres.is_ready), strict=True):
            child.start()
            wait_for(ready, f"{child.name} to answer")
        postgres.create_database("portal", "portal")
        yield Servers(sockets, f"unix://{valkey.socket}")
    finally:
        for child in reversed(children):
            child.signal_stop()
            child.wait_or_kill(time.monotonic() + 10)


def wait_for(condition: Callable[[], object], what: str, seconds: float = 30) -> None:
    """Poll until `condition()` is true; fail with `what` if that takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what}")


def is_alive(pid: int) -> bool:
    """True if a process with this id exists and is no zombie."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], check=False, capture_output=True, text=True)
    return bool(state.stdout.strip()) and not state.stdout.strip().startswith("Z")
