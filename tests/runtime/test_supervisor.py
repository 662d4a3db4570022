"""`make run` itself: starting, stopping, being killed, being told no."""

from __future__ import annotations

import os
import signal
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.servers import server_folder, wait_for
from tests.support.stack import Stack, free_port, launch

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("supervisor")]


@pytest.fixture(scope="module")
def var_dir() -> Iterator[Path]:
    """One data folder for all starts of this module: the second start finds the data of the first."""
    with server_folder(in_memory=True) as folder:
        yield folder


def gone(processes: list[psutil.Process]) -> bool:
    return not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)])
def test_a_signal_stops_everything_cleanly(var_dir: Path, number: signal.Signals) -> None:
    stack = Stack(var_dir, free_port())
    stack.start()
    processes = stack.all_processes()
    assert set(stack.children()) == {"valkey", "postgres", "web", "worker", "relay", "beat"}
    printed = stack.stop(number)
    assert stack.process is not None
    assert stack.process.returncode == 0
    assert stack.base_url in printed
    assert "congdan" in printed
    assert printed.rstrip().endswith("Đã dừng.")
    assert gone(processes)
    assert not (var_dir / "postgres" / "postmaster.pid").exists()


def test_kill_9_leaves_no_orphan_and_the_next_start_works(var_dir: Path) -> None:
    stack = Stack(var_dir, free_port())
    stack.start()
    processes = stack.all_processes()
    assert stack.process is not None
    stack.process.kill()
    stack.process.communicate()
    wait_for(lambda: gone(processes), "every process to be gone", 20)
    stack.start()
    stack.stop()


@pytest.mark.parametrize("name", ["worker", "web", "relay", "beat", "valkey", "postgres"])
def test_a_dead_child_is_started_again(stack: Stack, name: str) -> None:
    before = stack.children()[name].pid
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: (child := stack.children().get(name)) and child.pid != before, f"{name} to come back", 60)
    wait_for(stack.is_healthy, "the portal to be healthy again", 60)


test_a_dead_child_is_started_again.pytestmark.append(pytest.mark.xdist_group("stack"))  # type: ignore[attr-defined]


def test_a_taken_port_is_said_in_one_line(var_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = launch(var_dir, port)
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert printed.count("\n") == 1
    assert f"cổng mạng {port} đang có chương trình khác dùng" in printed


def test_a_second_start_on_the_same_data_is_refused(stack: Stack) -> None:
    process = launch(stack.var_dir, free_port())
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "đang chạy rồi" in printed


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PORT", "many", "PORT='many': phải là số nguyên"),
        ("PORT", "99999", "PORT='99999'"),
        ("DEMO", "maybe", "DEMO='maybe'"),
        ("VAR_DIR", "/proc/nowhere", "VAR_DIR="),
        ("DATABASE_URL", "postgresql://x@127.0.0.1:1/x", "cơ sở dữ liệu"),
    ],
)
def test_a_wrong_setting_is_said_in_one_line(tmp_path: Path, variable: str, value: str, said: str) -> None:
    process = launch(tmp_path, free_port(), **{variable: value})
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    line = next(line for line in printed.splitlines() if line.startswith("Không khởi động được"))
    assert said in line


def test_a_full_disk_is_said_in_one_line(tmp_path: Path) -> None:
    """A file system of 8 MB, where root may mount one."""
    if os.geteuid() != 0:
        pytest.skip("chỉ root mới gắn được ổ đĩa nhỏ để thử")
    import subprocess

    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("máy này không cho gắn ổ đĩa")
    try:
        process = launch(small / "var", free_port())
        printed, _ = process.communicate(timeout=60)
        assert process.returncode == 1
        assert printed.count("\n") == 1
        assert "chỉ còn" in printed
    finally:
        subprocess.run(["umount", small], check=True)


def test_it_runs_on_servers_of_the_operator_s_own(tmp_path: Path, database_url: str, servers, redis) -> None:
    stack = Stack(tmp_path, free_port())
    stack.process = launch(tmp_path, stack.port, DATABASE_URL=database_url, REDIS_URL=servers.redis_url)
    wait_for(stack.is_healthy, "the portal to be healthy", 60)
    assert set(stack.children()) == {"web", "worker", "relay", "beat"}
    with urllib.request.urlopen(f"{stack.base_url}/api/v1/procedures?limit=1") as answer:
        assert b'"total":1016' in answer.read().replace(b" ", b"")
    assert not (tmp_path / "postgres").exists()
    stack.stop()


def test_kill_9_while_the_cluster_is_made_spoils_nothing() -> None:
    with server_folder(in_memory=True) as folder:
        process = launch(folder, free_port())
        wait_for((folder / "postgres.new").exists, "initdb to begin", 30)
        process.kill()
        process.communicate()
        assert not (folder / "postgres").exists()
        stack = Stack(folder, free_port(), is_seeded=False)
        stack.start()
        stack.stop()


def test_restarts_slow_down_and_are_forgotten(tmp_path: Path) -> None:
    from portal.runtime.supervisor import Child, Supervisor

    child = Child("x", ["/bin/false"], tmp_path / "x.log", restarts=5000)
    said: list[str] = []
    supervisor = Supervisor(said.append)
    supervisor.start(child)
    child.process.wait()
    supervisor.tick()
    assert "khởi động lại sau 25.6 giây" in said[0]
    child.started -= 3600
    child.next_start = 0.0
    supervisor.tick()
    assert "khởi động lại sau 0.2 giây" in said[1]


def test_a_machine_without_the_server_is_told_to_bring_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.runtime import postgres

    monkeypatch.setattr(postgres, "POSTGRES_BIN_PATH", tmp_path / "nowhere")
    with pytest.raises(postgres.ServerFailed, match="DATABASE_URL"):
        postgres.EmbeddedPostgres(tmp_path / "postgres", tmp_path / "run").prepare()
    assert not (tmp_path / "postgres").exists()
