"""The rows of the form editor: texts become the document of a step, and back. What is right is decided in the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, FieldList, Form, FormField, StringField, TextAreaField

from portal.web.catalog.forms import change_rows
from services_catalog.text import fold, nfc


class QuestionRow(Form):
    """A question. Options are lines "khóa | nhãn"; questions of a table are lines "nhãn | loại | bắt buộc"."""

    name = StringField()
    label = TextAreaField("Câu hỏi")
    kind = StringField("Loại")
    required = BooleanField("Bắt buộc")
    help = StringField("Giải thích")
    example = StringField("Ví dụ")
    options = TextAreaField("Các lựa chọn")
    rows = TextAreaField("Các cột của bảng")
    group = StringField("Nhóm")
    when = StringField("Chỉ hỏi khi")
    minimum = StringField("Nhỏ nhất, ít nhất")
    maximum = StringField("Lớn nhất, nhiều nhất")
    unit = StringField("Đơn vị")
    default = StringField("Điền sẵn")
    compute = StringField("Cách tính")


class StepForm(FlaskForm):
    """A step with its questions."""

    title = StringField("Tên phần")
    help = StringField("Giải thích")
    optional = BooleanField("Được bỏ trống cả phần")
    when = StringField("Chỉ có phần này khi")
    questions = FieldList(FormField(QuestionRow))

    def change_rows(self, command: tuple[str, str]) -> None:
        """Add a question, take one out, or move one up."""
        what, target = command
        change_rows(self.questions, what, target.rpartition("-")[2], {"required": True, "kind": "text"})


_TEXTS = ("kind", "help", "example", "group", "when", "minimum", "maximum", "unit", "default", "compute")


def empty_step(taken: set[str]) -> dict[str, Any]:
    """A new step with one question."""
    key = next(f"phan-{n}" for n in range(1, 1000) if f"phan-{n}" not in taken)
    question = {"name": f"{key.replace('-', '_')}_1", "label": "Câu hỏi mới", "kind": "text"}
    return {"key": key, "title": "Phần mới", "fields": [question]}


def step_form(step: Mapping[str, Any]) -> StepForm:
    """The page as the request filled it in, else with what the step says."""
    shown = {name: step.get(name) for name in ("title", "help", "when")}
    return StepForm(data={**shown, "optional": step.get("optional", False),
                          "questions": [_shown(question) for question in step["fields"]]})  # fmt: skip


def step_document(page: StepForm, old: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, as a step to be checked. What the page does not show of a question stays as it was."""
    known = {question["name"]: question for question in old["fields"]}
    taken = {row["name"] for row in page.questions.data if row["name"]}
    fields = [_question(row, known, taken) for row in page.questions.data if nfc(row["label"] or "")]
    step = {"key": old["key"], "title": nfc(page.title.data or ""), "optional": page.optional.data, "fields": fields}
    more = {"help": nfc(page.help.data or ""), "when": nfc(page.when.data or "")}
    return step | {name: text for name, text in more.items() if text}


def _shown(question: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: question.get(name) for name in ("name", "label", *_TEXTS)}
    options = question.get("options", {})
    return row | {
        "required": question.get("required", True),
        "options": "\n".join(f"{key} | {label}" for key, label in options.items()),
        "rows": "\n".join(_column_line(child) for child in question.get("fields", ())),
    }


def _column_line(child: Mapping[str, Any]) -> str:
    return f"{child['label']} | {child['kind']} | {'bắt buộc' if child.get('required', True) else 'không'}"


def _question(row: Mapping[str, Any], known: Mapping[str, Any], taken: set[str]) -> dict[str, Any]:
    old = known.get(row["name"], {})
    question = {name: value for name, value in old.items() if name not in (*_TEXTS, "options", "fields", "required")}
    question |= {"name": row["name"] or _new_name(nfc(row["label"]), taken), "label": nfc(row["label"]),
                 "required": bool(row["required"])}  # fmt: skip
    question |= {name: text for name in _TEXTS if (text := nfc(row[name] or ""))}
    if options := dict(_option(line, number) for number, line in enumerate(_lines(row["options"]), 1)):
        question["options"] = options
    if question.get("kind") == "rows":
        question["fields"] = _columns(row["rows"], old.get("fields", ()))
    return question


def _columns(text: str | None, old: Any) -> list[dict[str, Any]]:
    """The columns of a table; one whose label stays keeps what the line does not say."""
    known = {child["label"]: child for child in old}
    taken = {child["name"] for child in old}
    found = []
    for line in _lines(text):
        label, kind, needed = [part.strip() for part in [*line.split("|", 2), "", ""][:3]]
        kept = known.get(label, {})
        found.append({**kept, "name": kept.get("name") or _new_name(label, taken), "label": label,
                      "kind": kind or "text", "required": fold(needed) != "khong"})  # fmt: skip
    return found


def _option(line: str, number: int) -> tuple[str, str]:
    key, bar, label = (part.strip() for part in line.partition("|"))
    return (key, label) if bar else (f"o{number}", key)


def _lines(text: str | None) -> list[str]:
    return [nfc(line) for line in (text or "").splitlines() if nfc(line)]


def _new_name(label: str, taken: set[str]) -> str:
    """A name for the answers of a new question, from its words."""
    words = "".join(letter if letter.isalnum() and letter.isascii() else " " for letter in fold(label)).split()
    base = "_".join(words)[:40].strip("_") or "muc"
    name = next(name for n in range(1, 1000) if (name := base if n == 1 else f"{base}_{n}") not in taken)
    taken.add(name)
    return name
