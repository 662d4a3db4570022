"""The kinds of e-form fields: how each is checked, kept and shown.

`clean` takes what a person typed (already NFC, not empty) and returns the value that is kept in
JSON; it raises `FieldError` with a sentence in Vietnamese that says what to do. `show` turns the
kept value back into words.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import phonenumbers

from services_catalog.form import FormField
from services_catalog.text import fold, nfc, nfc_lines

ETHNICITIES = (
    "Kinh", "Tày", "Nùng", "Dao", "Hoa", "Mông", "Sán Chay", "Thái", "Mường", "Khmer", "Gia Rai", "Ê Đê", "Ba Na",
    "Xơ Đăng", "Cơ Ho", "Chăm", "Hrê", "Ra Glai", "M'Nông", "Xtiêng", "Bru - Vân Kiều", "Thổ", "Giáy", "Cơ Tu",
    "Giẻ Triêng", "Mạ", "Khơ Mú", "Co", "Tà Ôi", "Chơ Ro", "Kháng", "Xinh Mun", "Hà Nhì", "Chu Ru", "Lào", "La Chí",
    "La Ha", "Phù Lá", "La Hủ", "Lự", "Lô Lô", "Chứt", "Mảng", "Pà Thẻn", "Cơ Lao", "Cống", "Bố Y", "Si La",
    "Pu Péo", "Brâu", "Ơ Đu", "Rơ Măm", "Ngái", "Sán Dìu", "Không xác định",
)  # fmt: skip


_TODAYS_NUMBERS = re.compile(r"2\d{9}|[35789]\d{8}")


class FieldError(ValueError):
    """The answer cannot be taken; the text tells the person what to do."""


def show_phone(kept: str) -> str:
    """ "0912 345 678" of "+84912345678" """
    return phonenumbers.format_number(phonenumbers.parse(kept, "VN"), phonenumbers.PhoneNumberFormat.NATIONAL)


class Kind:
    """A line of text."""

    widget = "text"
    input_mode: str | None = None
    autocomplete: str | None = None
    help: str | None = None
    example: str | None = None
    maximum_length = 500

    def clean(self, typed: str, field: FormField, today: date) -> Any:
        """The value to keep."""
        if len(typed) > self.maximum_length:
            raise FieldError(f"Nội dung dài quá {self.maximum_length} ký tự. Hãy viết ngắn lại.")
        return typed

    def show(self, value: Any, field: FormField) -> str:
        """The kept value in words."""
        return str(value)

    def options(self, field: FormField) -> dict[str, str]:
        """Choices of value and label, for kinds that have them."""
        return {}


class LongText(Kind):
    """Text of several lines."""

    widget = "textarea"
    maximum_length = 5000


class FullName(Kind):
    """A person's name in one field. Case is set only where all of it was typed small or all of it large."""

    autocomplete = "name"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        name = nfc(super().clean(typed, field, today))
        if re.search(r"[^\w\s'’.-]|\d|_", name):
            raise FieldError("Họ tên chỉ gồm chữ cái. Hãy bỏ chữ số và ký hiệu.")
        if name.islower() or name.isupper():
            return " ".join(word[:1].upper() + word[1:].lower() for word in name.split())
        return name


class CitizenId(Kind):
    """Personal identification number: 12 digits (NĐ 70/2024): place, century and sex, year, serial."""

    input_mode = "numeric"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        digits = re.sub(r"[\s.]", "", typed)
        if not re.fullmatch(r"\d{12}", digits):
            raise FieldError("Số định danh cá nhân gồm đúng 12 chữ số, ghi trên thẻ căn cước.")
        if not 1 <= int(digits[:3]) <= 96 or self._birth_year(digits) > today.year:
            raise FieldError("Số định danh cá nhân không đúng. Hãy kiểm tra từng chữ số trên thẻ.")
        return digits

    @staticmethod
    def _birth_year(digits: str) -> int:
        return 1900 + 100 * (int(digits[3]) // 2) + int(digits[4:6])


class Phone(Kind):
    """A Vietnamese phone number, kept as +84…"""

    input_mode = "tel"
    autocomplete = "tel"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        try:
            number = phonenumbers.parse(typed, "VN")
        except phonenumbers.NumberParseException:
            number = None
        # The library still takes mobile prefixes that ended in 2018; those of today begin with 3, 5, 7, 8 or 9.
        if number is None or number.country_code != 84 or not _TODAYS_NUMBERS.fullmatch(str(number.national_number)):
            raise FieldError("Số điện thoại không đúng. Ví dụ: 0912 345 678.")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def show(self, value: Any, field: FormField) -> str:
        return show_phone(str(value))


class Date(Kind):
    """A day, typed as 31/12/2026, kept as 2026-12-31."""

    help = "Ngày/tháng/năm."
    example = "05/09/2026"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        match = re.fullmatch(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})", typed)
        try:
            day = date(int(match[3]), int(match[2]), int(match[1])) if match else None
        except ValueError:
            day = None
        if day is None:
            raise FieldError("Ngày này không có trong lịch." if match else "Hãy nhập ngày/tháng/năm, ví dụ 05/09/2026.")
        if field.past and day > today:
            raise FieldError("Ngày này chưa tới. Hãy kiểm tra lại.")
        if day.year < 1900:
            raise FieldError("Năm phải từ 1900 trở đi.")
        return day.isoformat()

    def show(self, value: Any, field: FormField) -> str:
        return date.fromisoformat(value).strftime("%d/%m/%Y")


class Year(Kind):
    """A year of birth, where only that is known."""

    input_mode = "numeric"

    def clean(self, typed: str, field: FormField, today: date) -> int:
        if not re.fullmatch(r"\d{4}", typed) or not 1900 <= int(typed) <= today.year:
            raise FieldError(f"Hãy nhập năm gồm 4 chữ số, từ 1900 đến {today.year}.")
        return int(typed)


class Number(Kind):
    """A whole number between `minimum` and `maximum`."""

    input_mode = "numeric"

    def clean(self, typed: str, field: FormField, today: date) -> int:
        if not re.fullmatch(r"-?\d{1,9}", typed):
            raise FieldError("Hãy nhập một số nguyên.")
        value = int(typed)
        if field.minimum is not None and value < field.minimum:
            raise FieldError(f"Số nhỏ nhất là {field.minimum}.")
        if field.maximum is not None and value > field.maximum:
            raise FieldError(f"Số lớn nhất là {field.maximum}.")
        return value


class Choice(Kind):
    """One of a few options."""

    widget = "radio"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        if typed not in self.options(field):
            raise FieldError("Hãy chọn một trong các mục.")
        return typed

    def show(self, value: Any, field: FormField) -> str:
        return self.options(field).get(value, str(value))

    def options(self, field: FormField) -> dict[str, str]:
        return dict(field.options)


class Ethnicity(Choice):
    """One of the 54 ethnic groups, the commonest of Lạng Sơn first; typed text is matched without accents."""

    widget = "select"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        match = next((name for name in ETHNICITIES if fold(name) == fold(typed)), None)
        if match is None:
            raise FieldError("Hãy chọn dân tộc trong danh sách.")
        return match

    def options(self, field: FormField) -> dict[str, str]:
        return {name: name for name in ETHNICITIES}


class Declaration(Kind):
    """A promise that must be ticked."""

    widget = "checkbox"

    def clean(self, typed: str, field: FormField, today: date) -> bool:
        return True

    def show(self, value: Any, field: FormField) -> str:
        return "Đã cam đoan"


KINDS: dict[str, Kind] = {
    "text": Kind(),
    "long_text": LongText(),
    "full_name": FullName(),
    "citizen_id": CitizenId(),
    "phone": Phone(),
    "date": Date(),
    "year": Year(),
    "number": Number(),
    "choice": Choice(),
    "ethnicity": Ethnicity(),
    "declaration": Declaration(),
}


def clean_answer(field: FormField, typed: str | None, today: date) -> Any:
    """The value to keep for `typed`; None for an empty answer that is allowed. Raises `FieldError`."""
    kind = KINDS[field.kind]
    text = (nfc_lines if kind.widget == "textarea" else nfc)(typed or "")
    if not text:
        if field.required:
            raise FieldError(_missing(field, kind))
        return None
    return kind.clean(text, field, today)


def show_answer(field: FormField, value: Any) -> str:
    """The kept `value` in words, or an em dash where there is none."""
    return "—" if value in (None, "") else KINDS[field.kind].show(value, field)


def _missing(field: FormField, kind: Kind) -> str:
    if kind.widget == "checkbox":
        return "Bạn cần đánh dấu vào ô cam đoan để tiếp tục."
    verb = "Hãy chọn" if kind.widget in ("radio", "select") else "Hãy nhập"
    label = field.label if field.label[1:2].isupper() else field.label[:1].lower() + field.label[1:]
    return f"{verb} {label}."
