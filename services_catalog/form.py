"""E-forms (tờ khai) as data: steps of questions."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, model_validator

from services_catalog.conditions import ConditionText, condition
from services_catalog.record import Key, Record, Text

# Between the name of a question and the part of it that one input is for: "members__0__name".
PART = "__"
DECLARATION = "Tôi cam đoan nội dung khai trên là đúng sự thật và chịu trách nhiệm trước pháp luật."


class FormField(Record):
    """One question of an e-form; `kind` names a class in `services_catalog.fields`.

    `group`: questions in a row with the same one stand under it. `when`: it is asked only where this holds.
    `fields` are the questions of a row; `minimum` and `maximum` then count rows, for files the files, for a number
    they bound it. `compute`: how the value follows from others (`services_catalog.computed`). `prefill`: what of the
    person it is, so that it is known the next time.
    """

    name: Key
    label: Text
    kind: Key
    group: Text | None = None
    required: bool = True
    when: ConditionText | None = None
    help: Text | None = None
    example: Text | None = None
    default: str | None = None
    prefill: Key | None = None
    options: dict[Key, Text] = {}
    minimum: int | None = None
    maximum: int | None = None
    unit: Text | None = None
    past: bool = False
    compute: Text | None = None
    fields: tuple[FormField, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> FormField:
        if PART in self.name or self.name.endswith("_"):
            raise ValueError(f"Tên câu hỏi không có hai gạch dưới liền nhau: {self.name}.")
        if bool(self.fields) != (self.kind == "rows"):
            raise ValueError(f"Câu hỏi {self.name}: chỉ bảng nhiều dòng mới có câu hỏi con, và phải có.")
        if any(child.kind in ("rows", "file", "computed") for child in self.fields):
            raise ValueError(f"Bảng {self.name}: trong một dòng không đặt được bảng, tệp hay mục máy tính.")
        if bool(self.compute) != (self.kind == "computed"):
            raise ValueError(f"Câu hỏi {self.name}: chỉ mục máy tính mới có cách tính, và phải có.")
        return self


class FormStep(Record):
    """One page of an e-form. An optional step may be left wholly empty; with `when` it is left out unless it holds."""

    key: Key
    title: Text
    help: Text | None = None
    optional: bool = False
    when: ConditionText | None = None
    fields: tuple[FormField, ...] = Field(min_length=1)


class Check(Record):
    """Something to ask oneself before beginning; `advice` is for those whose answer is not `expected` (yes)."""

    question: Text
    advice: Text
    expected: bool = True


class Form(Record):
    """A tờ khai as data. `source`: the act whose form it follows, still to be compared with its text."""

    title: Text
    source: Text | None = None
    checks: tuple[Check, ...] = ()
    declaration: Text = DECLARATION
    steps: tuple[FormStep, ...] = Field(min_length=1)

    def questions(self) -> Iterator[FormField]:
        """Every question, in order."""
        for step in self.steps:
            yield from step.fields

    @model_validator(mode="after")
    def _names_are_unique(self) -> Form:
        names = [field.name for field in self.questions()]
        if doubled := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"Tên câu hỏi bị trùng: {', '.join(sorted(doubled))}.")
        if missing := {"requester_name", "requester_phone"} - set(names):
            raise ValueError(f"Tờ khai nào cũng phải hỏi: {', '.join(sorted(missing))}.")
        keys = [step.key for step in self.steps]
        if len(set(keys)) != len(keys):
            raise ValueError("Mã của các phần phải khác nhau.")
        return self

    @model_validator(mode="after")
    def _conditions_ask_for_what_came_before(self) -> Form:
        known: set[str] = set()
        for step in self.steps:
            if step.when and condition(step.when).field not in known:
                raise ValueError(f"Phần {step.key}: điều kiện hỏi mục chưa có ở phần trước.")
            for field in step.fields:
                if field.when and condition(field.when).field not in known:
                    raise ValueError(f"Câu hỏi {field.name}: điều kiện hỏi mục chưa có ở trước.")
                known.add(field.name)
        return self
