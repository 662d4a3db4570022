"""What ways of signing have in common. One file each: `portal/gateways/signer/<way>.py`.

A key is either at hand (a file, a token or an HSM) and signs at once, or it lies with a provider that asks the person
on their phone (remote signing). Certificates are DER; what is signed is RSA PKCS#1 v1.5 or ECDSA over SHA-256.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from portal.base.named import open_named
from portal.gateways.messages import NotConfigured

FOLDER = "portal.gateways.signer"
WAYS = "SIGN_WAYS"


class CannotSign(Exception):
    """The key is not there, or may not be used. The text names no person."""


@dataclass(frozen=True)
class Chain:
    """A certificate and those between it and its root."""

    certificate: bytes
    others: tuple[bytes, ...] = ()


class Answer(StrEnum):
    """What has become of a request to sign."""

    WAITING = "waiting"
    SIGNED = "signed"
    REFUSED = "refused"
    EXPIRED = "expired"
    FAILED = "failed"


@dataclass(frozen=True)
class ToSign:
    """One document of a request: our key of it, the name that the person sees, the SHA-256 to be signed."""

    key: str
    name: str
    digest: bytes


@dataclass(frozen=True)
class Begun:
    """A request that the provider has taken: its key there, and until when the person may confirm."""

    key: str
    expires_at: datetime


@dataclass(frozen=True)
class Outcome:
    """What the provider says of a request; signatures by our keys where it is signed."""

    answer: Answer
    signatures: Mapping[str, bytes] = field(default_factory=dict)


class KeyAtHand(Protocol):
    """Signs at once. `key`: how the key is called there."""

    name: str
    label: str

    def certificate(self, key: str) -> Chain:
        """The certificate. Raises `CannotSign`."""

    def sign(self, key: str, data: bytes) -> bytes:
        """The signature over the SHA-256 of `data`. Raises `CannotSign`."""


class RemoteSigner(Protocol):
    """Has the person confirm on their phone. `key`: the person there."""

    name: str
    label: str

    def certificate(self, key: str) -> Chain:
        """The certificate in force. Raises `CannotSign`, a `SendingError`."""

    def begin(self, key: str, serial: str, documents: Sequence[ToSign], about: str, ours: str) -> Begun:
        """Ask for one confirmation of all `documents`; `ours` is unique. Raises `CannotSign`, a `SendingError`."""

    def poll(self, key: str, begun: str) -> Outcome:
        """What has become of it. Raises a `SendingError`."""


Signer = KeyAtHand | RemoteSigner


def signers_from(env: Mapping[str, str]) -> dict[str, Signer]:
    """The ways that `SIGN_WAYS` names, by name. Raises `NotConfigured`."""
    names = [name.strip() for name in env.get(WAYS, "").split(",") if name.strip()]
    return {name: _open(name, env) for name in names}


def is_remote(signer: Signer) -> bool:
    """True where the person confirms on their phone."""
    return hasattr(signer, "begin")


def _open(name: str, env: Mapping[str, str]) -> Signer:
    module = open_named(FOLDER, name)
    if module is None:
        raise NotConfigured(f"{WAYS}: không có cách ký “{name}”")
    signer: Signer = module.open_signer(env)
    return signer
