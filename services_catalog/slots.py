"""The places of an application for files: the papers of the procedure, and the files that the form asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services_catalog.answers import questions_that_apply
from services_catalog.form import Form, FormField
from services_catalog.model import OTHER_PAPERS, Procedure, RequiredDocument
from services_catalog.text import fold

# Places in one list of numbers: papers from 0, files of the form from here, then whatever else a person adds.
FIRST_OF_FORM = 500
OTHER = 1000
MOST_FILES = 20
_FORM_KEY = "form:"
# Papers that are the blank form itself.
_IS_FORM = re.compile(r"(to khai|giay de nghi|don (de nghi|dang ky|yeu cau|xin)|phieu (yeu cau|khai|de nghi))\b")


@dataclass(frozen=True)
class Slot:
    """One place for files. `key` tells it from the others also when the procedure changes; `most`: files."""

    number: int
    key: str
    name: str
    required: bool = False
    note: str | None = None
    most: int = MOST_FILES
    only_pdf: bool = False


def slots_of(procedure: Procedure, form: Form, values: Mapping[str, Any]) -> list[Slot]:
    """The places for somebody who has answered this, those for everything else last."""
    asked = {field.name for field in questions_that_apply(form, values)}
    of_form = [slot for field, slot in _of_form(form) if field.name in asked]
    papers = [_paper(procedure, number, paper) for number, paper in enumerate(procedure.documents)]
    note = "Nếu bạn muốn gửi thêm giấy tờ không có trong danh sách."
    return [*of_form, *papers, Slot(OTHER, "", OTHER_PAPERS, note=note)]


def slot_name(procedure: Procedure, form: Form, number: int) -> str:
    """The name of the paper at a place."""
    return next((s.name for _, s in _of_form(form) if s.number == number), procedure.paper_name(number))


def slot_key(procedure: Procedure, form: Form, number: int) -> str:
    """The key of a place; empty for papers that no list names."""
    return next((s.key for _, s in _of_form(form) if s.number == number), procedure.paper_key(number))


def place_of(key: str, procedure: Procedure, form: Form) -> int:
    """Where a paper stands in another version: the same one, else one of the same name, else among the others."""
    keys = {slot.key: slot.number for _, slot in _of_form(form)}
    keys |= {procedure.paper_key(number): number for number in range(len(procedure.documents))}
    if key in keys and key:
        return keys[key]
    name = key.split("\n")[0]
    return next((place for place, d in enumerate(procedure.documents) if name and d.name == name), OTHER)


def missing(slots: list[Slot], filled: set[int]) -> list[Slot]:
    """The places that must have a file and have none."""
    return [slot for slot in slots if slot.required and slot.number not in filled]


def _of_form(form: Form) -> Iterator[tuple[FormField, Slot]]:
    files = (field for field in form.questions() if field.kind == "file")
    for number, field in enumerate(files, FIRST_OF_FORM):
        most = field.maximum or MOST_FILES
        yield field, Slot(number, f"{_FORM_KEY}{field.name}", field.label, field.required, field.help, most)


def _paper(procedure: Procedure, number: int, paper: RequiredDocument) -> Slot:
    note = f"Khi: {paper.applies_to}." if paper.applies_to else None
    if _IS_FORM.match(fold(paper.name)):
        note = "Tờ khai điện tử bạn đã điền thay cho giấy này: không cần in, không cần nộp."
        return Slot(number, procedure.paper_key(number), paper.name, note=note, most=paper.most_files or MOST_FILES)
    return Slot(number, procedure.paper_key(number), paper.name, procedure.demands(paper), note,
                paper.most_files or MOST_FILES, paper.only_pdf)  # fmt: skip
