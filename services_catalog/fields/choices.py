"""Choosing among options."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from babel import Locale

from services_catalog.fields.kind import FieldError, Kind
from services_catalog.form import FormField
from services_catalog.text import fold

ETHNICITIES = (
    "Kinh", "Tày", "Nùng", "Dao", "Hoa", "Mông", "Sán Chay", "Thái", "Mường", "Khmer", "Gia Rai", "Ê Đê", "Ba Na",
    "Xơ Đăng", "Cơ Ho", "Chăm", "Hrê", "Ra Glai", "M'Nông", "Xtiêng", "Bru - Vân Kiều", "Thổ", "Giáy", "Cơ Tu",
    "Giẻ Triêng", "Mạ", "Khơ Mú", "Co", "Tà Ôi", "Chơ Ro", "Kháng", "Xinh Mun", "Hà Nhì", "Chu Ru", "Lào", "La Chí",
    "La Ha", "Phù Lá", "La Hủ", "Lự", "Lô Lô", "Chứt", "Mảng", "Pà Thẻn", "Cơ Lao", "Cống", "Bố Y", "Si La",
    "Pu Péo", "Brâu", "Ơ Đu", "Rơ Măm", "Ngái", "Sán Dìu", "Không xác định",
)  # fmt: skip
_ALSO_SAID = {"my": "Hoa Kỳ", "anh": "Vương quốc Anh", "uc": "Australia", "han quoc": "Hàn Quốc", "viet": "Việt Nam"}


class Choice(Kind):
    """One of a few options."""

    label = "Chọn một"
    widget = "radio"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        if typed not in self.options(field):
            raise FieldError("Hãy chọn một trong các mục.")
        return typed

    def show(self, value: Any, field: FormField) -> str:
        return self.options(field).get(value, str(value))

    def options(self, field: FormField) -> Mapping[str, str]:
        return dict(field.options)


class Sex(Choice):
    """Male or female, as papers write it."""

    label = "Giới tính"

    def options(self, field: FormField) -> Mapping[str, str]:
        return {"female": "Nữ", "male": "Nam"}


class Choices(Choice):
    """Any number of the options, at least one where it is required. Typed with commas between."""

    label = "Chọn nhiều"
    widget = "checkboxes"

    def clean(self, typed: str, field: FormField, today: date) -> Any:
        chosen = [key.strip() for key in typed.split(",")]
        if any(key not in field.options for key in chosen):
            raise FieldError("Hãy chọn trong các mục.")
        return [key for key in field.options if key in chosen]

    def typed(self, field: FormField, value: list[str]) -> dict[str, str]:
        return {field.name: ",".join(value)}

    def show(self, value: Any, field: FormField) -> str:
        return "; ".join(field.options.get(key, key) for key in value)


class Ethnicity(Choice):
    """One of the 54 ethnic groups, the commonest of Lạng Sơn first; typed text is matched without accents."""

    label = "Dân tộc"
    widget = "select"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        match = next((name for name in ETHNICITIES if fold(name) == fold(typed)), None)
        if match is None:
            raise FieldError("Hãy chọn dân tộc trong danh sách.")
        return match

    def options(self, field: FormField) -> Mapping[str, str]:
        return {name: name for name in ETHNICITIES}


class Nationality(Kind):
    """A country by its Vietnamese name, typed with or without accents; several with commas between."""

    label = "Quốc tịch"
    suggestions = "countries"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        whole = _country(typed)  # some names have a comma
        found = [whole] if whole else [_country(name) for name in typed.split(",") if name.strip()]
        if not found or None in found:
            raise FieldError("Không có nước này trong danh sách. Ví dụ: Việt Nam, Trung Quốc.")
        return ", ".join(dict.fromkeys(str(name) for name in found))


class Declaration(Kind):
    """A promise that must be ticked."""

    label = "Cam đoan"
    widget = "checkbox"

    def clean(self, typed: str, field: FormField, today: date) -> bool:
        return True

    def typed(self, field: FormField, value: Any) -> dict[str, str]:
        return {field.name: "1" if value else ""}

    def show(self, value: Any, field: FormField) -> str:
        return "Đã cam đoan"

    def missing(self, field: FormField) -> str:
        return "Bạn cần đánh dấu vào ô cam đoan để tiếp tục."


def _country(typed: str) -> str | None:
    wanted = fold(typed.strip())
    return countries().get(wanted) or _ALSO_SAID.get(wanted)


@cache
def countries() -> dict[str, str]:
    """The countries in Vietnamese, by their names without accents; the neighbours first."""
    territories = Locale("vi").territories
    states = {code: name for code, name in territories.items() if len(code) == 2 and code.isalpha()}
    others = sorted((code for code in states if code not in _NOT_STATES), key=lambda code: fold(states[code]))
    first = [code for code in ("VN", "CN", "LA", "KH") if code in states]
    return {fold(states[code]): states[code] for code in dict.fromkeys([*first, *others])}


_NOT_STATES = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO", "AQ", "BV", "HM", "TF", "IO", "UM", "GS"})
