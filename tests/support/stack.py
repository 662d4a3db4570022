"""The whole system with real processes, as `make run` starts it."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from tests.support.servers import wait_for

ROOT = Path(__file__).parents[2]
# The variable with the folder of `seed`.
SEED = "PORTAL_TEST_SEED"


def three_free_ports() -> int:
    """The first of three ports in a row on which nobody listens."""
    while True:
        first = free_port()
        try:
            for port in range(first, first + 3):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Stack:
    """A running portal."""

    var_dir: Path
    port: int
    process: subprocess.Popen[str] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    # Begins with the database of another first start, which spares most of the time of its own.
    is_seeded: bool = True

    @property
    def base_url(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, seconds: float = 90) -> float:
        """Start and wait until it is healthy and says so; returns the seconds that took."""
        began = time.monotonic()
        if self.is_seeded and not (self.var_dir / "postgres").exists():
            self.var_dir.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", str(seed() / "postgres"), str(self.var_dir)], check=True)
        self.console.parent.mkdir(parents=True, exist_ok=True)
        with self.console.open("w") as console:
            self.process = launch(self.var_dir, self.port, stdout=console, **self.environment)
        wait_for(self.is_healthy, "the portal to be healthy", seconds)
        wait_for(lambda: self.base_url in self.printed, "the portal to say where it is", seconds)
        return time.monotonic() - began

    @property
    def console(self) -> Path:
        """The file that holds what it prints."""
        return self.var_dir.with_name(f"{self.var_dir.name}-{self.port}.console")

    @property
    def printed(self) -> str:
        """What it has printed so far; nothing where it was launched by hand."""
        return self.console.read_text("utf-8") if self.console.exists() else ""

    def is_healthy(self) -> bool:
        """True if /healthz answers 200."""
        assert self.process is not None
        assert self.process.poll() is None, self.printed
        try:
            with urllib.request.urlopen(f"{self.base_url}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def children(self) -> dict[str, psutil.Process]:
        """The processes right below the supervisor, by what they are."""
        assert self.process is not None
        marks = {"beat": "beat", "workers.relay": "relay", "worker": "worker", "gunicorn": "web"}
        found = {}
        for child in psutil.Process(self.process.pid).children():
            try:
                arguments = child.cmdline()
            except psutil.NoSuchProcess:  # died just now
                continue
            program = arguments[0] if arguments else ""
            servers = [name for name in ("postgres", "valkey") if name in program]
            names = servers or [name for mark, name in marks.items() if mark in arguments]
            if names:
                found[names[0]] = child
        return found

    def all_processes(self) -> list[psutil.Process]:
        """The supervisor and everything below it."""
        assert self.process is not None
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def kill_worker(self) -> None:
        """kill -9 of the Celery worker, if it is running just now."""
        if worker := self.children().get("worker"):
            worker.kill()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> str:
        """Ask it to stop; returns what it printed."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(60)
        printed = self.printed
        self.console.unlink(missing_ok=True)
        return printed


def seed() -> Path:
    """The data folder of a first start, made by whichever test process of this run is the first to need it."""
    folder = Path(os.environ[SEED])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            first = Stack(folder / "var", free_port(), is_seeded=False)
            first.start()
            first.stop()
            (folder / "done").touch()
    return folder / "var"


def launch(
    var_dir: Path, port: int, stdout: IO[str] | int = subprocess.PIPE, **environment: str
) -> subprocess.Popen[str]:
    """`python -m portal.runtime` with an environment of its own."""
    # Each message by itself, and its ports where nobody else is.
    own = {"MESSAGE_MERGE_SECONDS": "0", "STANDINS_PORT": str(three_free_ports())}
    env = {"PATH": os.environ["PATH"], "VAR_DIR": str(var_dir), "PORT": str(port), **own, **environment}
    return subprocess.Popen(
        [sys.executable, "-m", "portal.runtime"], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, text=True,
        stdout=stdout, stderr=subprocess.STDOUT,
    )  # fmt: skip
