"""The internal process of a procedure (quy trình nội bộ): its stages and their working hours."""

from __future__ import annotations

from pydantic import Field, model_validator

from services_catalog.record import Key, Record, Text, mistake_at
from services_catalog.terms import StageAction, StageRole

HOURS_OF_A_DAY = 8
MOST_HOURS = 20_000  # some ten years of office time: more is a slip of the hand


class Stage(Record):
    """One stage. `hours` are working hours; `share` is the part of the total, in percent, where hours are not set."""

    key: Key
    label: Text
    role: StageRole
    does: StageAction
    hours: int | None = Field(None, gt=0, le=MOST_HOURS)
    share: int | None = Field(None, ge=0, le=100)


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
    return None


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
