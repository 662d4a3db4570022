"""Who people are and how they are reached."""

from __future__ import annotations

import re
from datetime import date

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from stdnum.vn import mst

from services_catalog.fields.kind import FieldError, Kind
from services_catalog.form import FormField
from services_catalog.phones import phone_of
from services_catalog.text import nfc


def show_phone(kept: str) -> str:
    """ "0912 345 678" of "+84912345678" """
    return phonenumbers.format_number(phonenumbers.parse(kept, "VN"), phonenumbers.PhoneNumberFormat.NATIONAL)


class FullName(Kind):
    """A person's name in one field. Case is set only where all of it was typed small or all of it large."""

    label = "Họ tên"
    autocomplete = "name"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        name = nfc(super().clean(typed, field, today))
        if re.search(r"[^\w\s'’.-]|\d|_", name):
            raise FieldError("Họ tên chỉ gồm chữ cái. Hãy bỏ chữ số và ký hiệu.")
        if name.islower() or name.isupper():
            return " ".join(_capital(word[:1]) + word[1:].lower() for word in name.split())
        return name


def _capital(letter: str) -> str:
    """The capital of a letter that has one; "ß" would become two letters, and other ones the next time."""
    return letter.upper() if len(letter.upper()) == 1 else letter


class CitizenId(Kind):
    """Personal identification number: 12 digits (NĐ 70/2024): place, century and sex, year, serial."""

    label = "Số định danh cá nhân"
    input_mode = "numeric"
    help = "12 chữ số trên thẻ căn cước."

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


class TaxCode(Kind):
    """Mã số thuế: 10 digits with a check digit, with -001 for a branch, or a person's 12 digits (since 1/7/2025)."""

    label = "Mã số thuế"
    input_mode = "numeric"
    help = "10 chữ số, hoặc 10 chữ số và -001 của đơn vị phụ thuộc, hoặc số định danh cá nhân."

    def clean(self, typed: str, field: FormField, today: date) -> str:
        digits = re.sub(r"[\s.-]", "", typed)
        if re.fullmatch(r"\d{12}", digits):
            return CitizenId().clean(digits, field, today)
        if not mst.is_valid(digits):
            raise FieldError("Mã số thuế không đúng. Hãy kiểm tra từng chữ số.")
        return digits if len(digits) == 10 else f"{digits[:10]}-{digits[10:]}"


class Phone(Kind):
    """A Vietnamese phone number, kept as +84…"""

    label = "Số điện thoại"
    input_mode = "tel"
    autocomplete = "tel"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        number = phone_of(typed)
        if number is None or not number.startswith("+84"):
            raise FieldError("Số điện thoại không đúng. Ví dụ: 0912 345 678.")
        return number

    def typed(self, field: FormField, value: str) -> dict[str, str]:
        return {field.name: show_phone(value)}

    def show(self, value: str, field: FormField) -> str:
        return show_phone(value)


class Email(Kind):
    """An e-mail address."""

    label = "Thư điện tử"
    input_mode = "email"
    autocomplete = "email"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        try:
            return validate_email(typed, check_deliverability=False).normalized
        except EmailNotValidError as error:
            raise FieldError("Địa chỉ thư không đúng. Ví dụ: ten@vidu.vn.") from error
