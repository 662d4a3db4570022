"""Things that forms ask for: land, vehicles, lines of business, files, computed values."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from services_catalog import business_lines
from services_catalog.fields.kind import FieldError, FieldErrors, Input, Kind, Typed, part, text_of
from services_catalog.form import FormField

# As it is usually written, with something between series and number, so that "12-B1 1234" keeps its series.
_SPLIT = re.compile(r"(\d{2})[-\s]?([A-ZĐ]{1,2}\d?)[-\s]+(\d{4,5})")
_PLATE = re.compile(r"(\d{2})([A-ZĐ]{1,2}\d??)(\d{4,5})")


class LandParcel(Kind):
    """Thửa đất số and tờ bản đồ số. Kept as {"parcel": text, "sheet": text}; an old paper may lack the sheet."""

    label = "Thửa đất, tờ bản đồ"
    widget = "parts"

    def inputs(self, field: FormField, typed: Typed) -> tuple[Input, ...]:
        return (
            Input(part(field, "parcel"), "Thửa đất số", input_mode="numeric", required=field.required),
            Input(part(field, "sheet"), "Tờ bản đồ số", input_mode="numeric", required=False),
        )

    def read(self, field: FormField, typed: Typed, today: date) -> Any:
        parcel, sheet = text_of(typed, part(field, "parcel")), text_of(typed, part(field, "sheet"))
        if not parcel:
            if field.required or sheet:
                raise FieldErrors({part(field, "parcel"): "Hãy nhập số thửa đất, ghi trên Giấy chứng nhận."})
            return None
        numbers = {"parcel": parcel, "sheet": sheet}
        sentence = "Số thửa, số tờ gồm chữ số, có thể thêm chữ cái, ví dụ 125 hoặc 125a."
        wrong = {n for n, text in numbers.items() if text and not re.fullmatch(r"\d{1,6}[a-zA-Z]?([-/]\d{1,4})?", text)}
        if wrong:
            raise FieldErrors({part(field, name): sentence for name in wrong})
        return {name: text for name, text in numbers.items() if text}

    def typed(self, field: FormField, value: Any) -> dict[str, str]:
        return {part(field, name): text for name, text in value.items()}

    def show(self, value: Any, field: FormField) -> str:
        return f"Thửa đất số {value['parcel']}" + (f", tờ bản đồ số {value['sheet']}" if value.get("sheet") else "")


class Plate(Kind):
    """A number plate, kept as 12A-123.45."""

    label = "Biển số xe"
    example = "12A-123.45"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        written = typed.upper()
        found = _SPLIT.fullmatch(written.replace(".", "")) or _PLATE.fullmatch(re.sub(r"[\s.\-]", "", written))
        if found is None or not 11 <= int(found[1]) <= 99:
            raise FieldError("Biển số không đúng. Ví dụ: 12A-123.45 hoặc 12-B1 123.45.")
        number = found[3]
        shown = f"{number[:3]}.{number[3:]}" if len(number) == 5 else number
        return f"{found[1]}{found[2]}-{shown}"


class BusinessLine(Kind):
    """A line of business by its VSIC code of four or five digits; the code and the name of its division are shown."""

    label = "Ngành kinh tế (VSIC)"
    input_mode = "numeric"
    help = "Mã ngành cấp 4 gồm 4 chữ số, theo hệ thống ngành kinh tế Việt Nam."
    example = "4711"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        code = re.sub(r"[\s.]", "", typed)
        if not re.fullmatch(r"\d{4,5}", code) or business_lines.division(code) is None:
            raise FieldError("Mã ngành không đúng. Mã ngành cấp 4 gồm 4 chữ số, ví dụ 4711 (bán lẻ tạp hóa).")
        return code

    def show(self, value: Any, field: FormField) -> str:
        return f"{value} ({business_lines.division(value) or ''})"


class NotTyped(Kind):
    """Something that the form has and nobody types on its page."""

    def inputs(self, field: FormField, typed: Typed) -> tuple[Input, ...]:
        return ()

    def read(self, field: FormField, typed: Typed, today: date) -> Any:
        return None

    def typed(self, field: FormField, value: Any) -> dict[str, str]:
        return {}


class File(NotTyped):
    """Files asked for by the form: handed in with the papers."""

    label = "Tệp"
    widget = "file"


class Computed(NotTyped):
    """A value that follows from others: `services_catalog.computed` works it out."""

    label = "Máy tính"
    widget = "computed"
