"""Keeps the processes of `make run`: starts, watches, restarts and stops them; leaves no orphan."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_LOG_LIMIT = 20 * 1024 * 1024
_STEADY = 60.0  # seconds after which a child is taken to be well
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(signal_number: int = signal.SIGKILL) -> None:
    """Ask the kernel to send this process a signal when its parent dies, however it dies."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal_number)


def as_user(user: str | None) -> dict[str, Any]:
    """Arguments of `subprocess` to run as `user` with its group and no other; None: as this user."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


@dataclass
class Child:
    """One process. `stop_signal` asks it to end; `death_signal` comes when the supervisor is killed."""

    name: str
    command: list[str]
    log: Path
    is_server: bool = False
    user: str | None = None
    environment: Mapping[str, str] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    started: float = 0.0
    next_start: float = 0.0

    def start(self) -> None:
        """Start the process in a group of its own, so that Ctrl-C reaches the supervisor alone."""
        parent = os.getpid()
        self.started = time.monotonic()

        def prepare() -> None:
            die_with_parent(self.death_signal)
            if os.getppid() != parent:  # the supervisor died in between
                os._exit(1)

        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment} if self.environment else None,
                **as_user(self.user),
                cwd="/" if self.user else None,
                start_new_session=True,
                preexec_fn=prepare,
            )

    @property
    def is_running(self) -> bool:
        """True while the process lives."""
        return self.process is not None and self.process.poll() is None

    def signal_stop(self) -> None:
        """Ask the process to end."""
        if self.process is not None and self.is_running:
            self.process.send_signal(self.stop_signal)

    def wait_or_kill(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic), then kill the whole group."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.1, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_words(self) -> str:
        """The last line of the log, for saying what went wrong."""
        try:
            lines = self.log.read_bytes()[-4000:].decode(errors="replace").strip().splitlines()
        except OSError:
            return ""
        return lines[-1] if lines else ""


class Supervisor:
    """Runs children until told to stop."""

    def __init__(self, say: Callable[[str], None]):
        self._children: list[Child] = []
        self._say = say
        self.stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, number: int, frame: object) -> None:
        self.stopping = True

    def start(self, child: Child) -> None:
        """Start a child and watch it from now on."""
        self._children.append(child)
        child.start()

    def wait_until(self, child: Child, ready: Callable[[], bool], seconds: float) -> bool:
        """Wait until `ready()`; False if it does not come, the child dies, or a stop is asked for."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and child.is_running and not self.stopping:
            if ready():
                return True
            time.sleep(0.05)
        return False

    def watch(self, each_second: Callable[[], None]) -> None:
        """Restart dead children, slower each time, until a stop is asked for."""
        while not self.stopping:
            self.tick()
            each_second()
            time.sleep(0.2)

    def tick(self) -> None:
        """Look once at every child, and restart those whose time has come."""
        for child in self._children:
            if not child.is_running:
                self._restart(child)

    def _restart(self, child: Child) -> None:
        now = time.monotonic()
        if child.next_start == 0.0:
            if now - child.started > _STEADY:
                child.restarts = 0
            delay = 0.2 * 2 ** min(child.restarts, 7)
            child.next_start = now + delay
            self._say(f"{child.name} đã dừng, khởi động lại sau {delay:.1f} giây ({child.log})")
        elif now >= child.next_start:
            child.restarts += 1
            child.next_start = 0.0
            child.start()

    def stop(self, seconds: float = 25) -> None:
        """Stop all children, the users of the servers before the servers."""
        deadline = time.monotonic() + seconds
        for servers in (False, True):
            group = [child for child in reversed(self._children) if child.is_server is servers]
            for child in group:
                child.signal_stop()
            for child in group:
                child.wait_or_kill(deadline)
