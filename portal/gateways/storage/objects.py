"""Files as objects of S3, or of anything else that fsspec reaches, for more than one machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from fsspec.core import url_to_fs


class ObjectStorage:
    """One object for each content below `url`, such as "s3://bucket/files". Keys come from the environment."""

    def __init__(self, url: str, **options: Any):
        self._url, self._options = url, options

    def put(self, content: bytes) -> str:
        """Keep `content` and return its SHA-256 in hex. Written again where it is there: it is young then."""
        sha256 = hashlib.sha256(content).hexdigest()
        self._files.pipe_file(self._path(sha256), content)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes with this SHA-256. Raises `FileNotFoundError`."""
        content: bytes = self._files.cat_file(self._path(sha256))
        return content

    def has(self, sha256: str) -> bool:
        """True if the bytes with this SHA-256 are there."""
        self._files.invalidate_cache()
        return bool(self._files.exists(self._path(sha256)))

    def older_than(self, instant: datetime) -> Iterator[str]:
        """The SHA-256 of everything kept, or kept again, before `instant`."""
        self._files.invalidate_cache()
        for path, facts in self._files.find(f"{self._root}/content", detail=True).items():
            changed = facts.get("LastModified") or datetime.fromtimestamp(facts["mtime"], UTC)
            if changed < instant:
                yield path.rsplit("/", 1)[1]

    def delete(self, sha256: str) -> None:
        """Forget the bytes; harmless if they are gone."""
        if self.has(sha256):
            self._files.rm_file(self._path(sha256))

    def put_part(self, upload: str, offset: int, content: bytes) -> None:
        """Keep a piece of an upload; the same piece again takes its place."""
        self._files.pipe_file(f"{self._parts(upload)}/{offset:015}", content)

    def join_parts(self, upload: str) -> bytes:
        """The pieces of an upload in order."""
        self._files.invalidate_cache()
        return b"".join(self._files.cat_file(path) for path in sorted(self._files.find(self._parts(upload))))

    def drop_parts(self, upload: str) -> None:
        """Forget the pieces; harmless if they are gone."""
        self._files.invalidate_cache()
        if self._files.exists(self._parts(upload)):
            self._files.rm(self._parts(upload), recursive=True)

    def quarantined(self) -> ObjectStorage:
        """A storage of its own for files that nobody may open."""
        return ObjectStorage(f"{self._url.rstrip('/')}/quarantine", **self._options)

    def _path(self, sha256: str) -> str:
        return f"{self._root}/content/{sha256[:2]}/{sha256}"

    def _parts(self, upload: str) -> str:
        return f"{self._root}/parts/{upload}"

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        """Opened at the first use: a process that was forked has a connection of its own."""
        opened: tuple[Any, str] = url_to_fs(self._url, **self._options)
        return opened

    @property
    def _files(self) -> Any:
        return self._opened[0]

    @property
    def _root(self) -> str:
        return self._opened[1].rstrip("/")
