"""What stands in where a procedure has nothing of its own: marked as a default wherever it is shown."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from services_catalog.model import Procedure
from services_catalog.record import Channels, Key, Record, Text
from services_catalog.terms import Channel

Level = Literal["province", "commune"]


class DefaultTime(Record):
    """Working hours to plan with where the source has no time limit. No sector: any. No level: any."""

    hours: int = Field(gt=0)
    sector: Key | None = None
    level: Level | None = None


class Defaults(Record):
    """The shipped defaults; of `times` the first that fits counts."""

    times: tuple[DefaultTime, ...] = ()
    # What people are told about a fee that the source does not have.
    fee_notice: Text
    return_channels: Channels = Field(min_length=1)
    # Calendar days in which the applicant answers a request for supplements.
    supplement_days: int = Field(gt=0)
    # Calendar days after which people are reminded of a result that they have not fetched.
    remind_days: int = Field(gt=0)
    # Working hours in which an officer answers a question of the applicant.
    answer_hours: int = Field(gt=0)

    def supplement_days_for(self, procedure: Procedure) -> int:
        """Calendar days to answer a request for supplements."""
        return procedure.supplement_days or self.supplement_days

    def hours_for(self, procedure: Procedure) -> int | None:
        """Working hours to plan with, or None if no rule fits."""
        fitting = (
            t for t in self.times if t.sector in (None, procedure.sector) and t.level in (None, level_of(procedure))
        )
        return next((time.hours for time in fitting), None)

    def return_channels_for(self, procedure: Procedure) -> tuple[Channel, ...]:
        """How the result reaches the applicant."""
        return procedure.return_channels or self.return_channels


def level_of(procedure: Procedure) -> Level:
    """Where it is handled: at the commune if any commune takes it."""
    return "commune" if any(name.startswith("@") for name in procedure.agencies) else "province"
