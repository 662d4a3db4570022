"""Text."""

from __future__ import annotations

from datetime import date

from services_catalog.fields.kind import Kind
from services_catalog.form import FormField
from services_catalog.text import nfc


class LongText(Kind):
    """Text of several lines."""

    label = "Nhiều dòng chữ"
    widget = "textarea"
    maximum_length = 5000


class CapitalName(Kind):
    """The name of a firm or a household business, kept in capitals as certificates write it."""

    label = "Tên tổ chức, viết hoa"

    def clean(self, typed: str, field: FormField, today: date) -> str:
        name: str = super().clean(typed, field, today)
        return nfc(name.upper())
