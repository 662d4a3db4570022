"""`python -m portal.runtime`: the whole portal on this machine, as `make run` starts it."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

from config import Settings, WrongSetting, socket_dir
from portal.gateways.messages import NotConfigured
from portal.notifications.policy import policy_from
from portal.notifications.routes import routes_from
from portal.runtime import demo
from portal.runtime.postgres import EmbeddedPostgres, ServerFailed
from portal.runtime.supervisor import Child, Supervisor, die_with_parent
from portal.runtime.valkey import EmbeddedValkey

_FREE_MB_NEEDED = 300
_FREE_MB_WARNING = 100
_HERE = Path(__file__).parents[2]


class CannotStart(Exception):
    """What stands in the way, in one line for the operator."""


def main() -> int:
    """Start everything, keep it running, stop it cleanly. Returns the exit status."""
    try:
        settings = Settings.from_env()
        with _only_one(settings) as _lock:
            _check_machine(settings)
            _check_gateways(settings)
            return _run(settings)
    except (WrongSetting, CannotStart, ServerFailed) as error:
        print(f"Không khởi động được: {error}", file=sys.stderr)
    except OSError as error:
        reason = "ổ đĩa đã đầy" if error.errno == errno.ENOSPC else str(error)
        print(f"Không khởi động được: {reason}", file=sys.stderr)
    return 1


def _run(settings: Settings) -> int:
    began = time.monotonic()
    supervisor = Supervisor(_say)
    try:
        for step in (_start_servers, _prepare, _start_our_processes):
            if supervisor.stopping:
                return 0
            step(settings, supervisor)
        if _is_healthy_soon(settings, supervisor):
            _greet(settings, time.monotonic() - began)
        supervisor.watch(_DiskWatch(settings.var_dir))
    finally:
        _say("Đang dừng…")
        supervisor.stop()
        _say("Đã dừng.")
    return 0


def _only_one(settings: Settings) -> IO[str]:
    """A lock on the data folder; the kernel frees it even after kill -9."""
    run = settings.var_dir / "run"
    run.mkdir(parents=True, mode=0o700, exist_ok=True)
    lock = (settings.var_dir / "supervisor.lock").open("w")
    deadline = time.monotonic() + 5  # one that was just killed may still be going
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise CannotStart(f"cổng đang chạy rồi trên thư mục {settings.var_dir}") from None
            time.sleep(0.2)


def _check_machine(settings: Settings) -> None:
    free_mb = shutil.disk_usage(settings.var_dir).free // 1024**2
    if free_mb < _FREE_MB_NEEDED:
        raise CannotStart(f"ổ đĩa chứa {settings.var_dir} chỉ còn {free_mb} MB, cần ít nhất {_FREE_MB_NEEDED} MB")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CannotStart(f"không mở được {settings.host}:{settings.port}: {error.strerror}") from error
            hint = "đặt PORT khác, ví dụ: PORT=8080 make run"
            raise CannotStart(f"cổng mạng {settings.port} đang có chương trình khác dùng; {hint}") from error


def _check_gateways(settings: Settings) -> None:
    try:
        routes_from(settings.gateways)
        policy_from(settings.gateways)
    except (NotConfigured, ValueError) as error:
        raise CannotStart(str(error)) from error


def _start_servers(settings: Settings, supervisor: Supervisor) -> None:
    logs = settings.var_dir / "log"
    logs.mkdir(parents=True, exist_ok=True)
    if settings.embedded_valkey:
        valkey = EmbeddedValkey(settings.var_dir / "valkey", socket_dir(settings.var_dir))
        valkey.prepare()
        child = Child("valkey", valkey.command, logs / "valkey.log", is_server=True, death_signal=signal.SIGTERM)
        supervisor.start(child)
        if not supervisor.wait_until(child, valkey.is_ready, 15) and not supervisor.stopping:
            raise CannotStart(f"Valkey không chạy: {child.last_words()}")
    if settings.embedded_postgres:
        postgres = EmbeddedPostgres(settings.var_dir / "postgres", socket_dir(settings.var_dir))
        postgres.prepare()
        child = Child(
            "postgres", postgres.command, logs / "postgres.log", is_server=True, user=postgres.user,
            stop_signal=signal.SIGINT, death_signal=signal.SIGINT,
        )  # fmt: skip
        supervisor.start(child)
        if not supervisor.wait_until(child, postgres.is_ready, 60):
            if supervisor.stopping:
                return
            raise CannotStart(f"PostgreSQL không chạy: {child.last_words()}")
        postgres.create_database("portal", "portal")


def _prepare(settings: Settings, supervisor: Supervisor) -> None:
    """Migrations, catalogue and demonstration accounts, in a process of their own so that this one stays small."""
    done = subprocess.run(
        [sys.executable, "-m", "portal.runtime.prepare"],
        check=False,
        capture_output=True,
        text=True,
        cwd=_HERE,
        preexec_fn=die_with_parent,
    )
    if done.returncode and not supervisor.stopping:
        lines = done.stderr.strip().splitlines()
        raise CannotStart(f"không chuẩn bị được dữ liệu: {lines[-1] if lines else 'không rõ lý do'}")


def _start_our_processes(settings: Settings, supervisor: Supervisor) -> None:
    for child in _our_processes(settings):
        supervisor.start(child)


def _our_processes(settings: Settings) -> list[Child]:
    logs = settings.var_dir / "log"
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "workers.app"]
    web = [
        python, "-m", "gunicorn", "--config", "python:portal.runtime.gunicorn_config",
        "--bind", f"{settings.host}:{settings.port}", "--workers", str(settings.web_workers), "wsgi:app",
    ]  # fmt: skip
    quiet = ["--without-gossip", "--without-mingle"]
    worker = [
        *celery,
        "worker",
        "-Q",
        "urgent,celery",
        "--concurrency",
        str(settings.task_workers),
        *quiet,
        "-n",
        "main@%h",
    ]
    bulk = [*celery, "worker", "-Q", "bulk", "--concurrency", "1", *quiet, "-n", "bulk@%h"]
    beat = [*celery, "beat", "--schedule", str(settings.var_dir / "run" / "beat-schedule"), "--pidfile="]
    return [
        Child("web", web, logs / "web.log"),
        Child("worker", worker, logs / "worker.log"),
        Child("bulk", bulk, logs / "bulk.log"),
        *(
            [Child("standins", [python, "-m", "portal.standins"], logs / "standins.log")]
            if settings.plays_standins
            else []
        ),
        *([Child("smsc", [python, "-m", "workers.smsc"], logs / "smsc.log")] if settings.hears_smsc else []),
        Child("relay", [python, "-m", "workers.relay"], logs / "relay.log"),
        Child("beat", beat, logs / "beat.log"),
    ]


def _is_healthy_soon(settings: Settings, supervisor: Supervisor) -> bool:
    """Wait until everything answers. False, and said, if that takes over a minute."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # this machine is never behind a proxy
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104 - compared
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not supervisor.stopping:
        supervisor.tick()
        try:
            with opener.open(f"http://{host}:{settings.port}/healthz", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    if not supervisor.stopping:
        _say(f"Cổng chưa trả lời sau 60 giây, vẫn đang thử; xem nhật ký trong {settings.var_dir / 'log'}")
    return False


def _greet(settings: Settings, seconds: float) -> None:
    _say(f"Cổng dịch vụ công đang chạy tại {settings.base_url} (khởi động {seconds:.1f} giây). Ctrl-C để dừng.")
    if settings.demo:
        _say(f"Điện thoại thử nghiệm: {settings.base_url}/dien-thoai-thu-nghiem")
        _say(f"Điện thoại ký số thử nghiệm: http://127.0.0.1:{settings.standins_port}/dien-thoai-ky-so")
        _say("Đây là bản dùng thử. Phục vụ thật thì đặt BASE_URL (hoặc DEMO=0): tài khoản dùng thử sẽ bị khóa.")
        _say(f"Tài khoản dùng thử, mật khẩu chung “{demo.PASSWORD}”:")
        for account in demo.ACCOUNTS:
            _say(f"  {account.login:<14} {account.description}")


class _DiskWatch:
    """Says once when the disk runs full, and again after it had room."""

    def __init__(self, folder: Path):
        self._folder, self._next, self._said = folder, 0.0, False

    def __call__(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + 15
        free_mb = shutil.disk_usage(self._folder).free // 1024**2
        if free_mb < _FREE_MB_WARNING and not self._said:
            _say(f"Ổ đĩa sắp đầy: {self._folder} chỉ còn {free_mb} MB. Hồ sơ mới có thể không lưu được.")
        self._said = free_mb < _FREE_MB_WARNING


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    os.chdir(_HERE)
    sys.exit(main())
