"""The internal process of a procedure (quy trình nội bộ): its stages and their working hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from services_catalog.conditions import ConditionText, condition, holds
from services_catalog.record import AgencyRef, Key, Record, Text, in_order, mistake_at
from services_catalog.terms import StageAction, StageOption, StageRole

HOURS_OF_A_DAY = 8
MOST_HOURS = 20_000  # some ten years of office time: more is a slip of the hand
PARENT_AGENCY = "@parent"
# What a condition may ask for beside the questions of the form: the proposal, and how the case was filed.
FACTS = frozenset({"outcome", "channel"})


class Stage(Record):
    """One stage. `hours` are working hours; `share` is the part of the total, in percent, where hours are not set.

    `agency`: whose people hold it, where it is not the agency of the case: another one's key, or `PARENT_AGENCY`.
    `when`: the stage is left out unless this holds: "field = value, other value", or with "!=".
    `automatic`: the machine finishes it; for the number of the result alone.
    `options`: what its holder may do beside finishing it; None: everything where it proposes, else nothing.
    """

    key: Key
    label: Text
    role: StageRole
    does: StageAction
    hours: int | None = Field(None, gt=0, le=MOST_HOURS)
    share: int | None = Field(None, ge=0, le=100)
    agency: AgencyRef | None = None
    when: ConditionText | None = None
    automatic: bool = False
    options: Annotated[tuple[StageOption, ...], Field(min_length=1), AfterValidator(in_order)] | None = None

    def allows(self, option: StageOption) -> bool:
        """True if its holder may do this beside finishing it."""
        return self.does is StageAction.PROPOSE if self.options is None else option in self.options

    def applies(self, facts: Mapping[str, Any]) -> bool:
        """True if a case with these facts passes through this stage. A fact that is not there is empty."""
        return holds(self.when, facts)

    @property
    def asks_for(self) -> str | None:
        """The fact that the condition asks for."""
        return condition(self.when).field if self.when else None


class Workflow(Record):
    """The stages from desk to result.

    `sample` marks a process that the province has not approved. `promised_hours` is the total in
    working hours that the receipt promises; where it is absent the statutory limit is promised.
    """

    title: Text
    sample: bool = False
    promised_hours: int | None = Field(None, gt=0, le=MOST_HOURS)
    stages: tuple[Stage, ...]

    @property
    def is_same_day(self) -> bool:
        """True if the promise is one working day: due today, or the next working day after the cut-off."""
        return self.promised_hours is not None and self.promised_hours <= HOURS_OF_A_DAY

    @property
    def total_hours(self) -> int | None:
        """The working hours of all stages, or None if one has none."""
        hours = [stage.hours for stage in self.stages]
        return None if None in hours else sum(hour or 0 for hour in hours)

    @model_validator(mode="after")
    def _is_a_way_from_desk_to_result(self) -> Workflow:
        if mistake := mistake_in(self.stages):
            raise mistake_at("stages", mistake)
        if self.promised_hours is not None and self.total_hours not in (None, self.promised_hours):
            sentence = f"Tổng giờ của các bước là {self.total_hours}, phải bằng {self.promised_hours} giờ đã hẹn."
            raise mistake_at("stages", sentence)
        return self


def mistake_in(stages: tuple[Stage, ...]) -> str | None:
    """What keeps these stages from being a way from the desk to the result, or None."""
    does = [stage.does for stage in stages]
    if not does or does[0] is not StageAction.RECEIVE or does[-1] is not StageAction.ISSUE:
        return "Bước đầu phải là tiếp nhận và bước cuối phải là phát hành kết quả."
    if StageAction.APPROVE not in does or StageAction.PROPOSE not in does:
        return "Các bước phải có thụ lý (đề xuất) và phê duyệt."
    if does.index(StageAction.PROPOSE) > does.index(StageAction.APPROVE):
        return "Bước thụ lý phải đứng trước bước phê duyệt."
    if any(action is StageAction.RECEIVE for action in does[1:]) or StageAction.ISSUE in does[:-1]:
        return "Chỉ có một bước tiếp nhận ở đầu và một bước phát hành ở cuối."
    if does[1] is not StageAction.PROPOSE:
        return "Ngay sau tiếp nhận phải là bước thụ lý."
    if len({stage.key for stage in stages}) != len(stages):
        return "Mã của các bước phải khác nhau."
    return _mistake_in_options(stages)


def _mistake_in_options(stages: tuple[Stage, ...]) -> str | None:
    """Every case must reach the end, whatever its answers."""
    always = {stage.does for stage in stages if stage.when is None}
    if missing := _NEEDED - always:
        return f"Bước {_NEEDED_NAMES[min(missing)]} không được có điều kiện, vì hồ sơ nào cũng phải qua."
    if stages[1].when is not None:
        return "Bước ngay sau tiếp nhận không được có điều kiện."
    does = [stage.does for stage in stages]
    if StageAction.PROPOSE in does[does.index(StageAction.APPROVE) :]:
        return "Sau bước phê duyệt không được có bước thụ lý: điều đã duyệt không sửa nữa."
    if any(stage.automatic and stage.does is not StageAction.ISSUE for stage in stages):
        return "Chỉ bước cấp số, phát hành mới để máy làm được."
    if stages[0].agency is not None:
        return "Bước tiếp nhận thuộc cơ quan nhận hồ sơ."
    return None


_NEEDED = frozenset({StageAction.RECEIVE, StageAction.PROPOSE, StageAction.APPROVE, StageAction.ISSUE})
_NEEDED_NAMES = {
    StageAction.RECEIVE: "tiếp nhận",
    StageAction.PROPOSE: "thụ lý",
    StageAction.APPROVE: "phê duyệt",
    StageAction.ISSUE: "cấp số, phát hành",
}


def spread(workflow: Workflow, total: int) -> Workflow:
    """The workflow with `total` working hours divided over its stages, an hour at least for each.

    Divided by their shares, or by the hours they have; the hours left by rounding go to the largest. Where a
    stage has neither, or there is less than an hour a stage, no stage has hours.
    """
    stages = workflow.stages
    weights = [stage.share if stage.share is not None else stage.hours for stage in stages]
    if None in weights or total < len(stages):
        return workflow.model_copy(update={"stages": tuple(s.model_copy(update={"hours": None}) for s in stages)})
    parts = [weight or 0 for weight in weights]
    hours = [max(1, total * part // (sum(parts) or 1)) for part in parts]
    while (over := sum(hours) - total) != 0:
        largest = max(range(len(hours)), key=lambda position: hours[position])
        hours[largest] -= min(over, hours[largest] - 1) if over > 0 else over
    filled = tuple(s.model_copy(update={"hours": h}) for s, h in zip(stages, hours, strict=True))
    return workflow.model_copy(update={"stages": filled})
