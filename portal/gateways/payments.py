"""What ways of paying have in common: an order, what became of it, and how a way is opened by its name.

A gateway is one file: `portal/gateways/payment/<name>.py` with `open_gateway(env)`, which reads the variables that
begin with `PAY_<NAME>_` and raises `NotConfigured` with the one that is missing or wrong. What a browser brings back
is never believed: a gateway is heard only in what it has signed, or answers when it is asked.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from portal.base.named import open_named
from portal.gateways.messages import NotConfigured

FOLDER = "portal.gateways.payment"


class Fate(StrEnum):
    """What a gateway says of an order."""

    PAID = "paid"
    PENDING = "pending"
    HELD = "held"  # the payer's bank has taken it, the gateway has not: it is decided there, later
    FAILED = "failed"
    ABSENT = "absent"  # it has never heard of it


class Verdict(StrEnum):
    """What was made of something that was said in the name of a gateway."""

    TAKEN = "taken"
    ALREADY = "already"
    UNKNOWN = "unknown"
    WRONG_AMOUNT = "wrong_amount"
    FORGED = "forged"


class Forged(Exception):
    """It is not signed by the gateway, or was changed on its way."""


class CannotRefund(Exception):
    """The gateway pays nothing back by itself: somebody does."""


@dataclass(frozen=True)
class Order:
    """What is to be paid: `key` is ours and the same for ever, `amount_vnd` whole đồng.

    `facts`: who pays for what, for gateways that want to be told: `portal.cases.paying`.
    """

    key: str
    amount_vnd: int
    info: str
    created_at: datetime
    expires_at: datetime
    ip: str = "127.0.0.1"
    return_url: str = ""
    provider_id: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    lines: Sequence[tuple[str, int]] = ()
    # The key of the agency whose money it is.
    agency: str = ""


@dataclass(frozen=True)
class BankAccount:
    """Where the money of an agency goes. `bank` is its BIN of six digits."""

    bank: str
    number: str
    holder: str


def bank_accounts(env: Mapping[str, str], name: str) -> dict[str, BankAccount]:
    """Accounts by the key of the agency, `*` for all others: `so-noi-vu:970436:0123:SO NOI VU;*:…`.

    Raises `NotConfigured`.
    """
    found = {}
    for part in filter(None, (part.strip() for part in env.get(name, "").split(";"))):
        key, bank, number, holder = [*part.split(":", 3), "", "", ""][:4]
        if not (bank.isdecimal() and len(bank) == 6) or not number.isalnum() or len(number) > 19 or not holder:
            raise NotConfigured(f"{name}: “{part}” cần dạng cơ-quan:BIN sáu số:số tài khoản:tên")
        found[key] = BankAccount(bank, number, holder)
    return found


@dataclass(frozen=True)
class Started:
    """Where the payer goes, or the text of the QR code that they scan."""

    url: str = ""
    qr: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of an order. `amount_vnd` None: the gateway does not say."""

    key: str
    fate: Fate
    amount_vnd: int | None = None
    provider_id: str = ""
    code: str = ""


@dataclass(frozen=True)
class Said:
    """What a gateway, or somebody in its name, sends: by query, or as a body."""

    query: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What the gateway is answered."""

    body: bytes
    kind: str = "application/json"


class PaymentGateway(Protocol):
    """A way to pay. `label` is what payers call it. `by_hand`: nobody can be asked, somebody finds the money in a
    statement.
    """

    name: str
    label: str
    by_hand: bool

    def start(self, order: Order) -> Started:
        """Begin an order. Raises a `SendingError`; beginning it twice is harmless."""

    def find(self, order: Order, now: datetime) -> Outcome:
        """Ask what became of it. Raises a `SendingError`."""

    def refund(self, order: Order, key: str, amount_vnd: int, by: str, now: datetime, *, again: bool) -> str:
        """Pay back; gives the gateway's code. `again`: this very refund was told before, and the answer not understood.

        Raises `CannotRefund`, or a `SendingError`: `Refused` where it never will.
        """

    def read(self, said: Said) -> Outcome:
        """What a notification says. Raises `Forged`."""

    def reply(self, verdict: Verdict, outcome: Outcome | None, now: datetime) -> Reply:
        """The answer to a notification."""

    def returned(self, query: Mapping[str, str]) -> str | None:
        """The key that a browser brings back. It is good for finding the way, and for nothing else."""


def open_gateway(name: str, env: Mapping[str, str]) -> PaymentGateway:
    """The gateway whose file has this name. Raises `NotConfigured`."""
    module = open_named(FOLDER, name)
    if module is None:
        raise NotConfigured(f"PAY_GATEWAYS: không có cổng thanh toán “{name}”")
    gateway: PaymentGateway = module.open_gateway(env)
    return gateway


def gateways_from(env: Mapping[str, str]) -> dict[str, PaymentGateway]:
    """As configured: `PAY_GATEWAYS=vnpay,national,vietqr`, in the order in which payers see them."""
    names = [name.strip() for name in env.get("PAY_GATEWAYS", "").split(",")]
    return {name: open_gateway(name, env) for name in names if name}


def same(one: str, other: str) -> bool:
    """True if two signatures are alike; compared in constant time, whatever letters they have."""
    return hmac.compare_digest(one.lower().encode(), other.lower().encode())
