"""Addresses."""

from __future__ import annotations

from datetime import date
from typing import Any

from services_catalog import gazetteer
from services_catalog.fields.kind import FieldErrors, Input, Kind, Typed, in_sentence, part, text_of
from services_catalog.form import FormField
from services_catalog.text import nfc

_MOST = 300


class Address(Kind):
    """Province, commune and the rest, in two levels; older papers name districts, so it may be given as written.

    Kept as {"province": code, "commune": name, "detail": text} or {"written": text}, or both.
    """

    label = "Địa chỉ"
    widget = "address"

    def inputs(self, field: FormField, typed: Typed) -> tuple[Input, ...]:
        """Four inputs; the last one is for an address that exists only on a paper."""
        need = field.required
        return (
            Input(part(field, "province"), "Tỉnh, thành phố", "select", gazetteer.provinces(), required=need),
            Input(part(field, "commune"), "Xã, phường, đặc khu", suggestions="communes", required=need),
            Input(part(field, "detail"), "Số nhà, đường, thôn, tổ dân phố", example="Số 12, đường Lê Lợi",
                  required=False),
            Input(part(field, "written"), "Địa chỉ ghi trên giấy tờ, nếu khác", required=False,
                  help="Giấy tờ cũ còn ghi huyện, xã cũ thì chép nguyên văn vào đây."),
        )  # fmt: skip

    def read(self, field: FormField, typed: Typed, today: date) -> Any:
        written = text_of(typed, part(field, "written")) or nfc(typed.get(field.name) or "")
        province = text_of(typed, part(field, "province"))
        commune, detail = text_of(typed, part(field, "commune")), text_of(typed, part(field, "detail"))
        self._not_too_long(field, {"commune": commune, "detail": detail, "written": written})
        if not commune and not detail:
            if written:
                return {"written": written}
            if field.required:
                raise FieldErrors({part(field, "commune"): f"Hãy nhập xã, phường của {in_sentence(field.label)}."})
            return None
        kept = {"province": self._province(field, province), "commune": commune, "detail": detail, "written": written}
        if kept["province"] == gazetteer.ABROAD:
            if not detail:
                raise FieldErrors({part(field, "detail"): "Hãy ghi địa chỉ ở nước ngoài."})
        else:
            kept["commune"] = self._commune(field, kept["province"], commune)
        return {name: value for name, value in kept.items() if value}

    def typed(self, field: FormField, value: Any) -> dict[str, str]:
        if isinstance(value, str):
            return {part(field, "written"): value}
        return {part(field, name): text for name, text in value.items()}

    def show(self, value: Any, field: FormField) -> str:
        if isinstance(value, str):  # cases from before addresses had parts
            return value
        province = gazetteer.provinces().get(value.get("province", ""), "")
        known = ", ".join(filter(None, (value.get("detail"), value.get("commune"), province)))
        written = value.get("written")
        return f"{known} (giấy tờ ghi: {written})" if known and written else known or written or ""

    def _province(self, field: FormField, typed: str) -> str:
        if typed not in gazetteer.provinces():
            raise FieldErrors({part(field, "province"): "Hãy chọn tỉnh, thành phố trong danh sách."})
        return typed

    def _commune(self, field: FormField, province: str, typed: str) -> str:
        name = part(field, "commune")
        if not typed:
            raise FieldErrors({name: f"Hãy nhập xã, phường của {in_sentence(field.label)}."})
        if province != gazetteer.HOME:
            return typed
        if code := gazetteer.find_commune(typed):
            return gazetteer.communes()[code]
        now = gazetteer.became(typed)
        hint = f"Đơn vị này nay thuộc {now}." if now else "Hãy chọn trong danh sách gợi ý."
        raise FieldErrors({name: f"Lạng Sơn không có xã, phường này. {hint}"})

    @staticmethod
    def _not_too_long(field: FormField, texts: dict[str, str]) -> None:
        sentence = f"Nội dung dài quá {_MOST} ký tự. Hãy viết ngắn lại."
        if errors := {part(field, name): sentence for name, text in texts.items() if len(text) > _MOST}:
            raise FieldErrors(errors)
