"""What ways of sending have in common: a message, what may become of it, and how a way is opened by its name.

A gateway is one file: `portal/gateways/<channel>/<name>.py` with `open_gateway(env)`, which reads the variables
that begin with `<CHANNEL>_<NAME>_` and raises `NotConfigured` with the one that is missing or wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from portal.base.named import open_named


class Channel(StrEnum):
    """How a person is reached outside of the portal."""

    ZALO = "zalo"
    SMS = "sms"
    EMAIL = "email"


@dataclass(frozen=True)
class Outgoing:
    """A message to one address. `key` is the same on every try, so that a gateway may drop doubles.

    `to`: a phone as +84…, or an e-mail address. `template` and `params` are for gateways that send by template.
    """

    key: str
    to: str
    text: str
    subject: str = ""
    template: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Accepted:
    """The gateway has taken the message. `cost_vnd` is None where it does not say."""

    provider_id: str
    cost_vnd: int | None = None


class Fate(StrEnum):
    """What a gateway knows of a message."""

    UNKNOWN = "unknown"  # it cannot say
    ABSENT = "absent"  # it never came: it may be sent again
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"


class SendingError(Exception):
    """Not sent, or not known to be. `code` is the provider's, and never its text, which may repeat ours."""

    def __init__(self, code: str, after_seconds: float = 0):
        super().__init__(code)
        self.code, self.after_seconds = code, after_seconds


class TryLater(SendingError):
    """Surely not sent; trying again may help, after so many seconds if the provider says."""


class Unclear(SendingError):
    """It may have been sent: ask before trying again."""


class Refused(SendingError):
    """Never by this channel to this person."""


class WrongMessage(SendingError):
    """The text or the template is refused, whoever it goes to: somebody has to look at it."""


class GatewayDown(SendingError):
    """Account, balance, quota: nothing goes through this gateway until somebody does something."""


class NotConfigured(Exception):
    """A variable that the gateway needs is missing or wrong: its name and why."""


class Gateway(Protocol):
    """A way to send. `drops_doubles`: the provider sends a key once, however often it is handed over."""

    name: str
    drops_doubles: bool

    def send(self, message: Outgoing) -> Accepted:
        """Hand `message` over. Raises a `SendingError`."""

    def find(self, key: str, provider_id: str | None) -> Fate:
        """What became of a message. Raises `TryLater` where the provider does not answer."""

    def close(self) -> None:
        """Let go of connections."""


def open_gateway(channel: Channel, name: str, env: Mapping[str, str]) -> Gateway:
    """The gateway whose file has this name. Raises `NotConfigured`, also where there is no such file."""
    module = open_named(f"portal.gateways.{channel}", name)
    if module is None:
        raise NotConfigured(f"{channel.upper()}_GATEWAYS: không có cổng “{name}”")
    gateway: Gateway = module.open_gateway(env)
    return gateway


def required(env: Mapping[str, str], *names: str) -> list[str]:
    """The values of variables that must be set. Raises `NotConfigured`."""
    for name in names:
        if not env.get(name):
            raise NotConfigured(f"{name}: bắt buộc")
    return [env[name] for name in names]


def address(env: Mapping[str, str], name: str) -> str:
    """A variable that must be the address of a service, without a slash at its end. Raises `NotConfigured`."""
    (url,) = required(env, name)
    if not url.startswith(("http://", "https://")):
        raise NotConfigured(f"{name}: cần địa chỉ dịch vụ, bắt đầu bằng https://")
    return url.rstrip("/")


def as_84(phone: str) -> str:
    """+84912… as 84912…"""
    return phone.removeprefix("+")


def as_0(phone: str) -> str:
    """+84912… as 0912…"""
    return phone.replace("+84", "0", 1)
