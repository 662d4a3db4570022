"""What providers of electronic receipts have in common. One file each: `portal/gateways/receipt/<name>.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from portal.base.named import open_named
from portal.gateways.messages import NotConfigured

FOLDER = "portal.gateways.receipt"


@dataclass(frozen=True)
class ReceiptOrder:
    """A receipt to be issued. `key` is ours: the same key is issued once. Amounts are whole đồng."""

    key: str
    payer: str
    address: str
    on: date
    lines: Sequence[tuple[str, int]]
    total_vnd: int
    in_words: str


class ReceiptProvider(Protocol):
    """Who issues receipts and signs them for the tax office."""

    name: str

    def issue(self, order: ReceiptOrder) -> str:
        """Issue; gives the number there. Raises a `SendingError`; the same key again gives the same number."""

    def cancel(self, key: str) -> None:
        """Cancel. Raises a `SendingError`; twice is harmless."""

    def close(self) -> None:
        """Let go of connections."""


def provider_from(env: Mapping[str, str]) -> ReceiptProvider | None:
    """The provider that `RECEIPT_PROVIDER` names; None where there is none. Raises `NotConfigured`."""
    name = env.get("RECEIPT_PROVIDER", "")
    if not name:
        return None
    module = open_named(FOLDER, name)
    if module is None:
        raise NotConfigured(f"RECEIPT_PROVIDER: không có nhà cung cấp “{name}”")
    provider: ReceiptProvider = module.open_provider(env)
    return provider
