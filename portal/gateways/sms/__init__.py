"""Sending SMS. The file name of a gateway is the value of `SMS_PROVIDER`."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Sms:
    """A message to one phone. `request_id` is the same on every try, so that a gateway may drop doubles."""

    request_id: str
    phone: str
    text: str


class SmsFailed(Exception):
    """Not sent this time; trying again may help."""


class SmsRejected(Exception):
    """Will never be sent: the number or the text is refused."""


class SmsGateway(Protocol):
    """A way to send SMS."""

    def send(self, sms: Sms) -> None:
        """Hand `sms` to the provider. Raises `SmsFailed` or `SmsRejected`."""
