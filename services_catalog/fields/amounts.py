"""Numbers, money and areas."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from services_catalog.fields.kind import FieldError, Kind
from services_catalog.form import FormField

_MOST_MONEY = 10**15


class Number(Kind):
    """A whole number between `minimum` and `maximum`."""

    label = "Số nguyên"
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


class Money(Kind):
    """Whole đồng, typed with or without dots between the thousands."""

    label = "Số tiền"
    input_mode = "numeric"
    example = "150.000.000"

    def clean(self, typed: str, field: FormField, today: date) -> int:
        digits = re.sub(r"\s*(đồng|đ|vnđ|vnd)$", "", typed.lower()).replace(" ", "")
        if not re.fullmatch(r"\d{1,15}|\d{1,3}([.,]\d{3})+", digits):
            raise FieldError("Hãy nhập số tiền bằng đồng, chỉ gồm chữ số. Ví dụ: 150.000.000.")
        value = int(re.sub(r"\D", "", digits))
        if value > _MOST_MONEY:
            raise FieldError("Số tiền quá lớn. Hãy kiểm tra lại.")
        if value < (field.minimum or 0):
            raise FieldError(f"Số tiền nhỏ nhất là {_grouped(field.minimum or 0)} đồng.")
        return value

    def typed(self, field: FormField, value: int) -> dict[str, str]:
        return {field.name: _grouped(value)}

    def show(self, value: Any, field: FormField) -> str:
        return f"{_grouped(value)} đồng"


class Area(Kind):
    """Square metres with at most two decimals, typed with a decimal comma; kept as text, because it is exact."""

    label = "Diện tích (m²)"
    input_mode = "decimal"
    help = "Số m², phần lẻ sau dấu phẩy."
    example = "125,5"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        number = re.sub(r"\s*(m2|m²)$", "", typed.lower()).replace(" ", "")
        if re.fullmatch(r"\d{1,3}(\.\d{3})+(,\d{1,2})?", number):
            number = number.replace(".", "")
        if not re.fullmatch(r"\d{1,9}([.,]\d{1,2})?", number):
            raise FieldError("Hãy nhập diện tích bằng m², ví dụ 125,5.")
        value = Decimal(number.replace(",", "."))
        if value <= 0:
            raise FieldError("Diện tích phải lớn hơn 0.")
        return f"{value.normalize():f}"

    def typed(self, field: FormField, value: str) -> dict[str, str]:
        return {field.name: value.replace(".", ",")}

    def show(self, value: str, field: FormField) -> str:
        whole, _, rest = value.partition(".")
        return f"{_grouped(int(whole))}{',' + rest if rest else ''} m²"


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", ".")
