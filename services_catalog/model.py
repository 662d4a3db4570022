"""The schema of the catalogue. Files, imports and edits in the browser obey these classes."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from services_catalog.text import nfc, short_name

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(pattern=r"^\d\.\d{6}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class Record(BaseModel):
    """Base of all catalogue records: unknown keys are mistakes, text is NFC, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _normalise(cls, value: object) -> object:
        return nfc(value) if isinstance(value, str) else value


class Audience(StrEnum):
    """Who a procedure is for."""

    CITIZEN = "citizen"
    OVERSEAS_VIETNAMESE = "overseas_vietnamese"
    FOREIGNER = "foreigner"
    OFFICIAL = "official"
    ENTERPRISE = "enterprise"
    COOPERATIVE = "cooperative"
    ORGANIZATION = "organization"
    FOREIGN_ORGANIZATION = "foreign_organization"


class Channel(StrEnum):
    """How an application may reach the agency."""

    ONLINE = "online"
    DESK = "desk"
    POST = "post"


class TimeUnit(StrEnum):
    """Units of a statutory time limit: `ngày` is not `ngày làm việc`."""

    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    DAYS = "days"
    MONTHS = "months"


class TimeLimit(Record):
    """Statutory handling time, counted from acceptance. No channels: it holds for all of them."""

    value: int = Field(gt=0)
    unit: TimeUnit
    channels: tuple[Channel, ...] = ()


class Fee(Record):
    """One amount the law sets, in đồng. Several fees mean that the amount depends on the case."""

    amount_vnd: int = Field(ge=1000)
    channels: tuple[Channel, ...] = ()


class RequiredDocument(Record):
    """A paper that the applicant hands in."""

    name: Text
    applies_to: Text | None = None
    originals: int = Field(0, ge=0)
    copies: int = Field(0, ge=0)
    required: bool = True
    form_file: Text | None = None

    @property
    def is_for_everyone(self) -> bool:
        """False for a paper that only some applicants need."""
        return self.required and self.applies_to is None


class Procedure(Record):
    """A thủ tục hành chính. A value that the source lacks is absent, never guessed."""

    code: Code
    name: Text
    sector: Key
    ministry: Text
    agencies: tuple[Annotated[str, StringConstraints(pattern=r"^@?[a-z0-9-]+$")], ...] = Field(min_length=1)
    audiences: tuple[Audience, ...] = ()
    decision_no: Text | None = None
    channels: tuple[Channel, ...] = ()
    time_limits: tuple[TimeLimit, ...] = ()
    fees: tuple[Fee, ...] = ()
    documents: tuple[RequiredDocument, ...] = ()
    # The list of papers was checked by a person. The national list mixes cases, so nothing of it is demanded before.
    papers_reviewed: bool = False
    results: tuple[Text, ...] = ()
    legal_basis: tuple[Text, ...] = ()
    official_page: Annotated[str, StringConstraints(pattern=r"^https://")] | None = None
    form: Key = "general-request"
    workflow: Key = "standard"
    result_paper: Key = "decision"

    @property
    def short_name(self) -> str:
        """The name without the leading "Thủ tục", as people say it."""
        return short_name(self.name)

    def demands(self, document: RequiredDocument) -> bool:
        """True if nobody can apply without this paper."""
        return self.papers_reviewed and document.is_for_everyone

    def time_limit_for(self, channel: Channel) -> TimeLimit | None:
        """The longest limit that holds for `channel`, or None where the source has none.

        Several limits mean that the law has cases; the longest is the one never promised too early.
        """
        limits = [limit for limit in self.time_limits if not limit.channels or channel in limit.channels]
        return max(limits, key=_rough_hours) if limits else None


def _rough_hours(limit: TimeLimit) -> int:
    hours = {TimeUnit.WORKING_HOURS: 1, TimeUnit.WORKING_DAYS: 8, TimeUnit.DAYS: 6, TimeUnit.MONTHS: 180}
    return limit.value * hours[limit.unit]


class FormField(Record):
    """One question of an e-form; `kind` names a class in `services_catalog.fields`."""

    name: Key
    label: Text
    kind: Key
    required: bool = True
    help: Text | None = None
    example: Text | None = None
    default: str | None = None
    prefill: Key | None = None
    options: dict[Key, Text] = {}
    minimum: int | None = None
    maximum: int | None = None
    past: bool = False


class FormStep(Record):
    """One page of an e-form. An optional step may be left wholly empty."""

    key: Key
    title: Text
    help: Text | None = None
    optional: bool = False
    fields: tuple[FormField, ...] = Field(min_length=1)


class Form(Record):
    """A tờ khai as data."""

    title: Text
    steps: tuple[FormStep, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Form:
        names = [field.name for step in self.steps for field in step.fields]
        if doubled := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"fields named twice: {', '.join(sorted(doubled))}")
        if missing := {"requester_name", "requester_phone"} - set(names):
            raise ValueError(f"every form asks for {', '.join(sorted(missing))}")
        return self


HOURS_OF_A_DAY = 8


class StageAction(StrEnum):
    """What the holder of a stage does to finish it."""

    RECEIVE = "receive"
    PROPOSE = "propose"
    ENDORSE = "endorse"
    APPROVE = "approve"
    ISSUE = "issue"


class Stage(Record):
    """One stage of the internal process; `hours` are working hours."""

    key: Key
    label: Text
    role: Key
    does: StageAction
    hours: int | None = Field(None, gt=0)


class Workflow(Record):
    """The internal process of a procedure (quy trình nội bộ).

    `sample` marks a process that the province has not approved. `promised_hours` is the total in
    working hours that the receipt promises; where it is absent the statutory limit is promised.
    """

    title: Text
    sample: bool = False
    promised_hours: int | None = Field(None, gt=0)
    stages: tuple[Stage, ...]

    @property
    def is_same_day(self) -> bool:
        """True if the promise is one working day: due today, or the next working day after the cut-off."""
        return self.promised_hours is not None and self.promised_hours <= HOURS_OF_A_DAY

    @model_validator(mode="after")
    def _is_a_way_from_desk_to_result(self) -> Workflow:
        does = [stage.does for stage in self.stages]
        if not does or does[0] is not StageAction.RECEIVE or does[-1] is not StageAction.ISSUE:
            raise ValueError("stages must begin with 'receive' and end with 'issue'")
        if StageAction.APPROVE not in does or StageAction.PROPOSE not in does:
            raise ValueError("stages must contain 'propose' and 'approve'")
        if len({stage.key for stage in self.stages}) != len(self.stages):
            raise ValueError("stage keys must differ")
        hours = [stage.hours for stage in self.stages]
        if self.promised_hours is not None and (None in hours or sum(h or 0 for h in hours) != self.promised_hours):
            raise ValueError("the hours of the stages must add up to promised_hours")
        return self
