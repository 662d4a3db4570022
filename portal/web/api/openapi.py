"""Pieces that descriptions in OpenAPI are made of."""

from __future__ import annotations

from typing import Any


def parameter(name: str, description: str, schema: dict[str, Any], place: str = "query") -> dict[str, Any]:
    """A parameter; one in the path is always required."""
    return {"name": name, "in": place, "required": place == "path", "description": description, "schema": schema}


def answer(description: str, media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    """An answer with a body of one media type."""
    return {"description": description, "content": {media_type: {"schema": schema}}}


TEXT = {"type": "string"}
ERROR = {
    "type": "object",
    "properties": {
        "error": {"type": "object", "properties": {"code": TEXT, "message": TEXT, "fields": {"type": "object"}}}
    },
}
