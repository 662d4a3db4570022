"""A clock that can be set, for real processes: libfaketime reads what a file says."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import libfaketime


class SettableClock:
    """The wall clock of every process that gets `environment`; the steady clock goes on as it is."""

    def __init__(self, file: Path):
        self._file = file
        self.set(timedelta())

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to see this clock."""
        library = Path(libfaketime.__file__).parent / "vendor/libfaketime/src/libfaketime.so.1"
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, ahead: timedelta) -> None:
        """Set it so far ahead of the real time; negative: behind."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{ahead.total_seconds():+.0f}")
        new.chmod(0o644)  # PostgreSQL may run as another user
        new.replace(self._file)
