"""A clock that can be set, for real processes: libfaketime reads what a file says."""

from __future__ import annotations

import contextlib
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import libfaketime

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where the kernel shows semaphores
_LIBRARY = Path(libfaketime.__file__).parent / "vendor/libfaketime/src/libfaketime.so.1"


class SettableClock:
    """The wall clock of every process that gets `environment`; the steady clock goes on as it is.

    The library keeps a semaphore that all processes of a family share, made by its first one and gone with it. So
    that no process finds it gone, the first one is a process of this clock's own, which stays until `close`.
    """

    def __init__(self, file: Path):
        self._file = file
        self.set(timedelta())
        self._keeper = subprocess.Popen(["sleep", "infinity"], env=self._alone)
        for part in self._parts:
            while not part.exists() and self._keeper.poll() is None:
                time.sleep(0.01)
            part.chmod(0o666)  # PostgreSQL may run as another user

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to see this clock."""
        number = self._keeper.pid
        return {**self._alone, "FAKETIME_SHARED": f"/faketime_sem_{number} /faketime_shm_{number}"}

    def set(self, ahead: timedelta) -> None:
        """Set it so far ahead of the real time; negative: behind."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{ahead.total_seconds():+.0f}")
        new.chmod(0o644)
        new.replace(self._file)

    def close(self) -> None:
        """End it, once no process uses it any more."""
        self._keeper.kill()
        self._keeper.wait()
        for part in self._parts:
            with contextlib.suppress(FileNotFoundError):
                part.unlink()

    @property
    def _alone(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(_LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    @property
    def _parts(self) -> tuple[Path, Path]:
        number = self._keeper.pid
        return _SHARED_MEMORY / f"sem.faketime_sem_{number}", _SHARED_MEMORY / f"faketime_shm_{number}"
