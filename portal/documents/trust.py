"""Whom we trust: root certificates in a folder, and asking authorities whether a certificate still counts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from asn1crypto import pem
from asn1crypto.x509 import Certificate
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.fetchers.requests_fetchers import RequestsFetcherBackend

_SECONDS = 5


@cache
def roots_in(folder: Path) -> tuple[Certificate, ...]:
    """The trusted certificates in a folder (PEM), read once in a process."""
    found: list[Certificate] = []
    for path in sorted(folder.glob("*.pem")):
        for _, _, der in pem.unarmor(path.read_bytes(), multiple=True):
            found.append(Certificate.load(der))
    return tuple(found)


def context(roots: Sequence[Certificate], *, is_strict: bool = False, others: Sequence[Certificate] = ()) -> (
    ValidationContext
):  # fmt: skip
    """How a certificate is judged now: its authority is asked. `is_strict`: no answer is as bad as a no."""
    return ValidationContext(
        trust_roots=list(roots), other_certs=list(others), allow_fetching=True,
        revocation_mode="require" if is_strict else "soft-fail",
        fetcher_backend=fetcher(),
    )  # fmt: skip


def fetcher() -> RequestsFetcherBackend:
    """How authorities are asked."""
    return RequestsFetcherBackend(per_request_timeout=_SECONDS)
