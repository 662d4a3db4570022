"""The schema of what procedures refer to: agencies, places, what people say, life events, the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from services_catalog.record import Code, Key, Record, Text, mistake_at


class Agency(Record):
    """An agency of the province."""

    key: Key
    name: Text
    kind: Key
    parent: Key | None = None


@dataclass(frozen=True)
class AgencyGroup:
    """Agencies of one kind, one for each commune and ward; procedures name the group and not its members."""

    name: str
    prefix: str
    kind: str
    title: str
    parent: str


AGENCY_GROUPS = (
    AgencyGroup("@communes", "ubnd", "commune", "Ủy ban nhân dân", "ubnd-tinh"),
    AgencyGroup("@commune-police", "cong-an", "commune_police", "Công an", "cong-an-tinh"),
)


class Place(Record):
    """A commune or ward of today, with the statistical codes of the units it was made from."""

    code: Text
    name: Text
    kind: Key
    merged_from: tuple[Text, ...] = ()


class FormerPlace(Record):
    """A district, commune, ward or township of 2021, no longer active."""

    code: Text
    name: Text
    kind: Key
    parent: Text


class AgencyCodes(Record):
    """Electronic identifiers of agencies (QĐ 20/2020/QĐ-TTg)."""

    placeholder: bool
    codes: dict[Key, Annotated[str, StringConstraints(pattern=r"^H37(\.\d{2}){0,3}$")]]


class PhraseSynonym(Record):
    """What people say for words of official names."""

    say: tuple[Text, ...] = Field(min_length=1)
    means: Text


class EverydayNames(Record):
    """A procedure with what people call it."""

    code: Code
    also: tuple[Text, ...] = ()


class Synonyms(Record):
    """How people say it. The order of `procedures` is the order of use, the commonest first."""

    phrases: tuple[PhraseSynonym, ...]
    procedures: tuple[EverydayNames, ...]


class LifeEvent(Record):
    """Something that happens in people's lives, with the procedures it calls for."""

    key: Key
    name: Text
    codes: tuple[Code, ...] = Field(min_length=1)


class OfficeHours(Record):
    """When offices work, in Vietnamese local time; days count from Monday = 0."""

    working_days: tuple[Annotated[int, Field(ge=0, le=6)], ...] = Field(min_length=1)
    sessions: tuple[tuple[time, time], ...] = Field(min_length=1)
    same_day_cutoff: time

    @model_validator(mode="after")
    def _is_a_day(self) -> OfficeHours:
        moments = [moment for session in self.sessions for moment in session]
        if any(moment.tzinfo for moment in (*moments, self.same_day_cutoff)):
            raise mistake_at("sessions", "Giờ làm việc là giờ Việt Nam, không ghi múi giờ.")
        if any(later <= earlier for earlier, later in pairwise(moments)):
            raise mistake_at("sessions", "Các buổi phải nối tiếp nhau: giờ sau phải muộn hơn giờ trước.")
        return self


class DayOverride(Record):
    """A day that the authorities declared off or worked."""

    date: date
    working: bool
    note: Text
