"""The editor's form. What is right is decided in `services_catalog.model` alone; here texts become a document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, FieldList, Form, FormField, StringField, TextAreaField

from services_catalog.diff import FIELD_NAMES
from services_catalog.mistakes import FieldMistake
from services_catalog.model import Procedure
from services_catalog.text import nfc


class Several(Field):
    """Any number of the choices that the template offers."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep all that were ticked."""
        self.data = valuelist

    def process_data(self, value: Any) -> None:
        """Texts, whatever comes in."""
        self.data = [str(item) for item in value or ()]


class AgencyRow(Form):
    """An agency or group that handles the procedure."""

    agency = StringField("Cơ quan")


class LevelRow(Form):
    """An agency at which the procedure goes online otherwise than elsewhere."""

    agency = StringField("Cơ quan")
    level = StringField("Mức trực tuyến")


class TimeLimitRow(Form):
    """A time limit."""

    value = StringField("Số")
    unit = StringField("Đơn vị")
    channels = Several("Chỉ khi nộp")


class FeeRow(Form):
    """A fee rule; each exemption is a line of `_EXEMPTION`, with bars between."""

    amount_vnd = StringField("Số tiền (đồng)")
    kind = StringField("Loại")
    applies_to = StringField("Trường hợp")
    channels = Several("Chỉ khi nộp")
    valid_from = StringField("Từ ngày")
    valid_to = StringField("Đến hết ngày")
    exemptions = TextAreaField("Miễn, giảm")


class DocumentRow(Form):
    """A paper."""

    name = TextAreaField("Tên giấy tờ")
    applies_to = StringField("Chỉ khi")
    originals = StringField("Bản chính")
    copies = StringField("Bản sao")
    required = BooleanField("Bắt buộc")
    form_file = StringField("Tên mẫu đơn")
    most_files = StringField("Nhiều nhất bao nhiêu tệp")
    only_pdf = BooleanField("Chỉ nhận tệp PDF")


class StageRow(Form):
    """A stage of the internal process."""

    key = StringField()
    label = StringField("Tên bước")
    role = StringField("Người làm")
    does = StringField("Việc")
    hours = StringField("Giờ làm việc")
    share = StringField()
    agency = StringField("Cơ quan làm")
    when = StringField("Chỉ khi")
    automatic = BooleanField("Máy làm (chỉ bước cấp số)")
    options = Several("Được làm thêm")


class ProcedureForm(FlaskForm):
    """Everything an editor may change."""

    name = TextAreaField("Tên thủ tục")
    sector = StringField("Lĩnh vực")
    ministry = StringField("Bộ quản lý")
    decision_no = StringField("Quyết định công bố")
    official_page = StringField("Trang trên Cổng quốc gia")
    audiences = Several("Đối tượng")
    channels = Several("Cách nộp")
    return_channels = Several("Cách trả kết quả")
    service_level = StringField("Mức trực tuyến")
    agencies = FieldList(FormField(AgencyRow))
    levels = FieldList(FormField(LevelRow))
    steps = TextAreaField("Trình tự thực hiện")
    conditions = TextAreaField("Yêu cầu, điều kiện")
    results = TextAreaField("Kết quả")
    legal_basis = TextAreaField("Căn cứ pháp lý")
    time_limits = FieldList(FormField(TimeLimitRow))
    after_supplement = StringField("Thời hạn sau khi bổ sung")
    supplement_days = StringField("Số ngày để bổ sung")
    sets = StringField("Số bộ hồ sơ")
    promised_hours = StringField("Tổng số giờ hẹn trả")
    fees = FieldList(FormField(FeeRow))
    documents = FieldList(FormField(DocumentRow))
    papers_reviewed = BooleanField("Đã rà soát: giấy tờ bắt buộc là bắt buộc thật")
    stages = FieldList(FormField(StageRow))
    workflow = StringField("Quy trình chung")
    form = StringField("Tờ khai điện tử")
    result_paper = StringField("Mẫu kết quả")
    effective_on = StringField("Có hiệu lực từ ngày")
    note = TextAreaField("Vì sao thay đổi")

    def change_rows(self, command: tuple[str, str]) -> str | None:
        """Add a row, take one out, or move one up; the list that changed, or None for another command."""
        what, target = command
        name, _, position = target.partition("-")
        rows = self._fields.get(name)
        if not isinstance(rows, FieldList):
            return None
        new = {"required": True} if name == "documents" else {}
        return name if change_rows(rows, what, position, new) else None


def change_rows(rows: FieldList, what: str, position: str, new: Mapping[str, Any]) -> bool:
    """Add the row `new` ("add"), take the row at a position out, or move it "up"; False where there is no such row."""
    if what == "add":
        rows.append_entry(dict(new))
        return True
    data, number = rows.data, int(position) if position.isdecimal() else -1
    if not 0 <= number < len(data):
        return False
    row = data.pop(number)
    if what == "up":
        data.insert(max(0, number - 1), row)
    rows.process(None, data)
    return True


_LINES = ("steps", "conditions", "results", "legal_basis")
_PLAIN = ("name", "sector", "ministry", "decision_no", "official_page", "service_level", "promised_hours", "sets",
          "after_supplement", "supplement_days", "workflow", "form", "result_paper")  # fmt: skip
_SEVERAL = ("audiences", "channels", "return_channels")
_ROWS = ("time_limits", "fees", "documents", "stages")


def form_of(procedure: Procedure, effective_on: str, note: str) -> ProcedureForm:
    """The form as the request filled it in, else with what the procedure says."""
    shown: dict[str, Any] = procedure.model_dump(mode="json")
    for name in _LINES:
        shown[name] = "\n".join(shown[name])
    shown["agencies"] = [{"agency": name} for name in shown["agencies"]]
    shown["levels"] = [{"agency": name, "level": level} for name, level in shown["levels"].items()]
    for fee in shown["fees"]:
        fee["exemptions"] = "\n".join(_exemption_line(exemption) for exemption in fee["exemptions"])
    return ProcedureForm(data={**shown, "effective_on": effective_on, "note": note})


def document_of(form: ProcedureForm) -> dict[str, Any]:
    """What was typed, as a document to be checked; empty rows and values are left out."""
    document = _filled({name: _one_line(form[name].data) for name in _PLAIN})
    document |= _filled({name: _lines(form[name].data) for name in _LINES})
    document |= _filled({name: form[name].data for name in _SEVERAL})
    document["agencies"] = [row["agency"] for row in _kept(form, "agencies")]
    document["levels"] = {row["agency"]: row["level"] for row in _kept(form, "levels") if row.get("level")}
    for name in _ROWS:
        document[name] = [_READERS.get(name, _row)(row) for row in _kept(form, name)]
    _name_stages(document["stages"])
    document["papers_reviewed"] = form.papers_reviewed.data
    return document


def errors_at_fields(form: ProcedureForm, mistakes: Iterable[FieldMistake]) -> dict[str, str]:
    """The sentence for each input by its id."""
    return {_input_of(form, mistake.place): mistake.sentence for mistake in reversed(list(mistakes))}


def summary(errors: Mapping[str, str]) -> list[tuple[str, str]]:
    """The errors for the top of the page: input id, and the sentence with what it is about."""
    return [(input_id, f"{_about(input_id)}: {sentence}") for input_id, sentence in errors.items()]


def _about(input_id: str) -> str:
    """ "Phí, lệ phí, dòng 2" """
    name, _, place = input_id.partition("-")
    label = FIELD_NAMES.get(name) or _OTHER_NAMES.get(name, name)
    number = place.split("-")[0]
    return f"{label}, dòng {int(number) + 1}" if number.isdecimal() else label


_OTHER_NAMES = {"effective_on": "Có hiệu lực từ ngày"}


def _input_of(form: ProcedureForm, place: tuple[str | int, ...]) -> str:
    name, *rest = place
    rows = form._fields.get(str(name))
    if not isinstance(rows, FieldList) or not rest:
        return str(name)
    kept = [row for row in rows if not _is_blank(row.data)]
    if name == "levels":
        kept = [row for row in kept if row.data["agency"] == rest[0]]
        return f"{kept[0].id}-agency" if kept else "levels"
    if not isinstance(rest[0], int) or rest[0] >= len(kept):
        return str(name)
    columns = list(kept[rest[0]].form._fields)
    first = "label" if name == "stages" else columns[0]
    return f"{kept[rest[0]].id}-{rest[1] if len(rest) > 1 and rest[1] in columns else first}"


def _kept(form: ProcedureForm, name: str) -> list[dict[str, Any]]:
    return [row for row in form[name].data if not _is_blank(row)]


def _is_blank(row: Mapping[str, Any]) -> bool:
    """A row in which nothing was typed; its ticks and hidden values alone do not make it one."""
    told = (value for name, value in row.items() if name not in ("required", "key", "share", "csrf_token"))
    return all(value is None or value is False or value == "" or value == [] for value in told)


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return _filled({name: _one_line(value) if isinstance(value, str) else value for name, value in row.items()})


def _document_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**_row(row), "required": bool(row["required"])}


def _fee_row(row: Mapping[str, Any]) -> dict[str, Any]:
    amount = nfc(str(row["amount_vnd"] if row["amount_vnd"] is not None else "")).removesuffix("đ").strip()
    if _GROUPED.fullmatch(amount):
        amount = amount.replace(".", "").replace(" ", "")
    exemptions = [_exemption(line) for line in _lines(row["exemptions"])]
    return {**_row(row), **_filled({"amount_vnd": amount}), "exemptions": exemptions}


def _exemption(line: str) -> dict[str, str]:
    parts = [part.strip() for part in line.split("|", len(_EXEMPTION) - 1)]
    return _filled(dict(zip(_EXEMPTION, parts, strict=False)))


def _exemption_line(exemption: Mapping[str, Any]) -> str:
    parts = [str(exemption.get(name) or "") for name in _EXEMPTION]
    return " | ".join(parts).rstrip(" |")


# What a line says of an exemption, in this order; what comes last may be missing.
_EXEMPTION = ("who", "percent_off", "legal_basis", "proof", "valid_from", "valid_to")
# "8.000", "150 000": the Vietnamese way; anything else is left for the check to refuse.
_GROUPED = re.compile(r"\d{1,3}([. ]\d{3})+")
_READERS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {"fees": _fee_row, "documents": _document_row}


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _lines(text: str | None) -> list[str]:
    return [line for line in (_one_line(line) for line in (text or "").splitlines()) if line]


def _one_line(text: str | None) -> str:
    return nfc(text or "")


def _name_stages(stages: list[dict[str, Any]]) -> None:
    """New stages get keys that no other has; old ones keep theirs, so that cases and differences find them."""
    taken = {stage["key"] for stage in stages if stage.get("key")}
    free = (key for number in range(1, 10_000) if (key := f"s{number}") not in taken)
    for stage in stages:
        if not stage.get("key"):
            stage["key"] = next(free)
