"""What is wrong with a form beyond its shape: kinds that do not exist, values that cannot be computed."""

from __future__ import annotations

from collections.abc import Iterator

from services_catalog import computed
from services_catalog.fields import KINDS
from services_catalog.form import Form

_NEED_OPTIONS = ("choice", "choices")


def form_mistakes(form: Form) -> Iterator[str]:
    """A sentence for each mistake, with the name of its question."""
    kinds = {field.name: field.kind for field in form.questions()}
    rows = {field.name: {child.name: child.kind for child in field.fields} for field in form.questions()}
    for question in form.questions():
        for field in (question, *question.fields):
            if field.kind not in KINDS:
                yield f"{field.name}: không có loại câu hỏi “{field.kind}”."
            if field.kind in _NEED_OPTIONS and not field.options:
                yield f"{field.name}: loại chọn phải có các lựa chọn."
        if question.compute and (mistake := computed.mistake_in(question.compute, kinds, rows)):
            yield f"{question.name}: {mistake}"
