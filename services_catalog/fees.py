"""Fees: what the law sets, for whom, through which channel and when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pydantic import Field, field_validator, model_validator

from services_catalog.record import Channels, Record, Text
from services_catalog.terms import Channel, FeeKind


class Exemption(Record):
    """People who pay less: `percent_off` of 100 is free."""

    who: Text
    percent_off: int = Field(ge=1, le=100)
    legal_basis: Text | None = None


class Fee(Record):
    """One amount, in đồng. Several fees mean that the amount depends on the case.

    No channels: it holds for all of them. No days: it holds always; both days are included.
    """

    amount_vnd: int = Field(ge=0, le=10**12)
    kind: FeeKind | None = None
    applies_to: Text | None = None
    channels: Channels = ()
    valid_from: date | None = None
    valid_to: date | None = None
    exemptions: tuple[Exemption, ...] = ()

    @field_validator("amount_vnd")
    @classmethod
    def _is_not_in_thousands(cls, value: int) -> int:
        if 0 < value < 1000:
            raise ValueError("Số tiền tính bằng đồng: 0, hoặc từ 1.000 trở lên.")
        return value

    @model_validator(mode="after")
    def _days_are_in_order(self) -> Fee:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("Ngày hết hiệu lực phải sau ngày có hiệu lực.")
        return self

    def holds_on(self, day: date) -> bool:
        """True if the rule is in force on `day`."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def holds_for(self, channel: Channel) -> bool:
        """True if the rule is for applications that come in by `channel`."""
        return not self.channels or channel in self.channels

    def amount_for(self, exemption: Exemption | None) -> int:
        """What is to be paid, in whole đồng; half a đồng is dropped in favour of the payer."""
        return self.amount_vnd if exemption is None else self.amount_vnd * (100 - exemption.percent_off) // 100


def fees_due(fees: Iterable[Fee], day: date, channel: Channel | None = None) -> list[Fee]:
    """The rules that hold on `day`, for `channel` or for any.

    Where nothing is said of the channel, what holds for the others is due: no rule is not "free", which is a rule of 0.
    """
    in_force = [fee for fee in fees if fee.holds_on(day)]
    return [fee for fee in in_force if channel is None or fee.holds_for(channel)] or in_force


def contradiction(fees: Iterable[Fee]) -> tuple[int, int] | None:
    """Positions of two rules that set different amounts for the same case, channel and day; None if there are none.

    Rules that do not name their case are left alone: the source lists the amounts of several cases that way.
    """
    listed = list(fees)
    for later, fee in enumerate(listed):
        for earlier, other in enumerate(listed[:later]):
            if fee.applies_to and _same_case(fee, other) and _at_the_same_time(fee, other):
                return earlier, later
    return None


def _same_case(one: Fee, other: Fee) -> bool:
    if (one.kind, one.applies_to) != (other.kind, other.applies_to):
        return False
    return not one.channels or not other.channels or bool(set(one.channels) & set(other.channels))


def _at_the_same_time(one: Fee, other: Fee) -> bool:
    begins, ends = date.min, date.max
    return (one.valid_from or begins) <= (other.valid_to or ends) and (other.valid_from or begins) <= (
        one.valid_to or ends
    )
