"""What every record of the catalogue has in common."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from services_catalog.terms import Audience, Channel
from services_catalog.text import nfc

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]\.[0-9]{6}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
AgencyRef = Annotated[str, StringConstraints(pattern=r"^@?[a-z0-9-]+$")]


def in_order(chosen: tuple[Any, ...]) -> tuple[Any, ...]:
    """Each term once, in the order in which the terms are defined: equal choices are equal values."""
    return tuple(term for term in type(chosen[0]) if term in chosen) if chosen else ()


Channels = Annotated[tuple[Channel, ...], AfterValidator(in_order)]
Audiences = Annotated[tuple[Audience, ...], AfterValidator(in_order)]


class Record(BaseModel):
    """Base of all catalogue records: unknown keys are mistakes, text is NFC, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _normalise(cls, value: object) -> object:
        return nfc(value) if isinstance(value, str) else value


def mistake_at(field: str, sentence: str) -> PydanticCustomError:
    """For a validator of a whole record: an error that belongs to one of its fields."""
    return PydanticCustomError("rule", "{sentence}", {"sentence": sentence, "field": field})
