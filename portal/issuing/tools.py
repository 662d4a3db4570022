"""What signing works with, as the settings name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from asn1crypto.x509 import Certificate as X509

from portal.documents.trust import roots_in
from portal.gateways.signing import Signer, signers_from
from portal.gateways.storage import Storage


@dataclass(frozen=True)
class Tools:
    """Keys, whom we trust, who gives timestamps (empty: nobody), where bytes are kept, the portal's address."""

    signers: Mapping[str, Signer]
    roots: tuple[X509, ...]
    tsa_url: str
    storage: Storage
    base_url: str


def tools_from(env: Mapping[str, str], roots: Path | None, storage: Storage, base_url: str) -> Tools:
    """`SIGN_WAYS` and what each way needs, `SIGN_TSA_URL`. Raises `NotConfigured`."""
    trusted = roots_in(roots) if roots else ()
    return Tools(signers_from(env), trusted, env.get("SIGN_TSA_URL", ""), storage, base_url)
