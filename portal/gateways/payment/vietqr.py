"""A transfer to the agency's account by VietQR (NAPAS, EMVCo). The bank's statement shows it: nobody can be asked."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from portal.gateways.messages import NotConfigured, TryLater, required
from portal.gateways.payments import (
    BankAccount,
    CannotRefund,
    Forged,
    Order,
    Outcome,
    Reply,
    Said,
    Started,
    Verdict,
    bank_accounts,
)

# Names of banks by BIN; of others the number is shown.
BANKS = {
    "970436": "Vietcombank", "970415": "VietinBank", "970418": "BIDV", "970405": "Agribank", "970422": "MB",
    "970407": "Techcombank", "970416": "ACB", "970432": "VPBank", "970423": "TPBank", "970403": "Sacombank",
}  # fmt: skip
_NAPAS, _TO_ACCOUNT, _DYNAMIC, _DONG, _VIETNAM = "A000000727", "QRIBFTTA", "12", "704", "VN"


@dataclass
class VietQr:
    """Accounts of agencies, to which payers transfer with the key as purpose."""

    accounts: Mapping[str, BankAccount]
    name: str = "vietqr"
    label: str = "Chuyển khoản bằng mã VietQR"
    by_hand: bool = True

    def account_for(self, agency: str) -> BankAccount:
        """The account of this agency, or the one for all."""
        return self.accounts.get(agency) or self.accounts["*"]

    def bank_name(self, agency: str) -> str:
        """What the bank of that account is called."""
        bank = self.account_for(agency).bank
        return BANKS.get(bank, bank)

    def start(self, order: Order) -> Started:
        """The text of the code."""
        to = self.account_for(order.agency)
        return Started(qr=payload(to.bank, to.number, order.amount_vnd, order.key))

    def find(self, order: Order, now: datetime) -> Outcome:
        """Only the statement of the bank tells."""
        raise TryLater("vietqr statement", 86400)

    def refund(self, order: Order, key: str, amount_vnd: int, by: str, now: datetime, *, again: bool) -> str:
        """Somebody transfers it back."""
        raise CannotRefund

    def read(self, said: Said) -> Outcome:
        """No bank notifies us: whatever comes is forged."""
        raise Forged

    def reply(self, verdict: Verdict, outcome: Outcome | None, now: datetime) -> Reply:
        """Nobody asks."""
        return Reply(b"{}")

    def returned(self, query: Mapping[str, str]) -> str | None:
        """Nobody comes back."""
        return None

    def close(self) -> None:
        """There is no connection."""


def payload(bank: str, account: str, amount_vnd: int, purpose: str) -> str:
    """The text of a QR code for one transfer of `amount_vnd` đồng."""
    to = _field("00", bank) + _field("01", account)
    merchant = _field("00", _NAPAS) + _field("01", to) + _field("02", _TO_ACCOUNT)
    text = "".join((
        _field("00", "01"), _field("01", _DYNAMIC), _field("38", merchant), _field("53", _DONG),
        _field("54", str(amount_vnd)), _field("58", _VIETNAM), _field("62", _field("08", purpose)), "6304",
    ))  # fmt: skip
    return text + crc(text)


def crc(text: str) -> str:
    """CRC-16/CCITT-FALSE in upper hex, as the last field has it."""
    return f"{binascii.crc_hqx(text.encode(), 0xFFFF):04X}"


def _field(number: str, value: str) -> str:
    return f"{number}{len(value):02d}{value}"


def open_gateway(env: Mapping[str, str]) -> VietQr:
    """PAY_VIETQR_ACCOUNTS: `bank_accounts`; one of them is for all others."""
    required(env, "PAY_VIETQR_ACCOUNTS")
    accounts = bank_accounts(env, "PAY_VIETQR_ACCOUNTS")
    if "*" not in accounts:
        raise NotConfigured("PAY_VIETQR_ACCOUNTS: cần một tài khoản “*” cho các cơ quan còn lại")
    return VietQr(accounts)
