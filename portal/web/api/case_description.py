"""What other systems may do with cases, as OpenAPI."""

from __future__ import annotations

from typing import Any

from portal.cases.lifecycle import State
from portal.web.api.messages import ActionMessage, CaseMessage
from portal.web.api.openapi import ERROR, TEXT, answer, parameter

_REF = "#/components/schemas/{model}"
_INSTANT = {"type": ["string", "null"], "format": "date-time"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_CASE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reference": {**TEXT, "description": "Mã hồ sơ."},
        "external_id": _MAYBE_TEXT,
        "procedure": TEXT,
        "state": {"type": "string", "enum": [state.value for state in State]},
        "national_status": {"type": "object", "properties": {"code": {"type": "integer"}, "name": TEXT}},
        "version": {"type": "integer", "description": "Số lần hồ sơ đã chuyển; gửi lại khi muốn chắc chưa ai xử lý."},
        "is_granted": {"type": ["boolean", "null"]},
        "request_to_applicant": _MAYBE_TEXT,
        "amount_due": {"type": ["integer", "null"], "description": "Đồng."},
        "lookup_code": TEXT,
        "linked": {"type": "array", "items": TEXT, "description": "Hồ sơ liên thông lập cho hồ sơ này."},
        **dict.fromkeys(
            ("submitted_at", "acceptance_due_at", "accepted_at", "due_at", "previous_due_at", "supplement_due_at",
             "finished_at", "returned_at"), _INSTANT,
        ),
    },
}  # fmt: skip
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Cùng khóa, cùng nội dung: chỉ làm một lần, trả lời như lần đầu. Giữ 30 ngày.",
    "schema": {"type": "string", "maxLength": 200},
}
_REFERENCE = parameter("reference", "Mã hồ sơ, viết theo lối nào cũng được.", TEXT, "path")
_SECURITY: list[dict[str, list[str]]] = [{"partner": []}]
_DONE = answer("Hồ sơ.", "application/json", {"$ref": _REF.format(model="Case")})
_ERRORS = {
    "401": answer("Mã truy cập sai.", "application/json", ERROR),
    "404": answer("Không có hồ sơ này.", "application/json", ERROR),
    "409": answer("Không làm được lúc này.", "application/json", ERROR),
    "422": answer("Nội dung sai, có câu giải thích cho từng mục.", "application/json", ERROR),
}


def _body(model: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": {"$ref": _REF.format(model=model)}}}}


CASE_SCHEMAS: dict[str, Any] = {"Case": _CASE}
for _message in (CaseMessage, ActionMessage):
    _schema = _message.model_json_schema(ref_template=_REF)
    CASE_SCHEMAS |= _schema.pop("$defs", {})
    CASE_SCHEMAS[_message.__name__] = _schema

CASE_PATHS: dict[str, Any] = {
    "/api/v1/cases": {
        "post": {
            "summary": "Gửi một hồ sơ đã nộp ở hệ thống khác; cùng external_id là cùng một hồ sơ",
            "security": _SECURITY,
            "parameters": [{**_KEY, "required": False}],
            "requestBody": _body("CaseMessage"),
            "responses": {"201": _DONE, "200": _DONE, **_ERRORS},
        },
        "get": {
            "summary": "Tìm hồ sơ theo số của hệ thống gửi",
            "security": _SECURITY,
            "parameters": [{**parameter("external_id", "Số hồ sơ ở hệ thống gửi.", TEXT), "required": True}],
            "responses": {"200": _DONE, **_ERRORS},
        },
    },
    "/api/v1/cases/{reference}": {
        "get": {
            "summary": "Một hồ sơ do hệ thống này gửi",
            "security": _SECURITY,
            "parameters": [_REFERENCE],
            "responses": {"200": _DONE, **_ERRORS},
        }
    },
    "/api/v1/cases/{reference}/actions/{action}": {
        "post": {
            "summary": "Làm thay người nộp: bổ sung, rút, nhận kết quả",
            "security": _SECURITY,
            "parameters": [
                _REFERENCE,
                parameter("action", "Việc.", {"type": "string", "enum": ["supply", "withdraw", "deliver"]}, "path"),
                {**_KEY, "required": True},
            ],
            "requestBody": _body("ActionMessage"),
            "responses": {"200": _DONE, **_ERRORS},
        }
    },
    "/api/v1/cases/{reference}/result.pdf": {
        "get": {
            "summary": "Tệp kết quả, sau khi đã nhận (deliver)",
            "security": _SECURITY,
            "parameters": [_REFERENCE],
            "responses": {"200": answer("PDF.", "application/pdf", TEXT), **_ERRORS},
        }
    },
}
