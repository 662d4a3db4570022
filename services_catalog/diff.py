"""What differs between two versions of a procedure, field by field, in words for the one who approves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from services_catalog import words
from services_catalog.fees import Exemption, Fee
from services_catalog.fields import KINDS
from services_catalog.form import FormField
from services_catalog.library import Library, Release
from services_catalog.model import Procedure, RequiredDocument, TimeLimit
from services_catalog.workflow import Stage

FIELD_NAMES = {
    "code": "Mã thủ tục",
    "name": "Tên",
    "sector": "Lĩnh vực",
    "ministry": "Bộ quản lý",
    "agencies": "Cơ quan thực hiện",
    "audiences": "Đối tượng",
    "decision_no": "Quyết định công bố",
    "channels": "Cách nộp",
    "service_level": "Mức trực tuyến",
    "levels": "Mức trực tuyến riêng của cơ quan",
    "steps": "Trình tự thực hiện",
    "conditions": "Yêu cầu, điều kiện",
    "time_limits": "Thời hạn",
    "after_supplement": "Thời hạn sau khi bổ sung",
    "supplement_days": "Số ngày để bổ sung",
    "fees": "Phí, lệ phí",
    "documents": "Thành phần hồ sơ",
    "sets": "Số bộ hồ sơ",
    "papers_reviewed": "Đã rà soát thành phần hồ sơ",
    "results": "Kết quả",
    "return_channels": "Cách trả kết quả",
    "legal_basis": "Căn cứ pháp lý",
    "official_page": "Trang trên Cổng quốc gia",
    "form": "Tờ khai điện tử",
    "own_form": "Tờ khai riêng",
    "workflow": "Quy trình chung",
    "stages": "Các bước xử lý",
    "promised_hours": "Tổng số giờ hẹn trả",
    "result_paper": "Mẫu kết quả",
}


@dataclass(frozen=True)
class Change:
    """One difference. Nothing before: it was added; nothing after: it was taken out."""

    field: str
    before: str
    after: str

    @property
    def label(self) -> str:
        """The field in words."""
        return FIELD_NAMES.get(self.field, self.field)


def changes(old: Release | None, new: Release, library: Library) -> list[Change]:
    """All differences in the order of the page; everything is added where there is no `old`."""
    show = _Show(library)
    found = list(_procedure_changes(old.procedure if old else None, new.procedure, show))
    if old is None:
        return found
    if old.form != new.form:
        found += _items("form", _questions(old), _questions(new), str, _itself)
    if not old.procedure.stages and not new.procedure.stages:
        found += _items("stages", old.workflow.stages, new.workflow.stages, show.stage, lambda stage: stage.key)
    return found


def _procedure_changes(old: Procedure | None, new: Procedure, show: _Show) -> Iterator[Change]:
    for name in FIELD_NAMES:
        before, after = getattr(old, name, None), getattr(new, name)
        if before == after:
            continue
        if isinstance(after, tuple):
            yield from _items(name, before or (), after, show.of(name), _KEYS.get(name, _itself))
        elif isinstance(after, dict):
            yield from _items(name, (before or {}).items(), after.items(), show.of(name), lambda pair: pair[0])
        elif before or after:
            text = show.of(name)
            yield Change(name, text(before) if before is not None else "", text(after) if after is not None else "")


def _items(
    field: str, before: Iterable[Any], after: Iterable[Any], text: Callable[[Any], str], key: Callable[[Any], Any]
) -> Iterator[Change]:
    """Items of a list that were changed, taken out or added; a change of their order alone is told as such."""
    old, new = _keyed(before, key), _keyed(after, key)
    for name, item in old.items():
        if name not in new:
            yield Change(field, text(item), "")
        elif new[name] != item:
            yield Change(field, text(item), text(new[name]))
    yield from (Change(field, "", text(item)) for name, item in new.items() if name not in old)
    if old != new or list(old) == list(new):
        return
    yield Change(
        field, "Thứ tự cũ: " + "; ".join(map(text, old.values())), "Thứ tự mới: " + "; ".join(map(text, new.values()))
    )


def _keyed(items: Iterable[Any], key: Callable[[Any], Any]) -> dict[Any, Any]:
    """Items by key; a key that comes again is told apart by how often it came."""
    seen: dict[Any, int] = {}
    keyed = {}
    for item in items:
        name = key(item)
        seen[name] = seen.get(name, 0) + 1
        keyed[name, seen[name]] = item
    return keyed


def _itself(item: Any) -> Any:
    return item


_KEYS: dict[str, Callable[[Any], Any]] = {
    "documents": lambda document: document.name,
    "fees": lambda fee: (fee.kind, fee.applies_to, fee.channels, fee.valid_from),
    "time_limits": lambda limit: limit.channels,
    "stages": lambda stage: stage.key,
}


def _questions(release: Release) -> Sequence[str]:
    """The questions of the form as texts."""
    return [f"{step.title}: {_question(field)}" for step in release.form.steps for field in step.fields]


def _question(field: FormField) -> str:
    """A question with all that an approver should see of it."""
    said = [KINDS[field.kind].label.lower() if field.kind in KINDS else field.kind]
    said += [] if field.required else ["không bắt buộc"]
    said += [f"khi {field.when}"] if field.when else []
    said += [", ".join(field.options.values())] if field.options else []
    said += ["cột: " + ", ".join(_question(child) for child in field.fields)] if field.fields else []
    said += [f"tính: {field.compute}"] if field.compute else []
    said += [f"từ {field.minimum}"] if field.minimum is not None else []
    said += [f"đến {field.maximum}"] if field.maximum is not None else []
    said += [field.help] if field.help else []
    return f"{field.label} ({'; '.join(said)})"


class _Show:
    """Values in words."""

    def __init__(self, library: Library):
        self._library = library
        self._texts: dict[str, Callable[[Any], str]] = {
            "sector": lambda key: library.sectors.get(key, key),
            "agencies": library.agency_name,
            "levels": lambda pair: f"{library.agency_name(pair[0])}: {words.LEVEL_NAMES[pair[1]]}",
            "audiences": words.AUDIENCE_NAMES.__getitem__,
            "channels": words.CHANNEL_NAMES.__getitem__,
            "return_channels": words.RETURN_NAMES.__getitem__,
            "after_supplement": words.AFTER_SUPPLEMENT_NAMES.__getitem__,
            "service_level": words.LEVEL_NAMES.__getitem__,
            "own_form": lambda form: form.title,
            "form": lambda key: library.form_titles.get(key, key),
            "workflow": lambda key: library.workflows[key].title if key in library.workflows else key,
            "result_paper": lambda key: library.papers.get(key, key),
            "papers_reviewed": lambda value: "Có" if value else "Chưa",
            "promised_hours": lambda hours: f"{hours} giờ làm việc",
            "time_limits": self.time_limit,
            "fees": self.fee,
            "documents": self.document,
            "stages": self.stage,
        }

    def of(self, field: str) -> Callable[[Any], str]:
        """How a value of the field reads."""
        return self._texts.get(field, str)

    def stage(self, stage: Stage) -> str:
        """ "Tiếp nhận (2 giờ)" """
        does = words.STAGE_ACTION_NAMES[stage.does]
        hours = f", {stage.hours} giờ" if stage.hours else ""
        more = [words.STAGE_ROLE_NAMES[stage.role].lower() if not stage.automatic else "máy làm"]
        if stage.agency:
            more.append(self._library.stage_agencies.get(stage.agency, stage.agency))
        if stage.when:
            more.append(f"khi {stage.when}")
        if stage.options is not None:
            more.append("được " + ", ".join(words.STAGE_OPTION_NAMES[option].lower() for option in stage.options))
        return f"{stage.label} ({does.lower()}, {', '.join(more)}{hours})"

    def time_limit(self, limit: TimeLimit) -> str:
        """ "5 ngày làm việc (trực tuyến)" """
        return words.time_limit(limit) + (f" ({words.channels(limit.channels)})" if limit.channels else "")

    def fee(self, fee: Fee) -> str:
        """Amount, case, channels, days, exemptions."""
        parts = [words.FEE_KIND_NAMES[fee.kind]] if fee.kind else []
        parts += [words.money(fee.amount_vnd)]
        parts += [f"trường hợp: {fee.applies_to}"] if fee.applies_to else []
        parts += [words.channels(fee.channels)] if fee.channels else []
        parts += [f"từ {fee.valid_from:%d/%m/%Y}"] if fee.valid_from else []
        parts += [f"đến {fee.valid_to:%d/%m/%Y}"] if fee.valid_to else []
        parts += [f"giảm {e.percent_off}% cho {e.who}{self._more(e)}" for e in fee.exemptions]
        return ", ".join(parts)

    def _more(self, exemption: Exemption) -> str:
        parts = [exemption.legal_basis, f"giấy tờ: {exemption.proof}" if exemption.proof else None]
        parts += [f"từ {exemption.valid_from:%d/%m/%Y}" if exemption.valid_from else None]
        parts += [f"đến {exemption.valid_to:%d/%m/%Y}" if exemption.valid_to else None]
        said = "; ".join(part for part in parts if part)
        return f" ({said})" if said else ""

    def document(self, document: RequiredDocument) -> str:
        """Name, number of originals and copies, and for whom."""
        parts = [f"{document.originals} bản chính"] if document.originals else []
        parts += [f"{document.copies} bản sao"] if document.copies else []
        parts += [f"khi: {document.applies_to}"] if document.applies_to else []
        parts += [] if document.required else ["không bắt buộc"]
        parts += [f"mẫu: {document.form_file}"] if document.form_file else []
        parts += [f"nhiều nhất {document.most_files} tệp"] if document.most_files else []
        parts += ["chỉ PDF"] if document.only_pdf else []
        return document.name + (f" ({'; '.join(parts)})" if parts else "")
