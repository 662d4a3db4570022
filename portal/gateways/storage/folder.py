"""Files in a folder of this machine, or one that several machines share."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path


class FolderStorage:
    """One file for each content. A file appears whole or not at all, even when the machine dies."""

    def __init__(self, root: Path):
        self._root = root

    def put(self, content: bytes) -> str:
        """Keep `content` and return its SHA-256 in hex."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(sha256)
        if path.exists():
            path.touch()  # young again: a clean-up that runs just now leaves it
        else:
            _write(path, content)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes with this SHA-256. Raises `FileNotFoundError`."""
        return self._path(sha256).read_bytes()

    def has(self, sha256: str) -> bool:
        """True if the bytes with this SHA-256 are there."""
        return self._path(sha256).exists()

    def older_than(self, instant: datetime) -> Iterator[str]:
        """The SHA-256 of everything kept, or kept again, before `instant`."""
        for path in self._root.glob("??/*"):
            if len(path.name) == 64 and path.stat().st_mtime < instant.timestamp():
                yield path.name

    def delete(self, sha256: str) -> None:
        """Forget the bytes; harmless if they are gone."""
        self._path(sha256).unlink(missing_ok=True)

    def put_part(self, upload: str, offset: int, content: bytes) -> None:
        """Keep a piece of an upload; the same piece again takes its place."""
        _write(self._parts(upload) / f"{offset:015}", content)

    def join_parts(self, upload: str) -> bytes:
        """The pieces of an upload in order."""
        return b"".join(path.read_bytes() for path in sorted(self._parts(upload).glob("[0-9]*")))

    def drop_parts(self, upload: str) -> None:
        """Forget the pieces; harmless if they are gone."""
        shutil.rmtree(self._parts(upload), ignore_errors=True)

    def quarantined(self) -> FolderStorage:
        """A storage of its own for files that nobody may open."""
        return FolderStorage(self._root / "quarantine")

    def _parts(self, upload: str) -> Path:
        return self._root / "parts" / upload

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256


def _write(path: Path, content: bytes) -> None:
    """A file that appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
