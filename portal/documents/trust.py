"""Whom we trust: root certificates in a folder, and asking authorities whether a certificate still counts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from asn1crypto import pem
from asn1crypto.x509 import Certificate
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.fetchers.api import CertificateFetcher, Fetchers, FetchLimits
from pyhanko_certvalidator.fetchers.requests_fetchers import RequestsFetcherBackend

_SECONDS, _MOST_REQUESTS = 5, 12


@cache
def roots_in(folder: Path) -> tuple[Certificate, ...]:
    """The trusted certificates in a folder (PEM), read once in a process."""
    found: list[Certificate] = []
    for path in sorted(folder.glob("*.pem")):
        for _, _, der in pem.unarmor(path.read_bytes(), multiple=True):
            found.append(Certificate.load(der))
    return tuple(found)


def context(
    roots: Sequence[Certificate], *, is_strict: bool = False, others: Sequence[Certificate] = ()
) -> ValidationContext:
    """How a certificate is judged now: its authority is asked. `is_strict`, for those of our own: no answer is as bad
    as a no, and what a provider left out of a chain is fetched.
    """
    return ValidationContext(
        trust_roots=list(roots), other_certs=list(others), allow_fetching=True,
        revocation_mode="require" if is_strict else "soft-fail",
        fetcher_backend=RequestsFetcherBackend(per_request_timeout=_SECONDS) if is_strict else fetcher(),
    )  # fmt: skip


def fetcher() -> RequestsFetcherBackend:
    """How authorities are asked about certificates in files of strangers."""
    return _AuthoritiesOnly(per_request_timeout=_SECONDS, limits=FetchLimits(max_requests=_MOST_REQUESTS))


class _NoIssuers(CertificateFetcher):
    """Fetches no certificates: their addresses stand in files of strangers, before anybody is trusted. Where it is
    asked whether a certificate still counts stands in certificates whose chain ends at a root of ours.
    """

    async def _none(self) -> AsyncGenerator[Certificate, None]:
        nothing: tuple[Certificate, ...] = ()
        for one in nothing:
            yield one

    def fetch_cert_issuers(self, cert: object) -> AsyncGenerator[Certificate, None]:
        """None."""
        return self._none()

    def fetch_crl_issuers(self, certificate_list: object) -> AsyncGenerator[Certificate, None]:
        """None."""
        return self._none()

    def fetched_certs(self) -> Iterable[Certificate]:
        """None."""
        return ()


class _AuthoritiesOnly(RequestsFetcherBackend):
    def get_fetchers(self) -> Fetchers:
        """Those of the library, but for certificates."""
        return replace(super().get_fetchers(), cert_fetcher=_NoIssuers())
