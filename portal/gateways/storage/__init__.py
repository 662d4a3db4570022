"""Where the bytes of files are kept, named by their SHA-256: a folder, or objects of S3."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol


class Storage(Protocol):
    """Keeps bytes. Putting the same bytes twice is harmless.

    Parts are pieces of a file that is still on its way, named by the upload and by where they begin.
    """

    def put(self, content: bytes) -> str:
        """Keep `content` and return its SHA-256 in hex."""

    def get(self, sha256: str) -> bytes:
        """The bytes with this SHA-256. Raises `FileNotFoundError`."""

    def has(self, sha256: str) -> bool:
        """True if the bytes with this SHA-256 are there."""

    def older_than(self, instant: datetime) -> Iterator[str]:
        """The SHA-256 of everything kept since before `instant`."""

    def delete(self, sha256: str) -> None:
        """Forget the bytes; harmless if they are gone."""

    def put_part(self, upload: str, offset: int, content: bytes) -> None:
        """Keep a piece of an upload; the same piece again takes its place."""

    def join_parts(self, upload: str) -> bytes:
        """The pieces of an upload in order."""

    def drop_parts(self, upload: str) -> None:
        """Forget the pieces; harmless if they are gone."""

    def quarantined(self) -> "Storage":
        """A storage of its own for files that nobody may open."""
