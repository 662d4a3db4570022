"""What the API offers, as OpenAPI; a test holds it against the routes and the answers."""

from __future__ import annotations

from typing import Any

from portal.web.api.case_description import CASE_PATHS, CASE_SCHEMAS
from portal.web.api.openapi import ERROR, TEXT, answer, parameter
from services_catalog.model import Procedure
from services_catalog.terms import Audience, ServiceLevel

FACETS = ("sector", "level", "agency", "audience", "service_level")


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
                "properties": {"code": TEXT, "name": TEXT, "sector": TEXT},
            },
        },
    },
}
_PROCEDURE = Procedure.model_json_schema(ref_template="#/components/schemas/{model}")

DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Cổng dịch vụ công tỉnh Lạng Sơn: danh mục thủ tục, hồ sơ liên thông", "version": "1"},
    "paths": {
        "/api/v1/procedures": {
            "get": {
                "summary": "Tìm thủ tục",
                "parameters": [
                    parameter("q", "Từ cần tìm, có dấu hoặc không dấu, hoặc mã thủ tục.", TEXT),
                    parameter("limit", "Số mục mỗi trang.", {"type": "integer", "minimum": 1, "maximum": 100}),
                    parameter("offset", "Bỏ qua bao nhiêu mục.", {"type": "integer", "minimum": 0}),
                    parameter("sector", "Khóa của lĩnh vực, ví dụ ho-tich.", TEXT),
                    parameter("level", "Nơi giải quyết.", {"type": "string", "enum": ["province", "commune"]}),
                    parameter(
                        "service_level",
                        "Mức trực tuyến.",
                        {"type": "string", "enum": [level.value for level in ServiceLevel]},
                    ),
                    parameter("agency", "Khóa của cơ quan hoặc nhóm cơ quan.", TEXT),
                    parameter("audience", "Dành cho ai.", {"type": "string", "enum": [a.value for a in Audience]}),
                ],
                "responses": {
                    "200": answer("Các thủ tục, hợp nhất trước.", "application/json", _LIST),
                    "422": answer("Tham số sai.", "application/json", ERROR),
                },
            }
        },
        "/api/v1/procedures/{code}": {
            "get": {
                "summary": "Một thủ tục",
                "parameters": [parameter("code", "Mã quốc gia, có hoặc không có phần đuôi.", TEXT, "path")],
                "responses": {
                    "200": answer("Thủ tục.", "application/json", {"$ref": "#/components/schemas/Procedure"}),
                    "404": answer("Không có thủ tục này.", "application/json", ERROR),
                },
            }
        },
        "/api/v1/procedures.jsonl": {
            "get": {
                "summary": "Cả danh mục, mỗi dòng một thủ tục",
                "responses": {"200": answer("JSON Lines.", "application/jsonl", TEXT)},
            }
        },
        "/api/v1/procedures.csv": {
            "get": {"summary": "Cả danh mục dạng bảng", "responses": {"200": answer("CSV.", "text/csv", TEXT)}}
        },
        **CASE_PATHS,
        "/api/v1/openapi.json": {
            "get": {
                "summary": "Bản mô tả này",
                "responses": {"200": answer("OpenAPI.", "application/json", {"type": "object"})},
            }
        },
    },
    "components": {
        "securitySchemes": {"partner": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            **CASE_SCHEMAS,
            **_PROCEDURE.get("$defs", {}),
            "Procedure": {name: value for name, value in _PROCEDURE.items() if name != "$defs"},
        },
    },
}
