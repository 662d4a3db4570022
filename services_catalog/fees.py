"""Fees: what the law sets, for whom, through which channel and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import Field, field_validator, model_validator

from services_catalog.record import Channels, Record, Text
from services_catalog.terms import Channel, FeeKind


class Exemption(Record):
    """People who pay less: `percent_off` of 100 is free. `proof` is the paper that shows that they are such people.

    No days: it holds as long as the fee; both days are included.
    """

    who: Text
    percent_off: int = Field(ge=1, le=100)
    legal_basis: Text | None = None
    proof: Text | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """True if the rule is in force on `day`."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


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


@dataclass(frozen=True)
class Claim:
    """What an applicant says of the fees: which of those that depend on the case (places in the procedure's list), and
    as whom they pay less (`Exemption.who`).
    """

    fees: tuple[int, ...] = ()
    who: str = ""


@dataclass(frozen=True)
class FeeLine:
    """One line of what is to be paid, in whole đồng. `because`: why `amount_vnd` is less than `full_vnd`."""

    label: str
    full_vnd: int
    amount_vnd: int
    kind: FeeKind | None = None
    because: str = ""


def groups(fees: Sequence[Fee], day: date, channel: Channel) -> list[list[tuple[int, Fee]]]:
    """The fees that are due, by kind, each with its place in the list: of each kind one is to be paid."""
    due = fees_due(fees, day, channel)
    places = [(place, fee) for place, fee in enumerate(fees) if fee in due]
    kinds = dict.fromkeys(fee.kind for _, fee in places)
    return [[(place, fee) for place, fee in places if fee.kind is kind] for kind in kinds]


def exemptions(fees: Sequence[Fee], day: date, channel: Channel) -> list[Exemption]:
    """The people who pay less for something that is due, each once."""
    found = {one.who: one for fee in fees_due(fees, day, channel) for one in fee.exemptions if one.holds_on(day)}
    return list(found.values())


def assess(fees: Sequence[Fee], claim: Claim, day: date, channel: Channel) -> list[FeeLine] | None:
    """What is to be paid, line by line; None where it depends on the case and the claim does not say which it is."""
    lines = []
    for group in groups(fees, day, channel):
        certain = group[0][1] if len(group) == 1 and not group[0][1].applies_to else None
        fee = certain or next((fee for place, fee in group if place in claim.fees), None)
        if fee is None:
            return None
        lines.append(_line(fee, claim.who, day))
    return lines


def _line(fee: Fee, who: str, day: date) -> FeeLine:
    exemption = next((one for one in fee.exemptions if one.who == who and one.holds_on(day)), None)
    label = fee.applies_to or ("Phí" if fee.kind is FeeKind.FEE else "Lệ phí")
    return FeeLine(label, fee.amount_vnd, fee.amount_for(exemption), fee.kind, exemption.who if exemption else "")


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
