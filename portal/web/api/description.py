"""What the API offers, as OpenAPI; a test holds it against the routes and the answers."""

from __future__ import annotations

from typing import Any

from services_catalog.model import Procedure
from services_catalog.terms import Audience, ServiceLevel

FACETS = ("sector", "level", "agency", "audience", "service_level")


def _parameter(name: str, description: str, schema: dict[str, Any], place: str = "query") -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "description": description, "schema": schema}


def _answer(description: str, media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema}}}


_TEXT = {"type": "string"}
_ERROR = {
    "type": "object",
    "properties": {"error": {"type": "object", "properties": {"code": _TEXT, "message": _TEXT}}},
}
_LIST = {
    "type": "object",
    "required": ["total", "items"],
    "properties": {
        "total": {"type": "integer"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "name", "sector"],
                "properties": {"code": _TEXT, "name": _TEXT, "sector": _TEXT},
            },
        },
    },
}
_PROCEDURE = Procedure.model_json_schema(ref_template="#/components/schemas/{model}")

DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Danh mục thủ tục hành chính tỉnh Lạng Sơn", "version": "1"},
    "paths": {
        "/api/v1/procedures": {
            "get": {
                "summary": "Tìm thủ tục",
                "parameters": [
                    _parameter("q", "Từ cần tìm, có dấu hoặc không dấu, hoặc mã thủ tục.", _TEXT),
                    _parameter("limit", "Số mục mỗi trang.", {"type": "integer", "minimum": 1, "maximum": 100}),
                    _parameter("offset", "Bỏ qua bao nhiêu mục.", {"type": "integer", "minimum": 0}),
                    _parameter("sector", "Khóa của lĩnh vực, ví dụ ho-tich.", _TEXT),
                    _parameter("level", "Nơi giải quyết.", {"type": "string", "enum": ["province", "commune"]}),
                    _parameter(
                        "service_level",
                        "Mức trực tuyến.",
                        {"type": "string", "enum": [level.value for level in ServiceLevel]},
                    ),
                    _parameter("agency", "Khóa của cơ quan hoặc nhóm cơ quan.", _TEXT),
                    _parameter("audience", "Dành cho ai.", {"type": "string", "enum": [a.value for a in Audience]}),
                ],
                "responses": {
                    "200": _answer("Các thủ tục, hợp nhất trước.", "application/json", _LIST),
                    "422": _answer("Tham số sai.", "application/json", _ERROR),
                },
            }
        },
        "/api/v1/procedures/{code}": {
            "get": {
                "summary": "Một thủ tục",
                "parameters": [_parameter("code", "Mã quốc gia, có hoặc không có phần đuôi.", _TEXT, "path")],
                "responses": {
                    "200": _answer("Thủ tục.", "application/json", {"$ref": "#/components/schemas/Procedure"}),
                    "404": _answer("Không có thủ tục này.", "application/json", _ERROR),
                },
            }
        },
        "/api/v1/procedures.jsonl": {
            "get": {
                "summary": "Cả danh mục, mỗi dòng một thủ tục",
                "responses": {"200": _answer("JSON Lines.", "application/jsonl", _TEXT)},
            }
        },
        "/api/v1/procedures.csv": {
            "get": {"summary": "Cả danh mục dạng bảng", "responses": {"200": _answer("CSV.", "text/csv", _TEXT)}}
        },
        "/api/v1/openapi.json": {
            "get": {
                "summary": "Bản mô tả này",
                "responses": {"200": _answer("OpenAPI.", "application/json", {"type": "object"})},
            }
        },
    },
    "components": {
        "schemas": {
            **_PROCEDURE.get("$defs", {}),
            "Procedure": {name: value for name, value in _PROCEDURE.items() if name != "$defs"},
        }
    },
}
