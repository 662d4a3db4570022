"""Looking for malware in files."""

from dataclasses import dataclass
from typing import Protocol


class ScannerDown(Exception):
    """The scanner did not answer; the file has to be looked at later."""


@dataclass(frozen=True)
class Verdict:
    """What a scanner says. `found`: the name of what is in the file, or None."""

    found: str | None = None


class Scanner(Protocol):
    """Looks at the bytes of a file."""

    def scan(self, content: bytes) -> Verdict:
        """What is in the file. Raises `ScannerDown`."""

    def version(self) -> str:
        """What scanner it is, with the age of its signatures. Raises `ScannerDown`."""
