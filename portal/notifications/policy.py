"""When and by which way people are told: quiet hours, limits, order of channels, lanes, merging."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from portal.base.clock import local
from portal.gateways.messages import Channel
from portal.notifications.models import Lane

# The applicant has something to do, and time runs: at any hour, and before everything else.
_URGENT = frozenset({"code", "case.supplement_requested", "case.payment_requested"})
# Told to very many at once.
_BULK = frozenset({"case.clock_shifted"})
_HOURS = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$")


@dataclass(frozen=True)
class Policy:
    """What an installation has chosen. `quiet`: from and until (local time), or None for none."""

    channels: tuple[Channel, ...] = (Channel.ZALO, Channel.SMS, Channel.EMAIL)
    quiet: tuple[time, time] | None = (time(22), time(6))
    most_a_day: int = 20
    merge_within: timedelta = timedelta(minutes=1)
    sms_with_accents: bool = False
    sms_price_vnd: int = 0
    zalo_template: str = ""
    base_url: str = ""
    # How long a receipt is waited for before the next channel is tried; without a next one it is only noted.
    receipts: Mapping[Channel, timedelta] | None = None

    def only(self, channels: Collection[Channel]) -> Policy:
        """The same for an installation that has gateways for these channels alone."""
        return replace(self, channels=tuple(channel for channel in self.channels if channel in channels))

    def receipt_wait(self, channel: str) -> timedelta:
        """How long the receipt of this channel is waited for."""
        return (self.receipts or _RECEIPTS)[Channel(channel)]

    def quiet_until(self, moment: datetime) -> datetime | None:
        """The end of the quiet hours that `moment` lies in, or None."""
        if self.quiet is None:
            return None
        here, (start, end) = local(moment), self.quiet
        is_quiet = start <= here.time() < end if start < end else here.time() >= start or here.time() < end
        if not is_quiet:
            return None
        until = here.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
        return until if until > here else until + timedelta(days=1)


_RECEIPTS = {Channel.ZALO: timedelta(minutes=2), Channel.SMS: timedelta(hours=1), Channel.EMAIL: timedelta(hours=1)}


def policy_from(env: Mapping[str, str]) -> Policy:
    """As configured. Raises `ValueError` with the name of the variable and what is wrong."""
    return Policy(
        channels=_channels(env.get("MESSAGE_CHANNELS") or "zalo,sms,email"),
        quiet=_quiet(env.get("QUIET_HOURS", "22:00-06:00")),
        most_a_day=_number(env, "MESSAGES_A_DAY", 20),
        merge_within=timedelta(seconds=_number(env, "MESSAGE_MERGE_SECONDS", 60)),
        sms_with_accents=env.get("SMS_ACCENTS", "0") == "1",
        sms_price_vnd=_number(env, "SMS_PRICE_VND", 0),
        zalo_template=env.get("ZALO_TEMPLATE", ""),
        receipts={**_RECEIPTS, Channel.ZALO: timedelta(seconds=_number(env, "ZALO_RECEIPT_SECONDS", 120))},
    )


def is_urgent(purpose: str) -> bool:
    """True for what is sent at any hour and not merged with anything."""
    return purpose in _URGENT


def lane_of(purpose: str) -> Lane:
    """The lane of what is told."""
    return Lane.URGENT if purpose in _URGENT else Lane.BULK if purpose in _BULK else Lane.NORMAL


def chosen_channels(policy: Policy, wanted: Sequence[str] | None, addresses: Mapping[Channel, str]) -> list[Channel]:
    """The channels for one person, in order: theirs where they have chosen, those for which there is an address."""
    channels = [Channel(name) for name in wanted if name in set(Channel)] if wanted is not None else policy.channels
    return [channel for channel in channels if channel in policy.channels and addresses.get(channel)]


def _channels(text: str) -> tuple[Channel, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in set(Channel)]:
        raise ValueError(f"MESSAGE_CHANNELS: không có kênh “{unknown[0]}”")
    return tuple(Channel(name) for name in dict.fromkeys(names))


def _quiet(text: str) -> tuple[time, time] | None:
    if not text:
        return None
    found = _HOURS.match(text)
    if not found:
        raise ValueError("QUIET_HOURS: cần dạng 22:00-06:00, hoặc để trống")
    hour, minute, to_hour, to_minute = map(int, found.groups())
    return time(hour, minute), time(to_hour, to_minute)


def _number(env: Mapping[str, str], name: str, usual: int) -> int:
    text = env.get(name) or str(usual)
    if not text.isdecimal():
        raise ValueError(f"{name}: phải là số")
    return int(text)
